import type { Problem } from '../words/words';
import { checkManifests } from './check';
import { type Document, readDocuments } from './documents';
import { readFiles } from './files';
import type { Manifest } from './object';

/** Reads what the input `manifests` names, or says everything that is wrong with it; no manifests where it names nothing. */
export async function readManifests(
  paths: readonly string[],
  namespace: string,
  workspace: string,
): Promise<{ manifests?: readonly Manifest[]; problems: readonly Problem[] }> {
  if (paths.length === 0) return { problems: [] };
  const { texts, problems: ofFiles } = await readFiles(paths, workspace);
  const documents: Document[] = [];
  const problems: Problem[] = [...ofFiles];
  for (const { file, text } of texts) {
    const read = await readDocuments(file, text);
    documents.push(...read.documents);
    problems.push(...read.problems);
  }
  const checked = checkManifests(documents, namespace);
  return { manifests: checked.manifests, problems: [...problems, ...checked.problems] };
}
