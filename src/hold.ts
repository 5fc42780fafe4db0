import { paths } from './kubectl/argv';
import type { Cluster } from './kubectl/client';
import type { Deployment } from './kubectl/objects';
import type { Observer } from './rollout/observe';
import type { Run } from './run';
import { Failure, line, problem } from './words/words';
import { printWorkload } from './words/workload';
import { annotations } from './workload/annotations';
import { type Holder, holderOf, type IsGone, isEarlierAttempt, RELEASED, unanswered } from './workload/hold';
import { annotationPatch } from './workload/patch';
import { write } from './workload/write';

/**
 * One run at a time works on a workload. The one at work is written down on it, and answers when another asks whether it is
 * still there: that costs the host nothing while nobody waits. Both ask and answer are annotations, written by compare-and-swap.
 */

/** Milliseconds between two questions, and without an answer until the holder counts as gone: a run that was killed. */
const ASK_MS = 15_000;
const SILENT_MS = 50_000;
/** And how long a question must have been seen to stand open: one that was never asked is not answered. */
const OPEN_MS = 30_000;
const LINE_MS = 60_000;
const TICK_MS = 1_000;

/** One run's wait, which may be for several others, one after the other. */
export interface Wait {
  /** When it began, on the run's clock. */
  began?: number;
  /** How many questions it has asked. */
  questions: number;
  isGone?: IsGone;
}

/**
 * Waits while another run holds the workload, and notes in `wait` if that one is gone without having let go. Throws a `Failure`
 * where another run is still at work after the `timeout`.
 */
export async function waitForHolder(run: Run, cluster: Cluster, observer: Observer, wait: Wait): Promise<void> {
  const { config, tools, reporter } = run;
  const { clock, signal } = tools;
  wait.began ??= clock.now();
  let [askedAt, toldAt, signAt, openAt, sign] = [-ASK_MS, -LINE_MS, clock.now(), clock.now(), ''];
  for (;;) {
    const { workload } = observer.snapshot();
    const holder = workload && holderOf(workload);
    if (!workload || !holder || holder.id === config.run.id) return;
    if (isEarlierAttempt(holder, config.run)) {
      wait.isGone = (later) => holderOf(later)?.id === holder.id;
      return;
    }
    const now = clock.now();
    const seen = signOfLife(workload);
    // While the cluster cannot be seen, silence says nothing.
    if (seen !== sign || observer.trouble()) [sign, signAt] = [seen, now];
    if (unanswered(workload) === undefined || observer.trouble()) openAt = now;
    if (now - signAt >= SILENT_MS && now - openAt >= OPEN_MS) {
      // This process may have been stopped meanwhile: the write looks whether there is an answer after all.
      wait.isGone = (later) => signOfLife(later) === seen;
      reporter.log.info(line('log.took-over', holder));
      return;
    }
    const deployment = printWorkload(config.workload);
    if (now - wait.began >= config.verdict.timeoutMs)
      throw new Failure(problem('workload.held', { deployment, ...holder }));
    if (now - toldAt >= LINE_MS) {
      toldAt = now;
      reporter.log.info(line('log.held', { deployment, ...holder }));
    }
    if (now - askedAt >= ASK_MS) {
      askedAt = now;
      await ask(run, cluster, workload, holder, `${config.run.id}/${++wait.questions}`);
    }
    await observer.changed(TICK_MS, signal);
    if (signal.aborted) throw new Failure(problem('run.cancelled', {}));
  }
}

/** Changes with the holder, and with each of its answers. */
function signOfLife(workload: Deployment): string {
  return `${holderOf(workload)?.id} ${workload.metadata?.annotations?.[annotations.answered]}`;
}

async function ask(run: Run, cluster: Cluster, known: Deployment, { id }: Holder, question: string): Promise<void> {
  const patchFor = (workload: Deployment) =>
    holderOf(workload)?.id === id ? annotationPatch(workload, { [annotations.asked]: question }) : undefined;
  const isDone = (workload: Deployment) => workload.metadata?.annotations?.[annotations.asked] === question;
  // A question that does not get through is asked again.
  await write({ ...run.tools, config: run.config, cluster }, known, patchFor, isDone).catch(() => undefined);
}

/** Answers whoever asks whether this run is still at work, until `signal` aborts. */
export async function answerAsks(run: Run, cluster: Cluster, observer: Observer, signal: AbortSignal): Promise<void> {
  const { config, tools } = run;
  const isOurs = (workload: Deployment) => holderOf(workload)?.id === config.run.id;
  const patchFor = (workload: Deployment) => {
    const question = isOurs(workload) ? unanswered(workload) : undefined;
    return question === undefined ? undefined : annotationPatch(workload, { [annotations.answered]: question });
  };
  while (!signal.aborted) {
    const { workload } = observer.snapshot();
    if (workload && patchFor(workload)) {
      const isDone = (now: Deployment) => unanswered(now) === undefined;
      await write({ ...tools, config, cluster }, workload, patchFor, isDone).catch(() => undefined);
    }
    await tools.clock.sleep(TICK_MS, signal);
  }
}

/** Lets the workload go where this run still holds it: one that ended before it could write how. */
export async function letGo(run: Run, cluster: Cluster, observer: Observer): Promise<void> {
  const { workload } = observer.snapshot();
  // A host that cannot be reached would only be waited for: the next run finds this one silent.
  if (!run.holds || !workload || observer.trouble()) return;
  const isOurs = (now: Deployment) => holderOf(now)?.id === run.config.run.id;
  const patchFor = (now: Deployment) =>
    isOurs(now) ? annotationPatch(now, { [annotations.hold]: RELEASED }) : undefined;
  // A write that got no clear answer may have taken effect after this look.
  const known = isOurs(workload) ? workload : await cluster.get<Deployment>(paths.workload(run.config.workload));
  await write({ ...run.tools, config: run.config, cluster }, known, patchFor, (now) => !isOurs(now));
}
