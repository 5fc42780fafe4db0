import type { Deployment, ReplicaSet } from 'kubernetes-types/apps/v1';
import type { Container, ContainerStatus, Event, Node, Pod, PodSpec, Probe } from 'kubernetes-types/core/v1';

/** Kubernetes' own types, as JSON gives them (times are strings). */
export type { Container, ContainerStatus, Deployment, Event, Node, Pod, PodSpec, Probe, ReplicaSet };

export interface List<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
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

/** Whether the object with this UID is the controller of `object`. */
export function ownedBy(object: Pod | ReplicaSet, uid: string): boolean {
  return object.metadata?.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid) ?? false;
}

/** JSON with sorted keys and no empty values: equal objects give equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part === null) return undefined;
    if (typeof part !== 'object' || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)));
  });
}
