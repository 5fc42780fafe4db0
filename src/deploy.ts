import { provePushed } from './image/build';
import { type PinnedImage, parseReference, printReference } from './image/reference';
import type { Config } from './inputs/config';
import type { Cluster } from './kubectl/client';
import { problemsOf } from './kubectl/explain';
import { type Deployment, identity } from './kubectl/objects';
import type { Ready } from './preflight';
import { buildWhileChecking } from './prepare';
import { podRows } from './report/pods';
import { progressLines } from './report/progress';
import type { Report } from './report/report';
import { Reporter } from './report/reporter';
import { endingOf, servingIn } from './rollout/ending';
import { lastWords } from './rollout/evidence';
import { Observer } from './rollout/observe';
import { restartCounts, type Target, templateOf } from './rollout/snapshot';
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
}

/** A rollout that has begun, or (`changed` false) was there already: what it wants to see, and what there was before. */
interface Begun {
  readonly target: Target;
  readonly changed: boolean;
  readonly previousImage: string;
  readonly observer: Observer;
}

/** One deploy, from the build to the report. It does not throw: however it ends, the report says so. */
export async function deploy(config: Config, tools: Tools): Promise<Report> {
  const run: Run = { config, tools, reporter: new Reporter(config, tools.clock, tools.log), closing: new Closing() };
  let begun: Begun | undefined;
  try {
    const { built, ready, cluster } = await buildWhileChecking(config, tools, run.reporter, run.closing);
    const image = await run.reporter.phase('prove', async () => {
      const pinned = await provePushed(config, built, tools.processes);
      run.reporter.proved(pinned);
      return pinned;
    });
    begun = await run.reporter.phase('update', () => update(run, cluster, ready, image));
    return await watch(run, cluster, begun);
  } catch (error) {
    return fail(run, error, begun !== undefined);
  } finally {
    await run.closing.close();
  }
}

/** Begins to watch, and puts the image into the workload unless it is there already. */
async function update(
  { config, tools, reporter, closing }: Run,
  cluster: Cluster,
  ready: Ready,
  image: PinnedImage,
): Promise<Begun> {
  if (tools.signal.aborted) throw new Failure(problem('run.cancelled', {}));
  const { container, soak, workload: before } = ready;
  // The watches begin at what preflight saw, so nothing that happens from here on can be missed.
  const observer = new Observer(cluster, tools.clock, config.workload.namespace, ready);
  closing.add(() => observer.stop());
  observer.start();
  const changed = parseReference(container.image).value?.digest !== image.digest;
  let workload: Deployment = before;
  if (changed) {
    workload = await writeImage({ config, cluster, clock: tools.clock }, { ...ready, image });
    observer.see(workload);
    reporter.log.info(
      line('log.patched', { container: container.name, from: container.image, to: printReference(image) }),
    );
    const from = before.spec?.minReadySeconds ?? 0;
    if (from !== soak.set)
      reporter.log.info(line('log.soak', { from, to: soak.set, probe: container.hasReadinessProbe }));
  } else {
    reporter.log.info(line('log.unchanged', { digest: image.digest }));
  }
  const { uid, generation } = identity(workload);
  const target: Target = {
    uid,
    generation,
    template: templateOf(workload),
    container: container.name,
    digest: image.digest,
    restartsBefore: restartCounts(ready.pods.items),
    timeoutMs: config.verdict.timeoutMs,
    maxRestarts: MAX_RESTARTS,
  };
  return { target, changed, previousImage: container.image, observer };
}

/** Watches until the rollout is judged, gathers the evidence where it is bad, and writes down how it ended. */
async function watch(
  { config, tools, reporter }: Run,
  cluster: Cluster,
  { target, changed, previousImage, observer }: Begun,
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
    if (changed) reporter.found({ wayBack: setImageCommand(config, target.container, previousImage) });
  }
  if (changed && snapshot.workload && ending.outcome !== 'superseded') {
    const { workload } = snapshot;
    const lost = await reporter.phase('record', () =>
      recordOutcome({ config, cluster, clock }, workload, ending.outcome),
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
function fail({ tools, reporter }: Run, error: unknown, hasBegun: boolean): Report {
  if (tools.signal.aborted) return reporter.end('cancelled', 'unknown', [problem('run.cancelled', {})]);
  const problems = problemsOf(error);
  const isUnknown = hasBegun || problems.some(({ code }) => code === 'workload.write-unknown');
  return reporter.end(isUnknown ? 'unknown' : 'refused', 'unknown', problems);
}
