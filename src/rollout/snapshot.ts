import {
  canonical,
  identity,
  isStatefulSet,
  ownedBy,
  type Pod,
  type ReplicaSet,
  statusesOf,
  type Workload,
} from '../kubectl/objects';
import { isOfRevision, revisionOf } from '../workload/stateful';
import type { Pull } from './wording';

/** The cluster at one moment, as far as the rollout of one workload goes. */
export interface Snapshot {
  /** Missing where it has been deleted. */
  readonly workload?: Workload;
  readonly replicaSets: readonly ReplicaSet[];
  readonly pods: readonly Pod[];
  /** What a new pod answered to `verify-path`; missing where it has not been asked. */
  readonly verified?: Verified;
  /** What events say about new pods (by UID) that do not come on: why they are not set up, or what their probe was answered. */
  readonly said?: Readonly<Record<string, string>>;
  /** How new pods (by UID) got their images, where that was asked. */
  readonly pulled?: Readonly<Record<string, Pull>>;
  /** The cluster cannot be seen at present: this is how it was before. */
  readonly isBlind?: boolean;
}

export interface Verified {
  readonly passed: boolean;
  /** What it answered, where that was not right. */
  readonly detail: string;
}

/** What a run wants to see serving. */
export interface Target {
  /** The workload's UID and, for a change of ours, the generation that our own write returned. */
  readonly uid: string;
  readonly generation: number;
  /** The pod template as our write returned it, in `canonical` form. */
  readonly template: string;
  readonly container: string;
  /** What that container has to run; where it has a digest, only that counts. */
  readonly image: string;
  /** Restarts that pods had before our write, by pod UID and container: a template used before gets its old pods back. */
  readonly restartsBefore: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly timeoutMs: number;
  /**
   * When the workload's `Progressing=False` was last updated before our write, where it had one: a template used before does not
   * renew it (DeploymentTimedOut, k8s.io/kubernetes/pkg/controller/deployment/util), so that it says nothing of our rollout.
   */
  readonly stalledBefore?: string;
  /** Of a rollout that we did not begin, but found: how long what it restarted has to stay up. */
  readonly joined?: { readonly soakMs: number };
  /** A container that ends badly again after this many restarts is crashing. */
  readonly maxRestarts: number;
  /** How long a pod that is ready may answer `verify-path` wrongly; missing where there is nothing to verify. */
  readonly verifyMs?: number;
}

/** When the workload's `Progressing` condition was last updated, where it is false. */
export function stalledSince(workload: Workload): string | undefined {
  return workload.status?.conditions?.find(({ type, status }) => type === 'Progressing' && status === 'False')
    ?.lastUpdateTime;
}

export function templateOf(workload: Workload): string {
  return canonical(workload.spec?.template);
}

/**
 * The ReplicaSet that holds the workload's present template. Compared as the Deployment's controller does, by the
 * template without its hash label (EqualIgnoreHash, k8s.io/kubernetes/pkg/controller/deployment/util).
 */
export function currentReplicaSet({ workload, replicaSets }: Snapshot): ReplicaSet | undefined {
  if (!workload) return undefined;
  const wanted = withoutHash(workload);
  const [oldest] = replicaSets
    .filter((each) => ownedBy(each, identity(workload).uid) && withoutHash(each) === wanted)
    .sort((one, other) => age(one).localeCompare(age(other)));
  return oldest;
}

/** Sorts by the time of creation, which is ISO 8601, then by name. */
function age({ metadata }: ReplicaSet): string {
  return `${metadata?.creationTimestamp ?? ''} ${metadata?.name ?? ''}`;
}

function withoutHash({ spec }: ReplicaSet | Workload): string {
  const template = spec?.template;
  const { 'pod-template-hash': _, ...labels } = template?.metadata?.labels ?? {};
  return canonical({ ...template, metadata: { ...template?.metadata, labels } });
}

/** The pods of the new version that are not on their way out. */
export function newPods(snapshot: Snapshot): Pod[] {
  const { workload } = snapshot;
  if (workload && isStatefulSet(workload)) return podsOf(workload, snapshot, true).filter(isStaying);
  const current = currentReplicaSet(snapshot);
  if (!current) return [];
  const { uid } = identity(current);
  return snapshot.pods.filter((pod) => ownedBy(pod, uid) && isStaying(pod));
}

/** Whether the pod is not on its way out. */
export function isStaying({ metadata }: Pod): boolean {
  return !metadata?.deletionTimestamp;
}

/** A StatefulSet's own pods: those of its present template, or the others. */
function podsOf(workload: Workload, { pods }: Snapshot, isNew: boolean): Pod[] {
  const { uid } = identity(workload);
  const revision = revisionOf(workload);
  const isOfThis = (pod: Pod) => revision !== undefined && isOfRevision(pod, revision);
  return pods.filter((pod) => ownedBy(pod, uid) && isOfThis(pod) === isNew);
}

/** The workload's other pods, those on their way out included: they may still answer. */
export function oldPods(snapshot: Snapshot): Pod[] {
  const { workload } = snapshot;
  if (workload && isStatefulSet(workload)) return podsOf(workload, snapshot, false);
  const current = currentReplicaSet(snapshot);
  const sets = new Set(
    snapshot.replicaSets
      .filter((each) => each !== current && snapshot.workload && ownedBy(each, identity(snapshot.workload).uid))
      .map((each) => identity(each).uid),
  );
  return snapshot.pods.filter((pod) => pod.metadata?.ownerReferences?.some(({ uid }) => sets.has(uid)));
}

/**
 * Whether the controller has let every old pod go: what is still there of them is on its way out, though its own object, which comes
 * by another watch, may not say so yet.
 */
export function hasLetOldGo({ workload }: Snapshot): boolean {
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0 } = workload?.status ?? {};
  const isObserved = workload !== undefined && observedGeneration >= identity(workload).generation;
  return isObserved && updatedReplicas > 0 && replicas <= updatedReplicas;
}

/** Whether the kubelet has taken the pod up, and no container has been made yet: volumes, network, or the image is missing. */
export function isBeingSetUp(pod: Pod): boolean {
  const { status } = pod;
  const all = statusesOf(pod);
  const isWaiting = (reason = '') => reason === 'ContainerCreating' || reason === 'PodInitializing';
  return (
    status?.startTime !== undefined &&
    status.phase === 'Pending' &&
    all.length > 0 &&
    all.every(({ state }) => isWaiting(state?.waiting?.reason))
  );
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** Whether the pod was made from our image, as its own specification says. Where that is empty, the template alone says it. */
export function runsImage(pod: Pod, { container, image: wanted }: Pick<Target, 'container' | 'image'>): boolean {
  if (wanted === '') return true;
  const [, digest] = wanted.split('@');
  const fits = (image: string) => (digest === undefined ? image === wanted : image.endsWith(`@${digest}`));
  return pod.spec?.containers.some(({ name, image = '' }) => name === container && fits(image)) ?? false;
}

/** The restarts of every container of these pods, by pod UID. */
export function restartCounts(pods: readonly Pod[]): Target['restartsBefore'] {
  return Object.fromEntries(
    pods.map((pod) => [
      identity(pod).uid,
      Object.fromEntries(statusesOf(pod).map(({ name, restartCount }) => [name, restartCount])),
    ]),
  );
}
