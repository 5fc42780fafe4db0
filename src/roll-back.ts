import { ownersBackOf, putBackFirst, undoOf } from './apply';
import { diagnoseSeen } from './diagnosis';
import { type Wait, waitForHolder } from './hold';
import { problemsOf } from './kubectl/explain';
import type { Workload } from './kubectl/objects';
import { imagesIn } from './manifests/workload';
import { progressLines } from './report/progress';
import { unclearEnding } from './rollout/ending';
import { restartCounts, type Snapshot, stalledSince, type Target, templateOf } from './rollout/snapshot';
import { Unblocker } from './rollout/unblock';
import { WaitingPods } from './rollout/waiting';
import { type Watched, watchRollout } from './rollout/watch';
import { type Begun, type Ended, type Run, whereOf } from './run';
import { explain, line, type Problem, problem } from './words/words';
import { resourceOf } from './words/workload';
import { restoreImage } from './workload/changes';
import { imagesOf, type Version } from './workload/images';
import { revisionOf, waitsForBroken } from './workload/stateful';
import { Unread } from './workload/write';

/** Puts a version back and watches it as any other; gives how that ended. */
export async function rollBack(run: Run, begun: Begun, before: Snapshot, version: Version): Promise<Ended> {
  const where: Where = { ...whereOf(run), image: shown(begun, version) };
  const restored = await restore(run, begun, version);
  // All workloads of the step share it; the first to come says it.
  const unrestored = (await run.written.putBack)?.splice(0) ?? [];
  const ended = isWritten(restored)
    ? await watchBack(run, begun, {
        target: targetOf(begun, before, version, restored),
        before,
        version,
        restored,
        where,
      })
    : lost(begun, restored, where);
  return { ...ended, problems: [...unrestored, ...ended.problems] };
}

interface Where {
  readonly deployment: string;
  readonly namespace: string;
  readonly image: string;
}

interface Back {
  readonly target: Target;
  /** The cluster as it was with the version that failed. */
  readonly before: Snapshot;
  readonly version: Version;
  readonly restored: Workload;
  readonly where: Where;
}

/** How it ends where nothing could be put back: it is somebody else's, or the cluster took no write. */
function lost({ observer }: Begun, why: Exclude<Restored, Workload>, where: Where): Ended {
  const seen = { snapshot: observer.snapshot(), current: 'new' } as const;
  if (typeof why === 'object') return { outcome: 'failed-rollback-failed', ...seen, problems: why.problems };
  const by = why ?? 'changed';
  return { outcome: 'superseded', ...seen, problems: [problem('rollout.superseded', { ...where, by })] };
}

function targetOf({ target }: Begun, before: Snapshot, { image }: Version, restored: Workload): Target {
  const { verifyMs: _, joined: __, ...same } = target;
  const stalledBefore = stalledSince(restored);
  return {
    ...same,
    image,
    generation: restored.metadata?.generation ?? 0,
    template: templateOf(restored),
    restartsBefore: restartCounts(before.pods),
    ...(stalledBefore !== undefined && { stalledBefore }),
  };
}

async function watchBack(run: Run, begun: Begun, back: Back): Promise<Ended> {
  const { clock, signal } = run.tools;
  const { cluster, observer } = begun;
  const { target, before, where } = back;
  const { namespace } = where;
  observer.see(back.restored);
  tellRestored(run, begun, back);
  // Where the controller has not seen the version that failed, its pods are still of one before.
  const failed = before.workload && revisionOf(before.workload);
  const inTheWay = { namespace, graceMs: 0, ...(failed !== undefined && { failed }) };
  const isBlocked = before.workload && waitsForBroken(before.workload);
  const unblocker = isBlocked ? new Unblocker(cluster, clock, inTheWay) : undefined;
  const watched = await watchRollout(target, {
    observer,
    clock,
    signal: unblocker ? AbortSignal.any([signal, unblocker.signal]) : signal,
    onLook: progressLines(clock, (text) => run.reporter.log.info(text), 'restored'),
    waiting: new WaitingPods(cluster, clock, namespace),
    ...(unblocker && { unblocker }),
  });
  const blocked = unblocker?.blocked;
  if (!blocked) return endOf(run, begun, target, watched, where);
  const problems = [problem('rollback.blocked', { ...where, ...blocked })];
  return { outcome: 'failed-rollback-failed', current: 'old', snapshot: watched.snapshot, problems };
}

function tellRestored({ reporter }: Run, { container, restartedAt }: Begun, { version, where }: Back): void {
  const isRestart = restartedAt !== undefined;
  const object = resourceOf(where.deployment);
  const said = isRestart ? 'log.restart-back' : 'log.rolling-back';
  for (const [name, image] of isRestart ? [[container.name, version.image] as const] : imagesOf(container, version))
    reporter.log.info(image === '' ? line('manifests.restored', { object }) : line(said, { container: name, image }));
}

/** What the verdict on the version that was put back means for the run. */
async function endOf(
  run: Run,
  begun: Begun,
  target: Target,
  { verdict, snapshot }: Watched,
  where: Where,
): Promise<Ended> {
  const ended = (outcome: Ended['outcome'], ...problems: Problem[]): Ended => ({
    outcome,
    current: outcome === 'superseded' ? 'new' : 'old',
    snapshot,
    problems,
  });
  switch (verdict.kind) {
    case 'good':
      run.reporter.found({ revision: verdict.revision });
      return ended('failed-rolled-back');
    case 'bad': {
      const { found } = await diagnoseSeen(run, begun, { target, snapshot, cause: verdict.cause, current: 'old' });
      const detail = explain(found).what;
      return ended('failed-rollback-failed', problem('rollback.failed', { ...where, detail }));
    }
    case 'superseded':
      return ended('superseded', ...unclearEnding(verdict, where).problems);
    case 'unknown': {
      if (verdict.why === 'interrupted') return ended('cancelled', problem('rollback.interrupted', where));
      const trouble = begun.observer.trouble()?.message ?? '';
      const [why] = unclearEnding(verdict, { ...where, trouble }).problems;
      const detail = why ? explain(why).what : '';
      return ended('failed-rollback-failed', problem('rollback.unseen', { ...where, detail }));
    }
    default:
      return verdict satisfies never;
  }
}

/** Where only the template is known to go back to, all images that it has. */
function shown({ manifest }: Begun, { image }: Version): string {
  return image || Object.values(imagesIn(manifest?.before ?? {})).join(', ');
}

/** The workload as it is then, or what kept it from being written: whose it is by now, or why the cluster did not take it. */
type Restored = Workload | 'changed' | 'held' | { readonly problems: readonly Problem[] } | undefined;

function isWritten(restored: Restored): restored is Workload {
  return typeof restored === 'object' && !('problems' in restored);
}

/** Writes the image, unless the workload is somebody else's by now; gives what kept it from being written. */
async function restore(run: Run, begun: Begun, version: Version): Promise<Restored> {
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
    const restored = await restoreImage(writing, {
      workload,
      template: target.template,
      container,
      version,
      writer,
      ...(restartedAt !== undefined && { restartedAt }),
      ...(isGone && { isGone }),
      ...undoOf(begun),
      ...putBackFirst(run, cluster),
    });
    if (typeof restored === 'object') await ownersBackOf(writing, begun);
    return restored;
  } catch (error) {
    const reasons = error instanceof Unread ? [error.message] : problemsOf(error).map((each) => explain(each).what);
    const detail = reasons.join(' ');
    return { problems: [problem('rollback.unwritten', { ...whereOf(run), image: shown(begun, version), detail })] };
  }
}
