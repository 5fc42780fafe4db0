import type { Cluster } from './kubectl/client';
import type { Deployment } from './kubectl/objects';
import type { Observer } from './rollout/observe';
import type { Run } from './run';
import { Failure, line, problem } from './words/words';
import { annotations } from './workload/annotations';
import { type Holder, holderOf, isEarlierAttempt, unanswered } from './workload/hold';
import { annotationPatch } from './workload/patch';
import { write } from './workload/write';

/**
 * One run at a time works on a workload. The one at work is written down on it, and answers when another asks whether it is
 * still there: that costs the host nothing while nobody waits. Both ask and answer are annotations, written by compare-and-swap.
 */

/** Milliseconds between two questions, and without an answer until the holder counts as gone: a run that was killed. */
const ASK_MS = 15_000;
const SILENT_MS = 50_000;
const LINE_MS = 60_000;
const TICK_MS = 1_000;

/**
 * Waits while another run holds the workload. Gives the one that is gone without having let go, where there is one. Throws a
 * `Failure` where the holder is still at work after the `timeout`.
 */
export async function waitForHolder(run: Run, cluster: Cluster, observer: Observer): Promise<Holder | undefined> {
  const { config, tools, reporter } = run;
  const { clock, signal } = tools;
  const began = clock.now();
  let [askedAt, toldAt, signAt, sign] = [-ASK_MS, -LINE_MS, began, ''];
  for (let count = 1; ; ) {
    const { workload } = observer.snapshot();
    const holder = workload && holderOf(workload);
    if (!workload || !holder || holder.id === config.run.id) return undefined;
    if (isEarlierAttempt(holder, config.run)) return holder;
    const now = clock.now();
    const seen = `${holder.id} ${workload.metadata?.annotations?.[annotations.answered]}`;
    // While the cluster cannot be seen, silence says nothing.
    if (seen !== sign || observer.trouble()) [sign, signAt] = [seen, now];
    if (now - signAt >= SILENT_MS) {
      reporter.log.info(line('log.took-over', holder));
      return holder;
    }
    const { name: deployment } = config.workload;
    if (now - began >= config.verdict.timeoutMs) throw new Failure(problem('workload.held', { deployment, ...holder }));
    if (now - toldAt >= LINE_MS) {
      toldAt = now;
      reporter.log.info(line('log.held', { deployment, ...holder }));
    }
    if (now - askedAt >= ASK_MS) {
      askedAt = now;
      await ask(run, cluster, workload, holder, `${config.run.id}/${count++}`);
    }
    await observer.changed(TICK_MS, signal);
    if (signal.aborted) throw new Failure(problem('run.cancelled', {}));
  }
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
