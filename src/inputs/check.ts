import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readPrivateKey } from '../transport/key';
import { type Problem, problem } from '../words/words';
import type { RawInputs } from './names';

/** What is wrong with the inputs beyond their form: files that are not there, a key that cannot be read. */
export async function checkInputs(raw: RawInputs): Promise<readonly Problem[]> {
  const context = raw.context.trim() || '.';
  const file = raw.file.trim() || join(context, 'Dockerfile');
  const key =
    raw['ssh-key'].trim() === ''
      ? undefined
      : readPrivateKey(raw['ssh-key'], raw['ssh-passphrase'].trim() || undefined);
  const isFolder = await stat(context).then(
    (at) => at.isDirectory(),
    () => false,
  );
  const isFile = await stat(file).then(
    (at) => at.isFile(),
    () => false,
  );
  return [
    ...(isFolder ? [] : [problem('input.no-context', { context })]),
    ...(isFolder && !isFile ? [problem('input.no-dockerfile', { file })] : []),
    ...(key && 'code' in key ? [key] : []),
  ];
}
