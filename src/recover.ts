import { putBack, undoOf } from './apply';
import { type Wait, waitForHolder } from './hold';
import type { Config } from './inputs/config';
import { problemsOf } from './kubectl/explain';
import { progressLines } from './report/progress';
import { diagnose } from './rollout/diagnose';
import type { Case } from './rollout/diagnose-pod';
import { type Ending, unclearEnding } from './rollout/ending';
import { gatherEvidence } from './rollout/evidence';
import { restartCounts, type Snapshot, stalledSince, type Target, templateOf } from './rollout/snapshot';
import { Unblocker } from './rollout/unblock';
import type { Cause } from './rollout/verdict';
import { WaitingPods } from './rollout/waiting';
import { watchRollout } from './rollout/watch';
import { type Begun, type Run, whereOf } from './run';
import { explain, line, type Problem, problem } from './words/words';
import { printWorkload } from './words/workload';
import { restoreImage } from './workload/changes';
import { imagesOf, isSameVersion, type Version } from './workload/images';
import { revisionOf, waitsForBroken } from './workload/stateful';
import { Unread } from './workload/write';

/** How a run ended, and what the cluster looked like then. */
export interface Ended extends Ending {
  readonly snapshot: Snapshot;
  /** Whose template the workload has at the end. */
  readonly current: 'new' | 'old';
  /** What the history keeps, where it is not the outcome: a version seen to be bad stays so, however the run ended after that. */
  readonly recorded?: 'failed' | 'unknown';
}

/** A workload whose version is bad; or (no `cause`) that came in one step with another one whose version is. */
export interface Bad {
  readonly run: Run;
  readonly begun: Begun;
  readonly snapshot: Snapshot;
  readonly cause?: Cause;
}

/** Whether a version that is bad for this cause gives way to the one before, as far as there is one. */
export function isPutBack({ verdict }: Config, cause: Cause): boolean {
  // A node in trouble is no better with the version before, and may not be able to start it.
  return verdict.rollbackOnFailure && !isNodeTrouble(cause);
}

/**
 * What is done about versions that are bad: evidence first, for going back deletes it; then back to the last version that is
 * known to have served, watched as the new one was. Gives how each workload ended.
 */
export async function recover(whole: Run, bad: readonly Bad[]): Promise<Map<Begun, Ended>> {
  const ended = new Map<Begun, Ended>();
  if (bad.length === 0) return ended;
  const diagnosed = await whole.reporter.phase('diagnose', () =>
    Promise.all(bad.map(async (each) => ({ ...each, found: await whatIsWrong(each, bad) }))),
  );
  const back: (Bad & { found: Problem; lastGood: Version })[] = [];
  for (const each of diagnosed) {
    const stays = whyItStays(each, each.found);
    if ('outcome' in stays) ended.set(each.begun, stays);
    else back.push({ ...each, ...stays });
  }
  if (back.length === 0) return ended;
  await whole.reporter.phase('rollback', () =>
    Promise.all(
      back.map(async ({ run, begun, snapshot, found, lastGood }) => {
        const { problems, ...end } = await rollBack(run, begun, snapshot, lastGood);
        const recorded = end.outcome === 'cancelled' && ({ recorded: 'failed' } as const);
        ended.set(begun, { ...end, problems: [found, ...problems], ...recorded });
      }),
    ),
  );
  return ended;
}

async function whatIsWrong({ run, begun, snapshot, cause }: Bad, all: readonly Bad[]): Promise<Problem> {
  if (cause) return diagnoseWithEvidence(run, begun, snapshot, cause);
  const others = all.filter((each) => each.cause).map((each) => printWorkload(each.run.config.workload));
  return problem('rollout.sibling', { ...whereOf(run), others });
}

/** How it ends where it is not put back; else what it goes back to. */
function whyItStays({ run, begun, snapshot, cause }: Bad, found: Problem): Ended | { readonly lastGood: Version } {
  const { config, tools } = run;
  const ended = (outcome: Ending['outcome'], ...more: Problem[]): Ended => ({
    outcome,
    problems: [found, ...more],
    snapshot,
    current: 'new',
    ...(cause && isNodeTrouble(cause) && { recorded: 'unknown' }),
    ...(outcome === 'cancelled' && { recorded: 'failed' }),
  });
  if (cause && !isPutBack(config, cause)) return ended('failed');
  const { lastGood } = begun;
  const isOnlyImage = begun.restartedAt === undefined && !begun.manifest;
  if (!lastGood || (isOnlyImage && isSameVersion(lastGood, begun.version))) return ended('failed-no-previous');
  // What GitHub still grants a cancelled run is too short for a rollback that is seen to its end.
  if (tools.signal.aborted) return ended('cancelled', problem('rollout.interrupted', whereOf(run)));
  return { lastGood };
}

function isNodeTrouble(cause: Cause): boolean {
  return cause.code === 'node' || (cause.code === 'deadline' && cause.behind?.code === 'node');
}

async function diagnoseWithEvidence(
  run: Run,
  { cluster, target, observer }: Begun,
  snapshot: Snapshot,
  cause: Cause,
): Promise<Problem> {
  const isBlind = () => observer.trouble() !== undefined;
  const { config, tools, reporter } = run;
  const { namespace } = config.workload;
  const evidence = await gatherEvidence(cluster, tools.clock, { namespace, cause, snapshot, target, isBlind });
  reporter.found({ logs: evidence.logs, events: evidence.warnings });
  const found = diagnose(cause, caseOf(run, target, snapshot, evidence, 'new'));
  reporter.log.info(explain(found).what);
  return found;
}

function caseOf(
  run: Run,
  { timeoutMs, image }: Target,
  snapshot: Snapshot,
  evidence: Case['evidence'],
  current: Ended['current'],
): Case {
  const { verifyPath } = run.config.verdict;
  const verify = verifyPath && { verifyPath: verifyPath.path };
  return { ...whereOf(run), timeoutMs, snapshot, evidence, ...verify, ...(current === 'new' && { pushed: image }) };
}

/** Puts an image back and watches it as any other. */
async function rollBack(run: Run, begun: Begun, before: Snapshot, version: Version): Promise<Ended> {
  const { tools, reporter } = run;
  const { clock, signal } = tools;
  const { cluster, observer, container } = begun;
  const where = { ...whereOf(run), image: version.image };
  // The pods that come back read their settings when they start.
  const unrestored = await putBack(run, cluster);
  const ended = (
    outcome: Ending['outcome'],
    current: Ended['current'],
    snapshot: Snapshot,
    ...problems: Problem[]
  ) => ({
    outcome,
    current,
    snapshot,
    problems: [...unrestored, ...problems],
  });
  const restored = await restore(run, begun, version);
  if (restored === undefined || restored === 'changed' || restored === 'held') {
    const by = restored ?? 'changed';
    return ended('superseded', 'new', observer.snapshot(), problem('rollout.superseded', { ...where, by }));
  }
  if ('problems' in restored) {
    return ended('failed-rollback-failed', 'new', observer.snapshot(), ...restored.problems);
  }
  observer.see(restored);
  const isRestart = begun.restartedAt !== undefined;
  const said = isRestart ? 'log.restart-back' : 'log.rolling-back';
  for (const [name, image] of isRestart ? [[container.name, version.image] as const] : imagesOf(container, version))
    reporter.log.info(line(said, { container: name, image }));
  const { verifyMs: _, joined: __, ...same } = begun.target;
  const stalledBefore = stalledSince(restored);
  const target: Target = {
    ...same,
    image: version.image,
    generation: restored.metadata?.generation ?? 0,
    template: templateOf(restored),
    restartsBefore: restartCounts(before.pods),
    ...(stalledBefore !== undefined && { stalledBefore }),
  };
  const waiting = new WaitingPods(cluster, clock, where.namespace);
  const onLook = progressLines(clock, (text) => reporter.log.info(text), 'restored');
  // Where the controller has not seen the version that failed, its pods are still of one before.
  const failed = before.workload && revisionOf(before.workload);
  const inTheWay = { namespace: where.namespace, graceMs: 0, ...(failed !== undefined && { failed }) };
  const unblocker =
    before.workload && waitsForBroken(before.workload) ? new Unblocker(cluster, clock, inTheWay) : undefined;
  const { verdict, snapshot } = await watchRollout(target, {
    observer,
    clock,
    signal: unblocker ? AbortSignal.any([signal, unblocker.signal]) : signal,
    onLook,
    waiting,
    ...(unblocker && { unblocker }),
  });
  if (unblocker?.blocked)
    return ended(
      'failed-rollback-failed',
      'old',
      snapshot,
      problem('rollback.blocked', { ...where, ...unblocker.blocked }),
    );
  switch (verdict.kind) {
    case 'good':
      reporter.found({ revision: verdict.revision });
      return ended('failed-rolled-back', 'old', snapshot);
    case 'bad': {
      const evidence = await gatherEvidence(cluster, clock, {
        namespace: where.namespace,
        cause: verdict.cause,
        snapshot,
        target,
        isBlind: () => observer.trouble() !== undefined,
      });
      const { what } = explain(diagnose(verdict.cause, caseOf(run, target, snapshot, evidence, 'old')));
      return ended('failed-rollback-failed', 'old', snapshot, problem('rollback.failed', { ...where, detail: what }));
    }
    case 'superseded':
      return ended('superseded', 'new', snapshot, ...unclearEnding(verdict, where).problems);
    case 'unknown': {
      if (verdict.why === 'interrupted')
        return ended('cancelled', 'old', snapshot, problem('rollback.interrupted', where));
      const [why] = unclearEnding(verdict, { ...where, trouble: observer.trouble()?.message ?? '' }).problems;
      const detail = why ? explain(why).what : '';
      return ended('failed-rollback-failed', 'old', snapshot, problem('rollback.unseen', { ...where, detail }));
    }
    default:
      return verdict satisfies never;
  }
}

/** Writes the image, unless the workload is somebody else's by now; gives what kept it from being written. */
async function restore(
  run: Run,
  begun: Begun,
  version: Version,
): Promise<Awaited<ReturnType<typeof restoreImage>> | { readonly problems: readonly Problem[] } | undefined> {
  const { config, tools } = run;
  const { cluster, container, target, writer, restartedAt, changed, observer } = begun;
  const wait: Wait = { questions: 0 };
  try {
    // Of a version that was found here another run may be in charge. It may be gone, such as an earlier attempt of this one.
    if (!changed) await waitForHolder(run, cluster, observer, wait);
    const { workload } = observer.snapshot();
    if (!workload) return undefined;
    run.wrote = true;
    run.holds = true;
    const { timeoutMs: forMs } = config.verdict;
    const writing = { config, cluster: cluster.uncancelled(), clock: tools.clock, forMs };
    const { isGone } = wait;
    return await restoreImage(writing, {
      workload,
      template: target.template,
      container,
      version,
      writer,
      ...(restartedAt !== undefined && { restartedAt }),
      ...(isGone && { isGone }),
      ...undoOf(begun),
    });
  } catch (error) {
    const reasons = error instanceof Unread ? [error.message] : problemsOf(error).map((each) => explain(each).what);
    const detail = reasons.join(' ');
    return { problems: [problem('rollback.unwritten', { ...whereOf(run), image: version.image, detail })] };
  }
}
