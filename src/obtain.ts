import { askRegistry, chooseImage } from './choose';
import { type BuildTools, type Built, buildAndPush } from './image/build';
import { provePushed } from './image/prove';
import { printReference } from './image/reference';
import { problemsOf } from './kubectl/explain';
import { diffLines } from './manifests/tell';
import type { Aim } from './parts';
import { type Checked, check, checkCluster, checkLogin } from './prepare';
import type { Reporter } from './report/reporter';
import type { Run, Wanted } from './run';
import type { Clock } from './system/clock';
import type { Tools } from './tools';
import { Failure, type Problem } from './words/words';

/** Milliseconds after the checks at which the build counts as a long one. */
const LONG_BUILD_MS = 3_000;

/** Builds and pushes while it looks at the cluster, and proves what was pushed. */
export async function buildImage(run: Run, parts: readonly Run[]): Promise<Checked> {
  const { config, tools, reporter } = run;
  const { built, cluster, aims } = await buildWhileChecking(run, parts);
  tellPrevious(aims);
  const wanted = await reporter.phase('prove', async (): Promise<Wanted> => {
    const building = buildTools(tools, reporter);
    const pushAgain = () => buildAndPush(config, building);
    const proved = await provePushed(config, built, { ...tools, ...building, pushAgain });
    reporter.proved(proved);
    const { manifest } = proved;
    return { image: printReference(proved), commit: config.run.sha, ...(manifest !== undefined && { manifest }) };
  });
  return { cluster, aims: aims.map((aim) => ({ ...aim, wanted })) };
}

/** Looks at the cluster, and finds the image that the operation is about. */
export async function findImage(run: Run, parts: readonly Run[]): Promise<Checked> {
  const { config, reporter } = run;
  const asked = askRegistry(run);
  const [checked, found] = await Promise.allSettled([check(run, parts), asked]);
  if (checked.status === 'rejected') {
    // What is wrong with the version is told beside what is wrong with the cluster.
    const more = found.status === 'rejected' ? problemsOf(found.reason) : [];
    throw new Failure([...problemsOf(checked.reason), ...more.filter(({ code }) => code !== 'run.cancelled')]);
  }
  const { cluster, aims } = checked.value;
  tellPrevious(aims);
  if (config.operation.kind === 'deploy') return checked.value;
  const chosen = await reporter.phase('choose', async () => {
    const all: Aim[] = [];
    for (const aim of aims) all.push({ ...aim, wanted: await chooseImage(aim.run, aim.ready, asked) });
    return all;
  });
  for (const { run: part, wanted } of chosen) if (wanted) part.reporter.chose(wanted.image);
  return { cluster, aims: chosen };
}

function tellPrevious(aims: readonly Aim[]): void {
  for (const { run, ready } of aims) {
    const { container, manifests } = ready;
    run.reporter.found({ previousImage: container.image, ...(manifests && { changes: diffLines(manifests) }) });
  }
}

/**
 * Builds and pushes; at the same time looks whether the cluster and the registry will take it. The build stops as soon as
 * either will not, but both get to say so.
 */
async function buildWhileChecking(run: Run, parts: readonly Run[]): Promise<Checked & { built: Built }> {
  const { config, tools, reporter } = run;
  const [stopBuild, stopChecks, built] = [new AbortController(), new AbortController(), new AbortController()];
  const problems: Problem[] = [];
  const orStop = <T>(work: Promise<T>, other: AbortController): Promise<T | undefined> =>
    work.catch((error: unknown) => {
      // What ends because another part has failed has nothing of its own to say.
      if (problems.length === 0 || !isCancelled(error)) problems.push(...problemsOf(error));
      other.abort();
      return undefined;
    });
  const signal = AbortSignal.any([tools.signal, stopBuild.signal]);
  // The build is begun first: loading what connects keeps this process busy for a while, and docker's not.
  const building = reporter.phase('build', () => buildAndPush(config, buildTools({ ...tools, signal }, reporter)));
  const checking = reporter.aside('preflight', async (note) => {
    const asked = { signal: AbortSignal.any([tools.signal, stopChecks.signal]), note };
    const [checked] = await Promise.all([
      orStop(checkCluster(run, parts, asked), stopBuild),
      orStop(checkLogin(run, asked), stopBuild),
    ]);
    if (!checked || stopBuild.signal.aborted) throw new Failure(problems);
    return checked;
  });
  checking.result.then((checked) => beginInShadow(checked, tools.clock, built.signal)).catch(() => undefined);
  const [pushed, checked] = await Promise.all([
    orStop(building, stopChecks).finally(() => built.abort()),
    checking.result.catch(() => undefined),
  ]);
  checking.show();
  if (!pushed || !checked) throw new Failure(problems);
  return { built: pushed, ...checked };
}

/** What a build needs, with its lines shown as they come. */
function buildTools(tools: Tools, reporter: Reporter): BuildTools {
  const { log } = tools;
  return {
    ...tools,
    onLine: (text) => log.foreign(text),
    note: (text) => log.info(text),
    warn: (text) => reporter.warn(text),
  };
}

/** Asks what is for advice alone, while a long build goes on. */
async function beginInShadow({ aims }: Checked, clock: Clock, built: AbortSignal): Promise<void> {
  await clock.sleep(LONG_BUILD_MS, built);
  if (!built.aborted) await Promise.all(aims.map(({ facts }) => facts.begin()));
}

function isCancelled(error: unknown): boolean {
  return problemsOf(error).every(({ code }) => code === 'run.cancelled' || code === 'ssh.cancelled');
}
