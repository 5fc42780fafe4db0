import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../manifests/object';
import { readManifests } from '../manifests/read';
import { type PrivateKey, readPrivateKey } from '../transport/key';
import { type Problem, problem } from '../words/words';
import type { Login } from './config';
import { parseLogins } from './logins';
import type { RawInputs } from './names';

export interface Checked {
  readonly problems: readonly Problem[];
  /** The key of `ssh-key`, opened; missing where it has a problem. Opening one with a passphrase takes a while. */
  readonly key?: PrivateKey;
  /** Those of `registry-auth`. */
  readonly otherLogins: readonly Login[];
  /** Those of `manifests`, for a deploy. */
  readonly manifests?: readonly Manifest[];
}

/** What is wrong with the inputs beyond their form: files that are not there, a key that cannot be read. */
export async function checkInputs(raw: RawInputs): Promise<Checked> {
  const context = raw.context.trim() || '.';
  const file = raw.file.trim() || join(context, 'Dockerfile');
  const key =
    raw['ssh-key'].trim() === ''
      ? undefined
      : readPrivateKey(raw['ssh-key'], raw['ssh-passphrase'].trim() || undefined);
  // Only a deploy builds: the others need no checkout.
  const isBuilt = ['', 'deploy'].includes(raw.operation.trim());
  const isFolder = await stat(context).then(
    (at) => at.isDirectory(),
    () => false,
  );
  const isFile = await stat(file).then(
    (at) => at.isFile(),
    () => false,
  );
  const { logins, problems: ofLogins } = await parseLogins(raw['registry-auth']);
  const given = isBuilt ? raw.manifests.split('\n').flatMap((path) => path.trim() || []) : [];
  const namespace = raw.namespace.trim() || 'default';
  const { manifests, problems: ofManifests } = await readManifests(given, namespace, process.cwd());
  const problems = [
    ...ofLogins,
    ...(isFolder || !isBuilt ? [] : [problem('input.no-context', { context })]),
    ...(isFolder && !isFile && isBuilt ? [problem('input.no-dockerfile', { file })] : []),
    ...(key && 'code' in key ? [key] : []),
    ...ofManifests,
  ];
  return { problems, otherLogins: logins, ...(manifests && { manifests }), ...(key && !('code' in key) && { key }) };
}
