import type { PodTrouble, Verdict } from '../rollout/verdict';
import type { Clock } from '../system/clock';
import { line } from '../words/words';

/** How long the log may stay silent. */
const HEARTBEAT_MS = 30_000;
/** How long the Deployment's controller may take to begin before that is worth a line. */
const CONTROLLER_MS = 5_000;

/** Reasons that are another face of a trouble: it is told once. */
const FACE_OF: Readonly<Record<string, string>> = { ImagePullBackOff: 'ErrImagePull' };

/** Makes a function that turns looks at a rollout into log lines: one for each change, and one now and then when nothing changes. */
export function progressLines(
  clock: Clock,
  write: (text: string) => void,
): (verdict: Verdict, noContact: string | undefined) => void {
  const startedAt = clock.now();
  let last = '';
  const told = new Set<string>();
  let writtenAt = Number.NEGATIVE_INFINITY;
  let isBlind = false;
  const tellTrouble = (trouble: PodTrouble) => {
    // One that is merely not ready yet is what the counts say already.
    const isMild = trouble.reason === 'NotReady' || trouble.reason === 'NotStarted';
    const kind = trouble.endedBy || FACE_OF[trouble.reason] || trouble.reason;
    const key = `${trouble.pod} ${trouble.container} ${kind}`;
    if ((isMild && trouble.message === '') || told.has(key)) return;
    told.add(key);
    write(line('log.trouble', { trouble, ms: clock.now() - startedAt }));
  };
  return (verdict, noContact) => {
    if (noContact !== undefined && !isBlind) write(line('log.no-contact', { detail: noContact }));
    isBlind = noContact !== undefined;
    if (verdict.kind !== 'waiting' && verdict.kind !== 'good' && verdict.kind !== 'bad') return;
    // The controller begins within milliseconds; before that there is nothing to count.
    if (verdict.kind === 'waiting' && verdict.waitingFor === 'controller' && clock.now() - startedAt < CONTROLLER_MS)
      return;
    if (verdict.kind === 'waiting' && verdict.trouble) tellTrouble(verdict.trouble);
    const { progress } = verdict;
    const waitingFor = verdict.kind === 'waiting' ? { waitingFor: verdict.waitingFor } : {};
    const state = JSON.stringify([progress, waitingFor]);
    const now = clock.now();
    if (state === last && now - writtenAt < HEARTBEAT_MS) return;
    last = state;
    writtenAt = now;
    write(line('log.progress', { ...progress, ...waitingFor, ms: now - startedAt }));
  };
}
