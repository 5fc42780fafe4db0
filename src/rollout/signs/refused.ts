import { identity } from '../../kubectl/objects';
import { currentReplicaSet } from '../snapshot';
import { refuser } from '../wording';
import type { Look, Suspicion } from './sign';

/**
 * A rule says the same each time. The controller asks again after 5 ms, and after twice as long each time: for the twelfth time after
 * 10 s, and for the thirteenth after 20 s, so that nothing is learned in between.
 */
const RULE_MS = 12_000;
/** Characters that a generated name keeps of the owner's (k8s.io/apiserver/pkg/storage/names). */
const GENERATED_NAME = 58;
/** A webhook's own restart. */
const WEBHOOK_MS = 60_000;

/**
 * Pods that the cluster does not let the controller create: the workload's `ReplicaFailure` condition, whose message the
 * Deployment's controller takes from its newest ReplicaSet; of a StatefulSet, which has none, what its events say.
 */
export function refused({ snapshot, pods, releasedAfter }: Look): Suspicion[] {
  const { workload, said = {} } = snapshot;
  const condition = workload?.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
  const isShort = pods.length < (workload?.spec?.replicas ?? 1);
  const message = condition?.status === 'True' ? (condition.message ?? '') : workload && said[identity(workload).uid];
  if (message === undefined || !isShort) return [];
  // The controller tells of older ReplicaSets too, where the new one has no trouble.
  const [, refusedPod] = /^pods "([^"]+)"/.exec(message) ?? [];
  const own = currentReplicaSet(snapshot)?.metadata?.name;
  if (refusedPod !== undefined && own !== undefined && !refusedPod.startsWith(`${own}-`.slice(0, GENERATED_NAME)))
    return [];
  const by = refuser(message);
  const key = `refused/${by}`;
  const cause = { code: 'refused', by, message } as const;
  if (by === 'quota') {
    // The controller asks again after twice as long each time: what old pods gave back may be used as much later as it took.
    return [{ key, graceMs: RULE_MS + 2 * releasedAfter(key), cause }];
  }
  return [{ key, graceMs: by === 'rule' ? RULE_MS : WEBHOOK_MS, cause }];
}
