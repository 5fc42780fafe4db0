import { problem } from '../words/words';
import type { Operation } from './config';
import type { Reader } from './reader';

const KINDS = ['deploy', 'redeploy', 'restart', 'rollback'] as const satisfies readonly Operation['kind'][];

/** What a version may be: a tag, a digest, a commit, a revision, or a full reference of an image. */
const VERSION = /^[\w][\w.:@/-]{0,511}$/;

/** What the run is to do, and with which version. */
export function parseOperation(reader: Reader): Operation {
  const given = reader.line('operation') ?? 'deploy';
  const kind = KINDS.find((each) => each === given);
  if (!kind) {
    reader.problems.push(problem('input.shape', { input: 'operation', given }));
  }
  const version = reader.matching('version', reader.line('version'), VERSION);
  const allowOtherBuildArgs = reader.flag('allow-other-build-args');
  if (kind === 'redeploy') return { kind, allowOtherBuildArgs, ...(version && { version }) };
  if (kind === 'rollback') return { kind, ...(version && { version }) };
  // Whoever asks for a version must not get another one.
  if (version && kind) reader.problems.push(problem('input.version', { operation: kind, given: version }));
  return { kind: kind ?? 'deploy' };
}
