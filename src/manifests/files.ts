import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { type Problem, problem } from '../words/words';

/** More than an object may have in the cluster, and little enough to be read in a second. */
const MOST_BYTES = 1_500_000;

const ENDING = /\.(?:ya?ml|json)$/;

export interface Text {
  /** Relative to the workspace. */
  readonly file: string;
  readonly text: string;
}

/** Reads files, and the manifests of folders (not of folders in them), which all have to lie in the workspace. */
export async function readFiles(
  paths: readonly string[],
  workspace: string,
): Promise<{ texts: readonly Text[]; problems: readonly Problem[] }> {
  const root = await realpath(workspace);
  const texts: Text[] = [];
  const problems: Problem[] = [];
  for (const path of paths) {
    const found = await filesAt(path, root);
    if ('code' in found) problems.push(found);
    else
      for (const file of found) {
        const read = await readText(file, root);
        if ('code' in read) problems.push(read);
        else texts.push(read);
      }
  }
  return { texts, problems };
}

async function filesAt(path: string, root: string): Promise<readonly string[] | Problem> {
  const at = resolve(root, path);
  try {
    if (!(await isWithin(at, root))) return problem('manifests.outside', { path });
    if (!(await stat(at)).isDirectory()) return [at];
    const entries = (await readdir(at)).filter((name) => ENDING.test(name)).sort();
    return entries.length > 0 ? entries.map((name) => join(at, name)) : problem('manifests.empty', { path });
  } catch {
    return problem('manifests.missing', { path });
  }
}

async function readText(at: string, root: string): Promise<Text | Problem> {
  const file = relative(root, at).replaceAll(sep, '/');
  try {
    if (!(await isWithin(at, root))) return problem('manifests.outside', { path: file });
    const found = await stat(at);
    if (!found.isFile()) return problem('manifests.missing', { path: file });
    if (found.size > MOST_BYTES) return problem('manifests.large', { path: file, limit: MOST_BYTES });
    return { file, text: await readFile(at, 'utf8') };
  } catch {
    return problem('manifests.missing', { path: file });
  }
}

/** A link may lead anywhere: what counts is where it ends. */
async function isWithin(at: string, root: string): Promise<boolean> {
  return `${await realpath(at)}${sep}`.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}
