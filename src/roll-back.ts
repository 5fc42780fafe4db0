import { ownersBackOf, putBackFirst, undoOf } from './apply';
import { diagnoseSeen } from './diagnosis';
import { type Wait, waitForHolder } from './hold';
import { problemsOf } from './kubectl/explain';
import { imagesIn } from './manifests/workload';
import { progressLines } from './report/progress';
import { type Ending, unclearEnding } from './rollout/ending';
import { restartCounts, type Snapshot, stalledSince, type Target, templateOf } from './rollout/snapshot';
import { Unblocker } from './rollout/unblock';
import { WaitingPods } from './rollout/waiting';
import { watchRollout } from './rollout/watch';
import { type Begun, type Ended, type Run, whereOf } from './run';
import { explain, line, type Problem, problem } from './words/words';
import { resourceOf } from './words/workload';
import { restoreImage } from './workload/changes';
import { imagesOf, type Version } from './workload/images';
import { revisionOf, waitsForBroken } from './workload/stateful';
import { Unread } from './workload/write';

/** Puts a version back and watches it as any other; gives how that ended. */
export async function rollBack(run: Run, begun: Begun, before: Snapshot, version: Version): Promise<Ended> {
  const { tools, reporter } = run;
  const { clock, signal } = tools;
  const { cluster, observer, container } = begun;
  const where = { ...whereOf(run), image: shown(begun, version) };
  const restored = await restore(run, begun, version);
  const unrestored = (await run.written.putBack) ?? [];
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
  if (restored === undefined || restored === 'changed' || restored === 'held') {
    const by = restored ?? 'changed';
    return ended('superseded', 'new', observer.snapshot(), problem('rollout.superseded', { ...where, by }));
  }
  if ('problems' in restored) {
    return ended('failed-rollback-failed', 'new', observer.snapshot(), ...restored.problems);
  }
  observer.see(restored);
  const object = resourceOf(where.deployment);
  const isRestart = begun.restartedAt !== undefined;
  const said = isRestart ? 'log.restart-back' : 'log.rolling-back';
  for (const [name, image] of isRestart ? [[container.name, version.image] as const] : imagesOf(container, version))
    reporter.log.info(image === '' ? line('manifests.restored', { object }) : line(said, { container: name, image }));
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
      const { found } = await diagnoseSeen(run, begun, { target, snapshot, cause: verdict.cause, current: 'old' });
      const detail = explain(found).what;
      return ended('failed-rollback-failed', 'old', snapshot, problem('rollback.failed', { ...where, detail }));
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

/** Where only the template is known to go back to, all images that it has. */
function shown({ manifest }: Begun, { image }: Version): string {
  return image || Object.values(imagesIn(manifest?.before ?? {})).join(', ');
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
