import { identity, type Pod } from '../kubectl/objects';
import { hasLetOldGo, isReady, newPods, oldPods, type Snapshot, type Target } from '../rollout/snapshot';
import { troubleOf } from '../rollout/trouble';
import { keptByPartition } from '../workload/stateful';
import type { PodRow } from './report';

/** The pods of a look at the cluster as rows of the report, new ones first. */
export function podRows(
  snapshot: Snapshot,
  target: Pick<Target, 'restartsBefore'>,
  /** Which version the workload's template is. */
  current: 'new' | 'old' = 'new',
): PodRow[] {
  const [ofCurrent, others] = [newPods(snapshot), oldPods(snapshot)];
  const isGoing = (pod: Pod) =>
    pod.metadata?.deletionTimestamp !== undefined || (others.includes(pod) && hasLetOldGo(snapshot));
  const row = (version: PodRow['version']) => (pod: Pod) => ({
    name: identity(pod).name,
    version,
    ready: isReady(pod),
    restarts: (pod.status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0),
    state: isGoing(pod) ? 'Terminating' : (troubleOf(pod, target)?.reason ?? pod.status?.phase ?? ''),
  });
  // A StatefulSet's partition keeps pods that are of neither version: they were there before.
  const isKept = (pod: Pod) =>
    snapshot.workload !== undefined &&
    keptByPartition(snapshot.workload) > 0 &&
    target.restartsBefore[identity(pod).uid] !== undefined;
  const [ours, theirs] =
    current === 'new'
      ? [ofCurrent, others]
      : [others.filter((pod) => !isKept(pod)), [...ofCurrent, ...others.filter(isKept)]];
  return [...ours.map(row('new')), ...theirs.map(row('old'))];
}
