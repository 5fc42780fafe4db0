import type { RunInfo } from '../inputs/config';
import type { Deployment } from '../kubectl/objects';
import { annotations } from './annotations';

/** The run that is at work on a workload. */
export interface Holder {
  readonly id: string;
  readonly url: string;
}

/** Whether a workload's holder is one that was found to be gone. */
export type IsGone = (workload: Deployment) => boolean;

export function printHold({ id, url }: RunInfo): string {
  return JSON.stringify({ id, url });
}

/** A workload that nobody holds. Not removed: ReplicaSets keep what is removed, and `kubectl rollout undo` would bring it back. */
export const RELEASED = '';

/** Who holds the workload; undefined where nobody does. A hold that is not of the run that wrote last was copied from somewhere. */
export function holderOf({ metadata }: Deployment): Holder | undefined {
  const { [annotations.hold]: hold = RELEASED, [annotations.deployId]: writer } = metadata?.annotations ?? {};
  try {
    const { id, url } = JSON.parse(hold) as Record<string, unknown>;
    return typeof id === 'string' && typeof url === 'string' && id === writer ? { id, url } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the holder is an earlier attempt of the same workflow run: GitHub starts another only when that has ended. */
export function isEarlierAttempt(holder: Holder, { id, url }: RunInfo): boolean {
  // Of two servers, each may have a run of that number.
  if (holder.url !== url) return false;
  const [theirs, ours] = [holder.id, id].map((each) => /^([1-9]\d*)-(\d+)-/.exec(each));
  return theirs?.[1] !== undefined && theirs[1] === ours?.[1] && Number(theirs[2]) < Number(ours[2]);
}

/**
 * Whether the workload is another run's by now: one is at work on it, or has been since `writer` wrote, the run that had when this one
 * began to watch (this one itself, if it wrote).
 */
export function isTaken(
  workload: Deployment,
  { id }: RunInfo,
  writer: string | undefined,
  isGone: IsGone = () => false,
): boolean {
  const holder = holderOf(workload);
  const last = writerOf(workload);
  return (holder !== undefined && holder.id !== id && !isGone(workload)) || (last !== id && last !== writer);
}

/** The run that wrote the workload last; undefined where none of ours has. */
export function writerOf({ metadata }: Deployment): string | undefined {
  return metadata?.annotations?.[annotations.deployId];
}

/** What a waiter has asked, and the holder not yet answered; undefined where there is nothing. */
export function unanswered({ metadata }: Deployment): string | undefined {
  const { [annotations.asked]: asked, [annotations.answered]: answered } = metadata?.annotations ?? {};
  return asked === answered ? undefined : asked;
}
