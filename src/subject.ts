import type { Config } from './inputs/config';
import { paths } from './kubectl/argv';
import { type Cluster, KubectlError } from './kubectl/client';
import { identity, type Workload } from './kubectl/objects';
import { keyOf, type Manifests, manifestsOf } from './manifests/object';
import { type Live, readLive } from './manifests/survey';
import { wishOf } from './manifests/wish';
import { Failure, problem } from './words/words';
import { printWorkload } from './words/workload';

/** The workload that a run is about. */
export interface Subject {
  /** As it is; missing where the manifests make it. */
  readonly present: Workload | undefined;
  /** As it will be: that is what counts. */
  readonly wanted: Workload;
  /** What of the manifests goes with it. */
  readonly manifests: Manifests | undefined;
  readonly live: Live;
  /** Whether the manifests make its namespace. */
  readonly isNamespaceNew: boolean;
}

/** Throws a `Failure` where it is not there, and nothing makes it. */
export async function readSubject(config: Config, cluster: Cluster): Promise<Subject> {
  const manifests = manifestsOf(config);
  const live: Live = manifests ? await readLive(cluster, manifests) : new Map();
  const own = manifests?.workload?.object;
  if (!own) {
    const present = await readWorkload(config, cluster);
    return { present, wanted: present, manifests, live, isNamespaceNew: false };
  }
  const present = live.get(keyOf(own)) as Workload | undefined;
  const isNamespaceNew = !present && (await isToBeMade(config, cluster));
  return { present, wanted: wishOf(own, present), manifests, live, isNamespaceNew };
}

/** Throws a `Failure` where it is not there, with what may have been meant. */
export async function readWorkload({ workload }: Config, cluster: Cluster): Promise<Workload> {
  const { namespace } = workload;
  try {
    return await cluster.get<Workload>(paths.workload(workload));
  } catch (error) {
    if (!(error instanceof KubectlError) || (error.reason !== 'NotFound' && error.reason !== 'Forbidden')) throw error;
    // A right that is given per namespace makes a missing namespace look like a missing right.
    if (await isMissing(cluster, paths.namespace(namespace)))
      throw new Failure(problem('workload.no-namespace', { namespace }));
    if (error.reason === 'Forbidden') throw error;
    throw await missing(workload, cluster);
  }
}

async function missing({ name, namespace, kind }: Config['workload'], cluster: Cluster): Promise<Failure> {
  const namesOf = async (of: typeof kind) => {
    const { items } = await cluster.list<Workload>(paths.workloads(namespace, of)).catch(() => ({ items: [] }));
    return items.map((each) => identity(each).name);
  };
  const otherKind = kind === 'deployment' ? 'statefulset' : 'deployment';
  const [others, ofOtherKind] = await Promise.all([namesOf(kind), namesOf(otherKind)]);
  const instead = ofOtherKind.includes(name) ? printWorkload({ kind: otherKind, name }) : '';
  const deployment = printWorkload({ kind, name });
  return new Failure(problem('workload.missing', { deployment, namespace, others, instead }));
}

/** Whether the namespace is not there, and the manifests make it. */
async function isToBeMade({ workload, manifests = [] }: Config, cluster: Cluster): Promise<boolean> {
  const { namespace } = workload;
  if (!(await isMissing(cluster, paths.namespace(namespace)))) return false;
  if (manifests.some(({ object }) => object.kind === 'Namespace')) return true;
  throw new Failure(problem('workload.no-namespace', { namespace }));
}

async function isMissing(cluster: Cluster, path: string): Promise<boolean> {
  return cluster.get(path).then(
    () => false,
    (error: unknown) => error instanceof KubectlError && error.reason === 'NotFound',
  );
}
