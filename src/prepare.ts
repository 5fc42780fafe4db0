import { gatherFacts } from './advice';
import { checkPushLogin } from './image/registry';
import type { Config } from './inputs/config';
import { Cluster } from './kubectl/client';
import { problemsOf } from './kubectl/explain';
import { type Deployment, isNew } from './kubectl/objects';
import { patiently } from './kubectl/patience';
import { tellLines } from './manifests/tell';
import { imagesIn } from './manifests/workload';
import type { Aim } from './parts';
import { preflight, type Ready } from './preflight';
import type { Run } from './run';
import { Later } from './tools';
import type { Transport } from './transport/transport';
import { isTriedOut } from './try-out';
import { Failure, line, type Problem, problem } from './words/words';
import { printWorkload } from './words/workload';
import { imagesOf, versionIn } from './workload/images';

/** The cluster, and each workload as it was found there. */
export interface Checked {
  readonly cluster: Cluster;
  readonly aims: readonly Aim[];
}

/** How the checks are run: beside a build they end with it, and their lines wait for the log. */
export interface Asked {
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
}

/** Looks whether the cluster will take what is not built here; and the registry what would be, for a plan of a deploy. */
export async function check(run: Run, parts: readonly Run[]): Promise<Checked> {
  const { config, tools, reporter } = run;
  const asked = { signal: tools.signal, note: (text: string) => reporter.log.info(text) };
  return reporter.phase('preflight', async () => {
    const checking = checkCluster(run, parts, asked);
    await all<unknown>([checking, config.operation.kind === 'deploy' && checkLogin(run, asked)]);
    return checking;
  });
}

/** Connects, and looks whether the cluster will take it; the cluster that it gives may be asked also after the checks. */
export async function checkCluster(run: Run, parts: readonly Run[], asked: Asked): Promise<Checked> {
  const { config, tools } = run;
  const { signal, note } = asked;
  const transport = await connectTo(run, asked);
  const cluster = new Cluster(transport, config.host.kubectl, tools.signal);
  const checked = new Cluster(transport, config.host.kubectl, signal);
  const onTrouble = (detail: string) => note(line('log.no-contact', { detail }));
  const aims = await all(
    parts.map(async (part) => {
      const ready = await patiently(() => preflight(part.config, checked), { clock: tools.clock, signal, onTrouble });
      return { run: part, ready, facts: new Later(() => gatherFacts(part.config, tools, cluster, ready)) };
    }),
  );
  const unused = unusedContainer(config, aims);
  if (unused) throw new Failure(unused);
  for (const { run: part, ready } of aims) {
    const name = printWorkload(part.config.workload);
    tellFound(part.config, ready, aims.length > 1 ? (text) => note(`${name}: ${text}`) : note);
  }
  return { cluster, aims };
}

async function connectTo({ config, tools, closing }: Run, { signal, note }: Asked): Promise<Transport> {
  const { host, port, username } = config.host;
  const began = tools.clock.now();
  const transport = await tools.connect(config, { signal, note });
  closing.add(() => transport.close());
  note(line('log.connected', { host, port, username, ms: tools.clock.now() - began }));
  return transport;
}

/** Throws a `Failure` with everything that went wrong with any of it, once all of it has ended. */
async function all<T>(work: readonly (T | Promise<T>)[]): Promise<T[]> {
  const ends = await Promise.allSettled(work);
  const problems = ends.flatMap((each) => (each.status === 'rejected' ? problemsOf(each.reason) : []));
  if (problems.length > 0) throw new Failure(problems);
  return ends.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

function tellFound(config: Config, { container, workload, complete, manifests }: Ready, note: Asked['note']): void {
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
function unusedContainer({ workload: first, workloads }: Config, aims: readonly Aim[]): Problem | undefined {
  const names = new Set(
    aims.flatMap(({ ready: { workload, manifests } }) =>
      Object.keys(imagesIn((manifests?.workload?.planned ?? workload) as object as Deployment)),
    ),
  );
  const missing = first.containers.map(({ name }) => name).filter((name) => !names.has(name));
  const deployment = workloads.map(printWorkload).join(', ');
  if (missing.length === 0) return undefined;
  return problem('workload.no-container', { deployment, container: missing.join(', '), names: [...names] });
}

export async function checkLogin({ config, tools }: Run, { signal, note }: Asked): Promise<void> {
  const { repository, credentials } = config.image;
  const wrong = await checkPushLogin(repository, credentials, tools.fetch, signal);
  if (wrong) throw new Failure(wrong);
  if (credentials) note(line('log.login', { registry: repository.registry }));
}
