import { provePushed } from './image/build';
import { type PinnedImage, parseReference, printReference } from './image/reference';
import type { Config } from './inputs/config';
import type { Cluster } from './kubectl/client';
import { problemsOf } from './kubectl/explain';
import { identity } from './kubectl/objects';
import { look, type Ready } from './preflight';
import { buildWhileChecking } from './prepare';
import { podRows } from './report/pods';
import { progressLines } from './report/progress';
import type { Report } from './report/report';
import { Reporter } from './report/reporter';
import { endingOf, servingIn } from './rollout/ending';
import { lastWords } from './rollout/evidence';
import { Observer } from './rollout/observe';
import { restartCounts, stalledSince, type Target, templateOf } from './rollout/snapshot';
import { watchRollout } from './rollout/watch';
import { Closing, type Tools } from './tools';
import { quote } from './transport/quote';
import { Failure, line, problem } from './words/words';
import { recordOutcome, writeImage } from './workload/write';

/** A container that ends badly again after this many restarts is crashing; two are granted to a database that comes up late. */
const MAX_RESTARTS = 2;

/** What the phases of one run share. */
interface Run {
  readonly config: Config;
  readonly tools: Tools;
  readonly reporter: Reporter;
  readonly closing: Closing;
  /** Whether a write to the workload may have taken effect. */
  wrote: boolean;
}

/** A rollout that has begun, or (`changed` false) was there already: what it wants to see, and what there was before. */
interface Begun {
  readonly target: Target;
  readonly changed: boolean;
  readonly observer: Observer;
  /** The image to go back to, where there is one that served. */
  readonly lastGood?: string;
}

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
  };
  const ended = new AbortController();
  return Promise.race([story(run), overdue(run, ended.signal)]).finally(() => ended.abort());
}

/** The phases, one after the other. */
async function story(run: Run): Promise<Report> {
  const { config, tools, reporter, closing } = run;
  try {
    const { built, ready, cluster } = await buildWhileChecking(config, tools, reporter, closing);
    const image = await reporter.phase('prove', async () => {
      const pinned = await provePushed(config, built, tools);
      reporter.proved(pinned);
      return pinned;
    });
    const begun = await reporter.phase('update', () => update(run, cluster, ready, image));
    return await watch(run, cluster, begun);
  } catch (error) {
    return fail(run, error);
  } finally {
    await closing.close();
  }
}

/** Ends a run that was cancelled and does not come to its end by itself in time, such as one whose host does not answer. */
async function overdue(run: Run, ended: AbortSignal): Promise<Report> {
  const { config, tools, reporter } = run;
  await new Promise((resolve) => {
    if (tools.signal.aborted) resolve(undefined);
    tools.signal.addEventListener('abort', resolve, { signal: ended });
  });
  await tools.clock.sleep(CANCEL_MS, ended);
  const { name: deployment, namespace } = config.workload;
  const said = run.wrote ? problem('rollout.interrupted', { deployment, namespace }) : problem('run.cancelled', {});
  return reporter.end('cancelled', 'unknown', [said]);
}

/** Begins to watch, and puts the image into the workload unless it is there already. */
async function update(run: Run, cluster: Cluster, before: Ready, image: PinnedImage): Promise<Begun> {
  const { config, tools, reporter, closing } = run;
  const { clock, signal } = tools;
  if (signal.aborted) throw new Failure(problem('run.cancelled', {}));
  const hasImage = (seen: Ready) => parseReference(seen.container.image).value?.digest === image.digest;
  // What preflight saw may be as old as the build took. A write notices by itself; where there is none, look again.
  const ready = hasImage(before) ? await look(config, cluster) : before;
  const { container, soak } = ready;
  // The watches begin at what was seen then, so nothing that happens from here on can be missed.
  const observer = new Observer(cluster, clock, config.workload.namespace, ready);
  closing.add(() => observer.stop());
  observer.start();
  const changed = !hasImage(ready);
  let { workload } = ready;
  let lastGood: string | undefined;
  if (changed) {
    run.wrote = true;
    const written = await writeImage({ config, cluster: cluster.uncancelled(), clock }, { ...ready, image });
    ({ workload, lastGood } = written);
    observer.see(workload);
    reporter.found({ previousImage: written.replaced });
    reporter.log.info(
      line('log.patched', { container: container.name, from: written.replaced, to: printReference(image) }),
    );
    const from = ready.workload.spec?.minReadySeconds ?? 0;
    if (from !== soak.set)
      reporter.log.info(line('log.soak', { from, to: soak.set, probe: container.hasReadinessProbe }));
  } else {
    reporter.log.info(line('log.unchanged', { digest: image.digest }));
  }
  const { uid, generation } = identity(workload);
  const stalledBefore = changed ? stalledSince(workload) : undefined;
  const target: Target = {
    uid,
    generation,
    template: templateOf(workload),
    container: container.name,
    digest: image.digest,
    restartsBefore: restartCounts(ready.pods.items),
    timeoutMs: config.verdict.timeoutMs,
    maxRestarts: MAX_RESTARTS,
    ...(stalledBefore !== undefined && { stalledBefore }),
  };
  return { target, changed, observer, ...(lastGood !== undefined && { lastGood }) };
}

/** Watches until the rollout is judged, gathers the evidence where it is bad, and writes down how it ended. */
async function watch(
  { config, tools, reporter }: Run,
  cluster: Cluster,
  { target, changed, lastGood, observer }: Begun,
): Promise<Report> {
  const { clock, signal } = tools;
  const { name: deployment, namespace } = config.workload;
  const watched = await reporter.phase('watch', async () => {
    const onLook = progressLines(clock, (text) => reporter.log.info(text));
    return watchRollout(target, { observer, clock, signal, onLook });
  });
  const { verdict, snapshot } = watched;
  const trouble = observer.trouble()?.message;
  const ending = endingOf(watched, changed, {
    deployment,
    namespace,
    timeoutMs: target.timeoutMs,
    ...(trouble && { trouble }),
  });
  reporter.found({ pods: podRows(snapshot, target) });
  if (verdict.kind === 'good') reporter.found({ revision: verdict.revision });
  if (verdict.kind === 'bad') {
    const { cause } = verdict;
    if ('trouble' in cause && cause.trouble)
      reporter.found({ logs: await lastWords(cluster, namespace, cause.trouble) });
    if (changed && lastGood) reporter.found({ wayBack: setImageCommand(config, target.container, lastGood) });
  }
  if (changed && snapshot.workload && ending.outcome !== 'superseded') {
    const { workload } = snapshot;
    const lost = await reporter.phase('record', () =>
      recordOutcome({ config, cluster: cluster.uncancelled(), clock }, workload, ending.outcome),
    );
    if (lost) reporter.warn(line('log.history-lost', { detail: lost }));
  }
  const isSeen = verdict.kind === 'good' || verdict.kind === 'bad';
  return reporter.end(ending.outcome, isSeen ? servingIn(snapshot) : 'unknown', ending.problem ? [ending.problem] : []);
}

/** The command that brings an image back: quoted, for it is meant to be copied into a shell. */
function setImageCommand({ workload }: Config, container: string, image: string): string {
  const { name, namespace } = workload;
  return quote(['kubectl', 'set', 'image', `deployment/${name}`, `${container}=${image}`, '-n', namespace]);
}

/** What a run ends in that could not go on: before the write nothing has been changed, after it nobody knows. */
function fail({ config, tools, reporter, wrote }: Run, error: unknown): Report {
  const problems = problemsOf(error);
  const isRefused = problems.some(({ code }) => code === 'workload.rejected' || code === 'workload.contended');
  const isUnknown = wrote && !isRefused;
  if (tools.signal.aborted) {
    const { name: deployment, namespace } = config.workload;
    const said = isUnknown ? problem('rollout.interrupted', { deployment, namespace }) : problem('run.cancelled', {});
    return reporter.end('cancelled', 'unknown', [said]);
  }
  return reporter.end(isUnknown ? 'unknown' : 'refused', 'unknown', problems);
}
