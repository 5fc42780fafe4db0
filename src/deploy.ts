import { putBack, tellLeft } from './apply';
import { measure } from './image/measure';
import type { Config } from './inputs/config';
import type { Cluster } from './kubectl/client';
import { problemsOf } from './kubectl/explain';
import { buildImage, findImage } from './obtain';
import { isSuccess } from './outcome';
import { type Aim, partsOf } from './parts';
import { tellPlans } from './plan';
import { type Closed, recordEnd, reportEnd } from './record';
import type { Report } from './report/report';
import { Reporter } from './report/reporter';
import { type Begun, type Run, whereOf } from './run';
import { settle } from './settle';
import { Closing, type Tools } from './tools';
import { type Updating, updateAll } from './update';
import { line, problem } from './words/words';
import { historyOf } from './workload/history';
import { isTaken } from './workload/hold';
import { versionIn } from './workload/images';
import { driftFrom } from './workload/version';

/** How long the end of a run may wait for the image's size, which is mostly there by then. */
const ASIDE_MS = 2_000;

/** After a cancel GitHub waits 7.5 s before it asks again, and 2.5 s more before it kills: what is not done by then is let go. */
const CANCEL_MS = 6_000;

/** One deploy, from the build to the report. It does not throw: however it ends, the report says so. */
export async function deploy(config: Config, tools: Tools): Promise<Report> {
  const run: Run = {
    config,
    tools,
    reporter: new Reporter(config, tools.clock, tools.log),
    closing: new Closing(),
    wrote: false,
    holds: false,
    written: { objects: [], left: [] },
  };
  const parts = partsOf(run);
  const ended = new AbortController();
  return Promise.race([story(run, parts), overdue(run, parts, ended.signal)]).finally(() => ended.abort());
}

/** The phases, one after the other. Of several workloads, each goes through them beside the others. */
async function story(run: Run, parts: readonly Run[]): Promise<Report> {
  const { closing } = run;
  let reached: Cluster | undefined;
  try {
    const { cluster, aims } = await (builds(run.config) ? buildImage(run, parts) : findImage(run, parts));
    for (const aim of aims) tellDrift(aim);
    const updating = aims.filter(isWanted);
    if (run.config.isDryRun || updating.length < aims.length) return await tellPlans(run, aims);
    reached = cluster;
    return await change(run, cluster, updating);
  } catch (error) {
    return await fail(run, parts, { error, cluster: reached });
  } finally {
    await closing.close();
  }
}

/** An operation that builds, and not only tells what it would do. */
function builds({ operation, isDryRun }: Config): boolean {
  return operation.kind === 'deploy' && !isDryRun;
}

function isWanted(aim: Aim): aim is Aim & Updating {
  return aim.wanted !== undefined;
}

/** What runs is not what was deployed here last: somebody has changed it by other means. */
function tellDrift({ run: { reporter }, ready: { workload, container, warnings } }: Aim): void {
  for (const each of warnings) reporter.warn(each);
  const running = versionIn(workload, container);
  const expected = driftFrom({ history: historyOf(workload), container, running });
  // A container that the manifests make, or rename, has run nothing yet.
  if (expected && running.image !== '') reporter.warn(line('log.drift', { running: container.image, ...expected }));
}

/** Updates, watches until it is judged, puts back what is bad, and writes down how it ended. */
async function change(run: Run, cluster: Cluster, aims: readonly (Aim & Updating)[]): Promise<Report> {
  const { config, tools, reporter } = run;
  const { begun, lost } = await reporter.phase('update', () => updateAll(cluster, aims));
  const parts = aims.flatMap((aim) => {
    const found = begun.get(aim);
    return found ? [{ ...aim, begun: found, facts: found.changed ? aim.facts.begin() : aim.facts.begun }] : [];
  });
  const [first] = parts;
  // Only now: what is refused, or waits for another run, is not under way, and what to write may be chosen anew until then.
  if (first) tools.tellBegun?.({ image: first.begun.target.image, commit: first.wanted.commit });
  const size = beginMeasuring(run, parts);
  const closed = await settle(run, parts, { isLost: lost !== undefined && config.verdict.rollbackOnFailure });
  const isGood = !lost && closed.every(({ ended: { outcome } }) => isSuccess(outcome));
  // Where a workload goes back, all that came with it has gone back before; where none was changed by anybody, it has not.
  const isLeft = !isGood && config.verdict.rollbackOnFailure && closed.every(isAsFound);
  const unrestored = isLeft ? await putBack(run, cluster) : [];
  if (!isGood) tellLeft(run);
  await reporter.phase('record', async () => {
    const late = tools.clock.sleep(ASIDE_MS);
    const [measured] = await Promise.all([Promise.race([size, late.then(() => undefined)]), ...closed.map(recordEnd)]);
    if (measured) reporter.found({ size: measured });
  });
  const reports = new Map(closed.map((each, index) => [each.run, reportEnd(each, index === 0 ? unrestored : [])]));
  if (lost) reports.set(lost.of.run, await fail(lost.of.run, [lost.of.run], { error: lost.error }));
  // The turn of those behind it has not come.
  for (const { run: part } of aims)
    if (!reports.has(part)) reports.set(part, part.reporter.end('refused', 'unknown', []));
  // In the order that the workloads were given in.
  const inOrder = config.workloads.flatMap((workload) =>
    [...reports].filter(([part]) => part.config.workload === workload).map(([, report]) => report),
  );
  return reporter.endTogether(inOrder);
}

/** Whether nobody has changed the workload, nor is at work on it, for all that is in sight. */
function isAsFound({ run, begun: { changed, observer, writer }, ended }: Closed): boolean {
  const { workload } = observer.snapshot();
  const isSeen = workload !== undefined && !observer.trouble();
  return !changed && ended.outcome !== 'superseded' && isSeen && !isTaken(workload, run.config.run, writer);
}

/** Of an image that is new: how large it is. */
async function beginMeasuring(
  { config, tools }: Run,
  [first]: readonly (Updating & { readonly begun: Begun })[],
): ReturnType<typeof measure> {
  if (config.operation.kind !== 'deploy' || !first) return undefined;
  return measure(config, first.wanted, first.begun.replaced.image, tools).catch(() => undefined);
}

/** Ends a run that was cancelled and does not come to its end by itself in time, such as one whose host does not answer. */
async function overdue({ tools, reporter }: Run, parts: readonly Run[], ended: AbortSignal): Promise<Report> {
  await new Promise((resolve) => {
    if (tools.signal.aborted) resolve(undefined);
    tools.signal.addEventListener('abort', resolve, { signal: ended });
  });
  await tools.clock.sleep(CANCEL_MS, ended);
  return reporter.end('cancelled', 'unknown', cancelledIn(parts.filter(({ wrote }) => wrote)));
}

function cancelledIn(wrote: readonly Run[]) {
  if (wrote.length === 0) return [problem('run.cancelled', {})];
  return wrote.map((run) => problem('rollout.interrupted', whereOf(run)));
}

/** What the API server has clearly refused. */
const REFUSALS: ReadonlySet<string> = new Set([
  ...['workload.rejected', 'workload.contended', 'manifests.rejected', 'manifests.forbidden', 'manifests.conflict'],
]);

/**
 * What a run ends in that could not go on: before the write to a workload nothing has been changed, after it nobody knows. What was
 * applied before it is put back through the `cluster`.
 */
async function fail(
  run: Run,
  parts: readonly Run[],
  { error, cluster }: { readonly error: unknown; readonly cluster?: Cluster | undefined },
): Promise<Report> {
  const { tools, reporter, config, written } = run;
  const isRefused = problemsOf(error).some(({ code }) => REFUSALS.has(code));
  const unknown = isRefused ? [] : parts.filter(({ wrote }) => wrote);
  const goesBack = cluster && unknown.length === 0 && config.verdict.rollbackOnFailure;
  const unrestored = goesBack ? await putBack(run, cluster) : [];
  if (cluster) tellLeft(run);
  if (tools.signal.aborted) return reporter.end('cancelled', 'unknown', [...cancelledIn(unknown), ...unrestored]);
  const isBack = written.objects.every(({ before }) => before && goesBack) && unrestored.length === 0;
  const isAsBefore = !cluster || (isBack && written.left.length === 0);
  const outcome = unknown.length > 0 ? 'unknown' : isAsBefore ? 'refused' : 'failed';
  return reporter.end(outcome, 'unknown', [...problemsOf(error), ...unrestored]);
}
