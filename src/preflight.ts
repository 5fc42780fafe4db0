import { PLACEHOLDER_DIGEST, printReference } from './image/reference';
import type { Config, NamedContainer } from './inputs/config';
import { getArgv, paths, selectorText } from './kubectl/argv';
import { type Cluster, KubectlError } from './kubectl/client';
import { identity, isNew, isStatefulSet, type List, type Pod, type ReplicaSet, type Workload } from './kubectl/objects';
import { keyOf, manifestsOf } from './manifests/object';
import { readLive, type Survey, survey } from './manifests/survey';
import { standIn, wishOf } from './manifests/wish';
import { Failure, line, type Problem, problem } from './words/words';
import { printWorkload } from './words/workload';
import { annotations } from './workload/annotations';
import { imagesOf, placedIn, versionFor, versionIn } from './workload/images';
import { type ChosenContainer, chooseContainer, isComplete, obstacle } from './workload/inspect';
import { rolloutPatch } from './workload/patch';
import { chooseSoak, type Soak } from './workload/soak';
import { keptByPartition, oneAfterAnother, waitsForBroken } from './workload/stateful';

/** What is known of the workload before anything is changed. */
export interface Ready {
  readonly workload: Workload;
  readonly container: ChosenContainer;
  readonly soak: Soak;
  readonly pods: List<Pod>;
  readonly replicaSets: readonly ReplicaSet[];
  /** Everything that the workload asked for was there: the image it runs is known to serve. */
  readonly complete: boolean;
  /** What may come as a surprise about this rollout. */
  readonly warnings: readonly string[];
  /** What the manifests would change; missing where none are given. */
  readonly manifests?: Survey;
}

/**
 * Looks at the workload and, unless the change itself comes at once, tries it out on the API server (a dry run: rights, admission and
 * container at once), with the digest of no image in the place of the one being built. Throws a `Failure` with all that stands
 * against the deploy.
 */
export async function preflight(config: Config, cluster: Cluster): Promise<Ready> {
  const ready = await look(config, cluster, isTriedOut(config) ? (found) => tryOut(config, cluster, found) : undefined);
  await tryVerifyPath(config, cluster, ready);
  return { ...ready, warnings: await warningsOf(config, cluster, ready) };
}

/** What a StatefulSet's partition keeps back, and a right that only a rollback would miss. */
async function warningsOf({ workload: where, verdict }: Config, cluster: Cluster, ready: Ready): Promise<string[]> {
  const { workload } = ready;
  if (!isStatefulSet(workload)) return [];
  const { replicas = 1, ordinals } = workload.spec ?? {};
  const kept = keptByPartition(workload);
  const pod = `${where.name}-${(ordinals?.start ?? 0) + replicas - 1}`;
  const isAsked = verdict.rollbackOnFailure && waitsForBroken(workload);
  // Where that cannot be asked, it is not known, and a rollback finds out.
  const mayDelete = !isAsked || (await cluster.mayDeletePod(where.namespace, pod).catch(() => true));
  return [
    ...(kept > 0 ? [line('log.partition', { kept, replicas })] : []),
    ...(mayDelete ? [] : [line('log.no-delete', { namespace: where.namespace })]),
  ];
}

/** Whether there is time between the checks and the change: a build, or a plan's reader. */
export function isTriedOut({ operation, isDryRun }: Config): boolean {
  return operation.kind === 'deploy' || isDryRun;
}

/** Asks an old pod: a missing right shows now. What it answers does not count, for the path may be new. */
async function tryVerifyPath(
  { workload, verdict }: Config,
  cluster: Cluster,
  { container, pods }: Ready,
): Promise<void> {
  const { namespace } = workload;
  const port = verdict.verifyPath?.port ?? container.port;
  const pod = pods.items.find(({ status }) => status?.podIP !== undefined);
  if (!verdict.verifyPath || !port || !pod) return;
  try {
    await cluster.text(getArgv(paths.podProxy(namespace, identity(pod).name, port, verdict.verifyPath.path)));
  } catch (error) {
    // The app itself may say "forbidden" too.
    if (error instanceof KubectlError && error.reason === 'Forbidden' && /pods\/proxy/.test(error.message)) throw error;
  }
}

/** What there is now: the same as before, as long as nothing has been written to the workload, its status included. */
export async function lookAgain(config: Config, cluster: Cluster, before: Ready): Promise<Ready> {
  if (isNew(before.workload)) return look(config, cluster);
  const workload = await readWorkload(config, cluster);
  const isSame = identity(workload).resourceVersion === identity(before.workload).resourceVersion;
  return isSame ? before : look(config, cluster);
}

type Found = Pick<Ready, 'workload' | 'container' | 'soak'>;

/** Looks at the workload, its pods and ReplicaSets; `beside` runs while the last two are read. Manifests are always tried out. */
export async function look(config: Config, cluster: Cluster, beside?: (found: Found) => Promise<void>): Promise<Ready> {
  const { namespace } = config.workload;
  const manifests = manifestsOf(config);
  const live = manifests && (await readLive(cluster, manifests));
  const own = manifests?.workload?.object;
  const present = own ? (live?.get(keyOf(own)) as Workload | undefined) : await readWorkload(config, cluster);
  const isNamespaceNew = !present && (await isToBeMade(config, cluster));
  // What counts is what the workload will be.
  const wanted = own ? wishOf(own, present) : (present ?? {});
  const chosen = chooseContainer(wanted, namedIn(wanted, config), config.image.repository);
  const container = 'code' in chosen || !own ? chosen : { ...chosen, ...placedAt(present, chosen) };
  const soak = soakOf(config, wanted, 'code' in container ? undefined : container);
  const port = 'code' in container ? undefined : verifyPort(config, container);
  const problems = [obstacle(wanted, namespace), container, soak, port].filter(
    (each): each is Problem => typeof each === 'object' && 'code' in each,
  );
  if ('code' in container || 'code' in soak || problems.length > 0) throw new Failure(problems);

  const query = { labelSelector: selectorText(wanted.spec?.selector ?? {}) };
  const tried = imagesOf(container, versionFor(container, { image: placeholder(config) }));
  const put = { images: Object.fromEntries(tried), minReadySeconds: soak.set };
  const [pods, replicaSets, changes] = await Promise.all([
    cluster.list<Pod>(paths.pods(namespace), query),
    isStatefulSet(wanted) ? { items: [] } : cluster.list<ReplicaSet>(paths.replicaSets(namespace), query),
    manifests && live && survey(cluster, manifests, { live, isNamespaceNew, ...(own && { put }) }),
    present && !own && beside?.({ workload: present, container, soak }),
  ]);
  const workload = present ?? standIn(wanted, Object.keys(put.images));
  const complete = isComplete(workload);
  const seen = { workload, container, soak, pods, replicaSets: replicaSets.items, complete, warnings: [] };
  return { ...seen, ...(changes && { manifests: changes }) };
}

/** Where the containers of the manifest are in the workload that runs, and what it has there; they may be new. */
function placedAt(present: Workload | undefined, chosen: ChosenContainer): Partial<ChosenContainer> {
  const image = present ? versionIn(present, chosen).image : '';
  return { ...(present && image !== '' && placedIn(present, chosen)), image };
}

/** Whether the namespace is not there, and the manifests make it. */
async function isToBeMade({ workload, manifests = [] }: Config, cluster: Cluster): Promise<boolean> {
  const { namespace } = workload;
  if (!(await isMissing(cluster, paths.namespace(namespace)))) return false;
  if (manifests.some(({ object }) => object.kind === 'Namespace')) return true;
  throw new Failure(problem('workload.no-namespace', { namespace }));
}

/** The image that is being built, with the digest of none. */
function placeholder({ image }: Config): string {
  return printReference({ ...image.references[0], digest: PLACEHOLDER_DIGEST });
}

/** Of several workloads each has its own of the containers that were named. */
function namedIn({ spec }: Workload, { workload: { containers }, workloads }: Config): readonly NamedContainer[] {
  const { containers: main = [], initContainers = [] } = spec?.template.spec ?? {};
  const isHere = ({ name }: NamedContainer) => [...main, ...initContainers].some((each) => each.name === name);
  return workloads.length > 1 ? containers.filter(isHere) : containers;
}

/** Where `verify-path` is asked; undefined where there is none to ask. */
function verifyPort({ verdict, workload }: Config, { name, port }: ChosenContainer): number | Problem | undefined {
  if (!verdict.verifyPath) return undefined;
  const { path } = verdict.verifyPath;
  return (
    verdict.verifyPath.port ??
    port ??
    problem('workload.verify-port', { deployment: printWorkload(workload), container: name, path })
  );
}

async function readWorkload({ workload: where }: Config, cluster: Cluster): Promise<Workload> {
  const { name, namespace, kind } = where;
  try {
    return await cluster.get<Workload>(paths.workload(where));
  } catch (error) {
    if (!(error instanceof KubectlError) || (error.reason !== 'NotFound' && error.reason !== 'Forbidden')) throw error;
    // A right that is given per namespace makes a missing namespace look like a missing right.
    if (await isMissing(cluster, paths.namespace(namespace)))
      throw new Failure(problem('workload.no-namespace', { namespace }));
    if (error.reason === 'Forbidden') throw error;
    const namesOf = async (of: typeof kind) =>
      (await cluster.list<Workload>(paths.workloads(namespace, of)).catch(() => undefined))?.items.map(
        (each) => identity(each).name,
      ) ?? [];
    const otherKind = kind === 'deployment' ? 'statefulset' : 'deployment';
    const [others, ofOtherKind] = await Promise.all([namesOf(kind), namesOf(otherKind)]);
    const instead = ofOtherKind.includes(name) ? printWorkload({ kind: otherKind, name }) : '';
    throw new Failure(problem('workload.missing', { deployment: printWorkload(where), namespace, others, instead }));
  }
}

async function isMissing(cluster: Cluster, path: string): Promise<boolean> {
  return cluster.get(path).then(
    () => false,
    (error: unknown) => error instanceof KubectlError && error.reason === 'NotFound',
  );
}

function soakOf({ verdict }: Config, workload: Workload, container: ChosenContainer | undefined): Soak | Problem {
  const { metadata, spec } = workload;
  // A StatefulSet has no such deadline.
  const { progressDeadlineSeconds = isStatefulSet(workload) ? Number.POSITIVE_INFINITY : undefined } = spec ?? {};
  const remembered = metadata?.annotations?.[annotations.minReadySeconds];
  const soak = chooseSoak({
    hasReadinessProbe: container?.hasReadinessProbe ?? true,
    ...(verdict.soakMs !== undefined && { asked: verdict.soakMs }),
    ...(progressDeadlineSeconds !== undefined && { progressDeadlineSeconds }),
    ...(spec?.minReadySeconds !== undefined && { present: spec.minReadySeconds }),
    ...(remembered !== undefined && { remembered }),
  });
  const { timeoutMs } = verdict;
  const pods = oneAfterAnother(workload);
  if (soak && soak.set * 1_000 * pods >= timeoutMs) {
    return problem('input.soak', { soakMs: soak.set * 1_000, timeoutMs, pods });
  }
  if (soak) return soak;
  const asked = Math.ceil((verdict.soakMs ?? 0) / 1_000);
  return problem('workload.soak', { asked, deadline: progressDeadlineSeconds ?? 600 });
}

async function tryOut(config: Config, cluster: Cluster, { workload, container, soak }: Found): Promise<void> {
  const isRestart = config.operation.kind === 'restart';
  const patch = rolloutPatch(workload, {
    container,
    version: isRestart ? versionIn(workload, container) : versionFor(container, { image: placeholder(config) }),
    ...(isRestart && { restartedAt: new Date(0).toISOString() }),
    soak,
    history: [],
    changeCause: '',
    commit: '',
    run: config.run,
  });
  try {
    await cluster.patch(config.workload, JSON.stringify(patch), { dryRun: true });
  } catch (error) {
    // A conflict only says that the status moved on meanwhile: the rest was accepted, or will be tried at the real write.
    if (error instanceof KubectlError && error.reason === 'Conflict') return;
    if (error instanceof KubectlError && error.reason === 'Invalid') {
      throw new Failure(problem('workload.rejected', { detail: error.message }), { cause: error });
    }
    throw error;
  }
}
