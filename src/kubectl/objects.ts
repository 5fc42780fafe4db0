import type { Deployment, ReplicaSet, StatefulSet, StatefulSetSpec, StatefulSetStatus } from 'kubernetes-types/apps/v1';
import type { Container, ContainerStatus, Event, Node, Pod, PodSpec, Probe } from 'kubernetes-types/core/v1';

/** Kubernetes' own types, as JSON gives them (times are strings). */
export type { Container, ContainerStatus, Deployment, Event, Node, Pod, PodSpec, Probe, ReplicaSet, StatefulSet };

/** As kubectl writes them before a name. */
export type WorkloadKind = 'deployment' | 'statefulset';

/** A Deployment, or a StatefulSet as far as it is one: what only the other of the two has is missing. */
export type Workload = Deployment & {
  readonly spec?: Partial<Pick<StatefulSetSpec, 'ordinals' | 'podManagementPolicy' | 'updateStrategy'>>;
  readonly status?: Partial<Pick<StatefulSetStatus, 'currentRevision' | 'updateRevision'>>;
};

export interface List<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

/** An object of any kind, as a manifest or the API server gives it. */
export interface Anything {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly [field: string]: unknown;
}

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly managedFields?: readonly ManagedFields[];
  readonly [field: string]: unknown;
}

/** Fields that a manager has set. */
export interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly time?: string;
  readonly subresource?: string;
}

/** An object's kind as kubectl takes it without a doubt: `Deployment.v1.apps`, `ConfigMap.v1.`. */
export function fullKindOf({ apiVersion, kind }: Pick<Anything, 'apiVersion' | 'kind'>): string {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return `${kind}.${version}.${group}`;
}

/** One line of a watch. `DELETED` carries the last state; `BOOKMARK` only a resourceVersion; `ERROR` a Status. */
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

/** The parts of an object's metadata that this action reads; the API server always sets the first two. */
export interface Identity {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
}

export function identity(object: {
  metadata?: { name?: string; uid?: string; resourceVersion?: string; generation?: number };
}): Identity {
  const { name = '', uid = '', resourceVersion = '', generation = 0 } = object.metadata ?? {};
  return { name, uid, resourceVersion, generation };
}

/** By what the API server gives each StatefulSet: objects of a list do not name their kind. */
export function isStatefulSet({ spec }: Workload): boolean {
  return spec?.podManagementPolicy !== undefined;
}

/** Whether the object has never been in the cluster: the API server gives each a version. */
export function isNew(object: { metadata?: { resourceVersion?: string } }): boolean {
  return identity(object).resourceVersion === '';
}

/** Whether the object with this UID is the controller of `object`. */
export function ownedBy(object: Pod | ReplicaSet, uid: string): boolean {
  return object.metadata?.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid) ?? false;
}

/** The statuses of all of a pod's containers, the init containers' first. */
export function statusesOf({ status }: Pod): ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

/** All containers of a pod, or of a template for pods, the init containers first. */
export function containersOf(spec: PodSpec | undefined): Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

/** JSON with sorted keys and no empty values: equal objects give equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part === null) return undefined;
    if (typeof part !== 'object' || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)));
  });
}
