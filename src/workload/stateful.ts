import { identity, isStatefulSet, type Pod, type Workload } from '../kubectl/objects';
import { type Problem, problem } from '../words/words';
import { annotations } from './annotations';

/** The label by which a StatefulSet's pod says which template it was made from. */
const HASH = 'controller-revision-hash';

/** What the cluster calls the workload's template: a Deployment's number, or the name of a StatefulSet's ControllerRevision. */
export function revisionOf(workload: Workload): string | undefined {
  const { metadata, status } = workload;
  if (!isStatefulSet(workload)) return metadata?.annotations?.[annotations.revision];
  // Until the controller has seen the template, its status names the one before.
  const isObserved = (status?.observedGeneration ?? 0) >= identity(workload).generation;
  return isObserved ? status?.updateRevision : undefined;
}

/** Whether a StatefulSet's pod was made from the template of that name. */
export function isOfRevision(
  { metadata }: { metadata?: { labels?: Record<string, string> } },
  revision: string,
): boolean {
  return metadata?.labels?.[HASH] === revision;
}

/** How many of a StatefulSet's pods keep the version before: those with an ordinal below its partition. */
export function keptByPartition({ spec }: Workload): number {
  return Math.min(spec?.updateStrategy?.rollingUpdate?.partition ?? 0, spec?.replicas ?? 1);
}

/**
 * How many pods a rollout waits for one after another: a StatefulSet begins with the next when one has stayed ready
 * (kubernetes.io: "StatefulSets", "Rolling Updates"), a Deployment may take all at once.
 */
export function oneAfterAnother(workload: Workload): number {
  const { replicas = 1, updateStrategy } = workload.spec ?? {};
  if (!isStatefulSet(workload) || updateStrategy?.rollingUpdate?.maxUnavailable !== undefined) return 1;
  return Math.max(1, replicas - keptByPartition(workload));
}

/** Whether the partition keeps this pod at the version that it has, by its ordinal. */
export function isKept({ spec }: Workload, pod: Pod): boolean {
  const { partition = 0 } = spec?.updateStrategy?.rollingUpdate ?? {};
  const ordinal = Number(identity(pod).name.split('-').at(-1));
  return partition > 0 && ordinal < (spec?.ordinals?.start ?? 0) + partition;
}

/**
 * Whether a pod that does not come up stops the StatefulSet for good: it waits for that pod, also where the template has been put
 * back meanwhile (kubernetes.io: "Forced rollback"; measured on 1.34). Under the policy Parallel it goes on by itself.
 */
export function waitsForBroken({ spec }: Workload): boolean {
  return spec?.podManagementPolicy === 'OrderedReady';
}

/** Why a rollout of this StatefulSet would update no pod; undefined where it would. */
export function standstill(workload: Workload, where: { deployment: string; namespace: string }): Problem | undefined {
  const { replicas = 1, updateStrategy } = workload.spec ?? {};
  if (updateStrategy?.type === 'OnDelete') return problem('workload.on-delete', where);
  const { partition = 0 } = updateStrategy?.rollingUpdate ?? {};
  return partition > 0 && partition >= replicas
    ? problem('workload.partition', { ...where, partition, replicas })
    : undefined;
}
