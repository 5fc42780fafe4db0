import { buildAndPush, provePushed } from './image/build';
import type { BuildMetadata } from './image/metadata';
import { type PinnedImage, parseReference, printReference } from './image/reference';
import { checkPushLogin, type Fetch } from './image/registry';
import type { Config } from './inputs/config';
import { Cluster } from './kubectl/client';
import { problemsOf } from './kubectl/explain';
import { type Deployment, identity } from './kubectl/objects';
import { preflight, type Ready } from './preflight';
import type { Log } from './report/log';
import { podRows } from './report/pods';
import { progressLines } from './report/progress';
import type { Report } from './report/report';
import { Reporter } from './report/reporter';
import { endingOf, servingIn } from './rollout/ending';
import { lastWords } from './rollout/evidence';
import { Observer } from './rollout/observe';
import { restartCounts, type Target, templateOf } from './rollout/snapshot';
import { watchRollout } from './rollout/watch';
import type { Clock } from './system/clock';
import type { Processes } from './system/process';
import type { Transport } from './transport/transport';
import { Failure, line, type Problem, problem } from './words/words';
import { recordOutcome, writeImage } from './workload/write';

/** Everything a deploy needs of the world outside it. */
export interface Tools {
  readonly clock: Clock;
  readonly log: Log;
  readonly processes: Processes;
  readonly fetch: Fetch;
  readonly connect: (
    config: Config,
    options: { signal: AbortSignal; note: (text: string) => void },
  ) => Promise<Transport>;
  /** A folder of this run's own, for files that docker writes. */
  readonly folder: string;
  /** Aborts when the run is cancelled. */
  readonly signal: AbortSignal;
}

/** A rollout that has begun: what it wants to see, and what there was before. */
interface Begun {
  readonly target: Target;
  /** Whether this run wrote the image; if not, it was there already. */
  readonly changed: boolean;
  readonly previousImage: string;
}

/** A container that ends badly again after this many restarts is crashing; two are granted to a database that comes up late. */
const MAX_RESTARTS = 2;

/** One deploy, from the build to the report. It does not throw: however it ends, the report says so. */
export async function deploy(config: Config, tools: Tools): Promise<Report> {
  const reporter = new Reporter(config, tools.clock, tools.log);
  const run = new Run(config, tools, reporter);
  try {
    const { built, ready } = await run.buildWhileChecking();
    const image = await run.prove(built);
    const begun = await run.update(image, ready);
    return await run.watch(begun);
  } catch (error) {
    return run.fail(error);
  } finally {
    await run.close();
  }
}

/** One run of the story: its phases in order, and what they hand on. */
class Run {
  #transport: Transport | undefined;
  #cluster: Cluster | undefined;
  #observer: Observer | undefined;
  /** Whether a write to the cluster may have taken effect. */
  #wrote = false;

  constructor(
    private readonly config: Config,
    private readonly tools: Tools,
    private readonly reporter: Reporter,
  ) {}

  /**
   * Builds and pushes; at the same time looks whether the cluster and the registry will take it. The build stops as soon as either
   * will not, but both get to say so.
   */
  async buildWhileChecking(): Promise<{ built: BuildMetadata; ready: Ready }> {
    const { config, tools, reporter } = this;
    const { processes, folder, log } = tools;
    const [stopBuild, stopChecks] = [new AbortController(), new AbortController()];
    const problems: Problem[] = [];
    const orStop = <T>(work: Promise<T>, other: AbortController): Promise<T | undefined> =>
      work.catch((error: unknown) => {
        // What ends because another part has failed has nothing of its own to say.
        if (problems.length === 0 || !isCancelled(error)) problems.push(...problemsOf(error));
        other.abort();
        return undefined;
      });
    const checking = reporter.aside('preflight', async (note) => {
      const signal = AbortSignal.any([tools.signal, stopChecks.signal]);
      const [ready] = await Promise.all([
        orStop(this.#checkCluster(signal, note), stopBuild),
        orStop(this.#checkLogin(note), stopBuild),
      ]);
      if (!ready || stopBuild.signal.aborted) throw new Failure(problems);
      return ready;
    });
    const signal = AbortSignal.any([tools.signal, stopBuild.signal]);
    const building = reporter.phase('build', () =>
      buildAndPush(config, { processes, folder, signal, onLine: (text) => log.foreign(text) }),
    );
    const [built, ready] = await Promise.all([orStop(building, stopChecks), checking.result.catch(() => undefined)]);
    checking.show();
    if (!built || !ready) throw new Failure(problems);
    return { built, ready };
  }

  async #checkCluster(signal: AbortSignal, note: (text: string) => void): Promise<Ready> {
    const { config, tools, reporter } = this;
    const { host, port, username, kubectl } = config.host;
    const began = tools.clock.now();
    this.#transport = await tools.connect(config, { signal, note });
    note(line('log.connected', { host, port, username, ms: tools.clock.now() - began }));
    const ready = await preflight(config, new Cluster(this.#transport, kubectl, signal));
    this.#cluster = new Cluster(this.#transport, kubectl, tools.signal);
    const { container, workload, complete } = ready;
    const { replicas = 1, strategy } = workload.spec ?? {};
    note(
      line('log.workload', {
        container: container.name,
        image: container.image,
        replicas,
        strategy: strategy?.type ?? '',
      }),
    );
    if (!complete) note(line('log.rolling', {}));
    note(line('log.trial', {}));
    reporter.found({ previousImage: container.image });
    return ready;
  }

  async #checkLogin(note: (text: string) => void): Promise<void> {
    const { repository, credentials } = this.config.image;
    const wrong = await checkPushLogin(repository, credentials, this.tools.fetch);
    if (wrong) throw new Failure(wrong);
    if (credentials) note(line('log.login', { registry: repository.registry }));
  }

  /** Makes sure that the registry has what was built, and not another run's image of the same tag. */
  async prove(built: BuildMetadata): Promise<PinnedImage> {
    const { config, tools, reporter } = this;
    return reporter.phase('prove', async () => {
      const image = await provePushed(config, built, tools.processes);
      reporter.proved(image);
      return image;
    });
  }

  /** Puts the image into the workload (unless it is there already) and begins to watch. */
  async update(image: PinnedImage, ready: Ready): Promise<Begun> {
    const { config, tools, reporter } = this;
    const { container, soak, workload: before } = ready;
    return reporter.phase('update', async () => {
      if (tools.signal.aborted) throw new Failure(problem('run.cancelled', {}));
      const cluster = this.#clusterInUse();
      // The watches begin at what preflight saw, so nothing that happens from here on can be missed.
      this.#observer = new Observer(cluster, tools.clock, config.workload.namespace, ready);
      this.#observer.start();
      const changed = parseReference(container.image).value?.digest !== image.digest;
      let workload: Deployment = before;
      if (changed) {
        this.#wrote = true;
        workload = await writeImage({ config, cluster, clock: tools.clock }, { ...ready, image });
        this.#observer.see(workload);
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
      return { target, changed, previousImage: container.image };
    });
  }

  /** Watches until the rollout is judged, gathers the evidence where it is bad, and writes down how it ended. */
  async watch({ target, changed, previousImage }: Begun): Promise<Report> {
    const { config, tools, reporter } = this;
    const cluster = this.#clusterInUse();
    const observer = this.#observerInUse();
    const { name: deployment, namespace } = config.workload;
    const watched = await reporter.phase('watch', async () => {
      const onLook = progressLines(tools.clock, (text) => reporter.log.info(text));
      return watchRollout(target, { observer, clock: tools.clock, signal: tools.signal, onLook });
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
      if (changed)
        reporter.found({
          wayBack: `kubectl set image deployment/${deployment} ${target.container}=${previousImage} -n ${namespace}`,
        });
    }
    if (changed && snapshot.workload && ending.outcome !== 'superseded')
      await this.#record(snapshot.workload, ending.outcome);
    const seen = verdict.kind === 'good' || verdict.kind === 'bad';
    return reporter.end(ending.outcome, seen ? servingIn(snapshot) : 'unknown', ending.problem ? [ending.problem] : []);
  }

  async #record(workload: Deployment, outcome: string): Promise<void> {
    const { config, tools, reporter } = this;
    const writing = { config, cluster: this.#clusterInUse(), clock: tools.clock };
    const lost = await reporter.phase('record', () => recordOutcome(writing, workload, outcome));
    if (lost) reporter.log.warning(line('log.history-lost', { detail: lost }));
  }

  /** What a run ends in that could not go on. */
  fail(error: unknown): Report {
    const { tools, reporter } = this;
    const problems = problemsOf(error);
    if (tools.signal.aborted) return reporter.end('cancelled', 'unknown', [problem('run.cancelled', {})]);
    const isUnknown =
      this.#wrote && !problems.some(({ code }) => code === 'workload.rejected' || code === 'workload.contended');
    return reporter.end(isUnknown ? 'unknown' : 'refused', 'unknown', problems);
  }

  /** Leaves nothing behind: the watches end, and the connection. */
  async close(): Promise<void> {
    await this.#observer?.stop();
    await this.#transport?.close();
  }

  #clusterInUse(): Cluster {
    if (!this.#cluster) throw new Error('the cluster was not checked');
    return this.#cluster;
  }

  #observerInUse(): Observer {
    if (!this.#observer) throw new Error('the workload is not observed');
    return this.#observer;
  }
}

function isCancelled(error: unknown): boolean {
  return problemsOf(error).every(({ code }) => code === 'run.cancelled' || code === 'ssh.cancelled');
}
