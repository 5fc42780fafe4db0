import { type Facts, gatherFacts } from './advice';
import { type BuildTools, type Built, buildAndPush } from './image/build';
import { checkPushLogin } from './image/registry';
import type { Config } from './inputs/config';
import { Cluster } from './kubectl/client';
import { problemsOf } from './kubectl/explain';
import { type Deployment, isNew } from './kubectl/objects';
import { patiently } from './kubectl/patience';
import { tellLines } from './manifests/tell';
import { imagesIn } from './manifests/workload';
import { configsOf } from './parts';
import { preflight, type Ready } from './preflight';
import type { Reporter } from './report/reporter';
import { type Closing, Later, type Tools } from './tools';
import { isTriedOut } from './try-out';
import { Failure, line, type Problem, problem } from './words/words';
import { printWorkload } from './words/workload';
import { imagesOf, versionIn } from './workload/images';

/** One workload as it was found. */
export interface Looked {
  readonly ready: Ready;
  /** For advice: asked in a long build's shadow, or else while the rollout goes on. */
  readonly facts: Later<Facts>;
}

export interface Checked {
  readonly cluster: Cluster;
  /** Of each workload, in the order of the configuration. */
  readonly looked: readonly Looked[];
}

export interface Prepared extends Checked {
  readonly built: Built;
}

/** Milliseconds after the checks at which the build counts as a long one. */
const LONG_BUILD_MS = 3_000;

type Note = (text: string) => void;

/**
 * Builds and pushes; at the same time looks whether the cluster and the registry will take it. The build stops as soon as
 * either will not, but both get to say so.
 */
export async function buildWhileChecking(
  config: Config,
  tools: Tools,
  reporter: Reporter,
  closing: Closing,
): Promise<Prepared> {
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
    const signal = AbortSignal.any([tools.signal, stopChecks.signal]);
    const [checked] = await Promise.all([
      orStop(checkCluster(config, tools, closing, { signal, note }), stopBuild),
      orStop(checkLogin(config, tools, { signal, note }), stopBuild),
    ]);
    if (!checked || stopBuild.signal.aborted) throw new Failure(problems);
    return checked;
  });
  const beginInShadow = async ({ looked }: Checked) => {
    await tools.clock.sleep(LONG_BUILD_MS, built.signal);
    if (!built.signal.aborted) await Promise.all(looked.map(({ facts }) => facts.begin()));
  };
  checking.result.then(beginInShadow).catch(() => undefined);
  const [pushed, checked] = await Promise.all([
    orStop(building, stopChecks).finally(() => built.abort()),
    checking.result.catch(() => undefined),
  ]);
  checking.show();
  if (!pushed || !checked) throw new Failure(problems);
  return { built: pushed, ...checked };
}

/** Looks whether the cluster will take what is not built here; and the registry what would be, for a plan of a deploy. */
export async function check(config: Config, tools: Tools, reporter: Reporter, closing: Closing): Promise<Checked> {
  const asked = { signal: tools.signal, note: (text: string) => reporter.log.info(text) };
  return reporter.phase('preflight', async () => {
    const results = await Promise.allSettled([
      checkCluster(config, tools, closing, asked),
      config.operation.kind === 'deploy' && checkLogin(config, tools, asked),
    ]);
    const problems = results.flatMap((each) => (each.status === 'rejected' ? problemsOf(each.reason) : []));
    const [cluster] = results;
    if (problems.length > 0 || cluster.status === 'rejected') throw new Failure(problems);
    return cluster.value;
  });
}

/** What a build needs, with its lines shown as they come. */
export function buildTools(tools: Tools, reporter: Reporter): BuildTools {
  const { log } = tools;
  return {
    ...tools,
    onLine: (text) => log.foreign(text),
    note: (text) => log.info(text),
    warn: (text) => reporter.warn(text),
  };
}

async function checkCluster(
  config: Config,
  tools: Tools,
  closing: Closing,
  { signal, note }: { signal: AbortSignal; note: Note },
): Promise<Checked> {
  const { clock, connect, signal: cancel } = tools;
  const { host, port, username, kubectl } = config.host;
  const began = clock.now();
  const transport = await connect(config, { signal, note });
  closing.add(() => transport.close());
  note(line('log.connected', { host, port, username, ms: clock.now() - began }));
  const onTrouble = (detail: string) => note(line('log.no-contact', { detail }));
  const cluster = new Cluster(transport, kubectl, cancel);
  const asked = new Cluster(transport, kubectl, signal);
  const configs = configsOf(config);
  const found = await Promise.allSettled(
    configs.map((own) => patiently(() => preflight(own, asked), { clock, signal, onTrouble })),
  );
  const problems = found.flatMap((each) => (each.status === 'rejected' ? problemsOf(each.reason) : []));
  if (problems.length > 0) throw new Failure(problems);
  const all = found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const unused = unusedContainer(config, all);
  if (unused) throw new Failure(unused);
  const isOneOfSeveral = all.length > 1;
  const looked = all.map((ready, index) => {
    const own = configs[index] ?? config;
    const to = (text: string) => note(isOneOfSeveral ? `${printWorkload(own.workload)}: ${text}` : text);
    tellFound(own, ready, to);
    return { ready, facts: new Later(() => gatherFacts(own, tools, cluster, ready)) };
  });
  return { cluster, looked };
}

function tellFound(config: Config, { container, workload, complete, manifests }: Ready, note: Note): void {
  const { replicas = 1, strategy, updateStrategy } = workload.spec ?? {};
  const deployment = printWorkload(config.workload);
  const { type = '' } = strategy ?? updateStrategy ?? {};
  const isThere = !isNew(workload);
  if (!isThere) note(line('manifests.workload-new', { deployment }));
  else
    for (const [name, image] of imagesOf(container, versionIn(workload, container)))
      note(line('log.workload', { deployment, container: name, image, replicas, strategy: type }));
  if (updateStrategy) note(line('log.one-by-one', { replicas }));
  if (isThere && !complete) note(line('log.rolling', {}));
  if (manifests) for (const text of tellLines(manifests, config.workload.namespace)) note(text);
  if (isTriedOut(config) && !manifests?.isNamespaceNew) note(line('log.trial', {}));
}

/** A container that was named, and that none of the workloads has. */
function unusedContainer({ workloads }: Config, all: readonly Ready[]): Problem | undefined {
  const names = new Set(
    all.flatMap(({ workload, manifests }) =>
      Object.keys(imagesIn((manifests?.workload?.planned ?? workload) as object as Deployment)),
    ),
  );
  const missing = (workloads[0]?.containers ?? []).map(({ name }) => name).filter((name) => !names.has(name));
  const deployment = workloads.map(printWorkload).join(', ');
  if (missing.length === 0) return undefined;
  return problem('workload.no-container', { deployment, container: missing.join(', '), names: [...names] });
}

async function checkLogin(
  { image }: Config,
  { fetch }: Tools,
  { signal, note }: { signal: AbortSignal; note: Note },
): Promise<void> {
  const { repository, credentials } = image;
  const wrong = await checkPushLogin(repository, credentials, fetch, signal);
  if (wrong) throw new Failure(wrong);
  if (credentials) note(line('log.login', { registry: repository.registry }));
}

function isCancelled(error: unknown): boolean {
  return problemsOf(error).every(({ code }) => code === 'run.cancelled' || code === 'ssh.cancelled');
}
