import type { Snapshot } from '../rollout/snapshot';
import {
  beginTelling,
  type Step,
  serving,
  stepsSince,
  type Told,
  type Wait,
  type Which,
  waitOf,
} from '../rollout/steps';
import type { PodTrouble, Verdict } from '../rollout/verdict';
import type { Clock } from '../system/clock';
import { line } from '../words/words';

/** How long the log may stay silent. */
const HEARTBEAT_MS = 30_000;
/** How long most waits may last before they are worth a line: what happens tells them by itself. */
const PATIENCE_MS = 5_000;
/** The same of a soak, which nothing else tells; the workload's counts may come a moment after its pods. */
const SOAK_MS = 500;
/** Lines that may come at once, milliseconds that each costs, and after how many of them only every `HEARTBEAT_MS` one comes. */
const AT_ONCE = 3;
const LINE_MS = 1_000;
const LINES = 20;
/** Pods of which the same trouble is told: the others mostly have it too. */
const PODS = 3;

/** Reasons that are another face of a trouble: it is told once. */
const FACE_OF: Readonly<Record<string, string>> = { ImagePullBackOff: 'ErrImagePull' };

/**
 * Makes a function that turns looks at a rollout into log lines: one for each change, few for many at a time, and one now and then
 * when nothing changes. A kind of trouble is told of three pods at most.
 */
export function progressLines(
  clock: Clock,
  write: (text: string) => void,
  which: Which = 'new',
): (verdict: Verdict, snapshot: Snapshot, noContact: string | undefined) => void {
  const startedAt = clock.now();
  const troubles = new Map<string, Set<string>>();
  let told: Told | undefined;
  let [lines, allowed, countedAt] = [0, AT_ONCE, startedAt];
  let writtenAt = startedAt;
  let isBlind = false;
  let wait: { readonly for: Wait; readonly since: number; isTold: boolean } | undefined;

  const writeLine = (text: string) => {
    write(text);
    lines++;
    allowed--;
    writtenAt = clock.now();
  };
  const since = () => clock.now() - startedAt;
  const tell = (step: Step) => writeLine(line('log.step', { step, which, ms: since() }));
  const tellTrouble = (trouble: PodTrouble) => {
    // One that is merely not ready yet is what is waited for.
    const isMild = trouble.reason === 'NotReady' || trouble.reason === 'NotStarted';
    const kind = trouble.endedBy || FACE_OF[trouble.reason] || trouble.reason;
    const pods = troubles.get(`${trouble.container} ${kind}`) ?? new Set();
    if ((isMild && trouble.message === '') || pods.has(trouble.pod) || pods.size >= PODS) return;
    troubles.set(`${trouble.container} ${kind}`, pods.add(trouble.pod));
    writeLine(line('log.trouble', { trouble, ms: since() }));
  };
  /** Whether there is room for another line now. */
  const mayWrite = () => {
    allowed = Math.min(AT_ONCE, allowed + (clock.now() - countedAt) / LINE_MS);
    countedAt = clock.now();
    return allowed >= 1 && lines < LINES;
  };

  return (verdict, snapshot, noContact) => {
    if (noContact !== undefined && (!isBlind || clock.now() - writtenAt >= HEARTBEAT_MS))
      writeLine(line('log.no-contact', { detail: noContact }));
    isBlind = noContact !== undefined;
    if (verdict.kind !== 'waiting' && verdict.kind !== 'good' && verdict.kind !== 'bad') return;
    const { desired, ready } = verdict.progress;
    if (!told) {
      told = beginTelling(snapshot);
      if (verdict.kind !== 'good' && told.ready.length > 0)
        tell({ did: 'kept', ready: told.ready.length, of: desired });
    }
    // What was seen last may be long past.
    if (verdict.kind === 'waiting' && isBlind) return;
    const isBegun = verdict.kind !== 'waiting' || verdict.waitingFor !== 'controller';
    const isOver = verdict.kind !== 'waiting';
    if (isBegun && (mayWrite() || isOver)) {
      const news = stepsSince(told, snapshot, desired);
      told = news.told;
      if (lines < LINES) for (const step of news.steps) tell(step);
    }
    if (verdict.kind === 'good') tell(serving(told, snapshot, verdict.progress));
    if (verdict.kind !== 'waiting') return;
    if (verdict.trouble) tellTrouble(verdict.trouble);
    const now = clock.now();
    const found = waitOf(verdict.waitingFor, snapshot);
    if (wait?.for !== found) wait = { for: found, since: now, isTold: false };
    const soak = snapshot.workload?.spec?.minReadySeconds ?? 0;
    const forMs = now - wait.since;
    const isDue = forMs >= (found === 'soak' && soak > 0 ? SOAK_MS : PATIENCE_MS);
    if ((wait.isTold || !isDue || !mayWrite()) && now - writtenAt < HEARTBEAT_MS) return;
    wait.isTold = true;
    writeLine(line('log.waiting', { wait: found, soak, ready, desired, forMs, which, ms: since() }));
  };
}
