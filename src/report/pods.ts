import { parseReference } from '../image/reference';
import { identity, type Pod } from '../kubectl/objects';
import { hasLetOldGo, isReady, newPods, oldPods, type Snapshot, type Target } from '../rollout/snapshot';
import { troubleOf } from '../rollout/trouble';
import { keptByPartition } from '../workload/stateful';
import type { PodRow } from './report';

/** `sha256:` and what is enough to recognise a digest by. */
const DIGEST_CHARACTERS = 7 + 12;

/** The pods of a look at the cluster as rows of the report, new ones first. */
export function podRows(
  snapshot: Snapshot,
  target: Pick<Target, 'restartsBefore' | 'container'>,
  /** Which version the workload's template is. */
  current: 'new' | 'old' = 'new',
): PodRow[] {
  const [ofCurrent, others] = [newPods(snapshot), oldPods(snapshot)];
  const isGoing = (pod: Pod) =>
    pod.metadata?.deletionTimestamp !== undefined || (others.includes(pod) && hasLetOldGo(snapshot));
  const labels = labelsOf(ofCurrent, others, target.container);
  const row = (version: PodRow['version']) => (pod: Pod) => ({
    name: identity(pod).name,
    version,
    ...(labels && { label: labels(pod) }),
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

/** What tells the two versions apart where pods of both are there: their tags, else the beginnings of their digests. */
function labelsOf(ours: readonly Pod[], others: readonly Pod[], container: string): ((pod: Pod) => string) | undefined {
  const imageOf = ({ spec }: Pod) =>
    parseReference(spec?.containers.find(({ name }) => name === container)?.image ?? '').value;
  const byTag = (pod: Pod) => imageOf(pod)?.tag ?? '';
  const byDigest = (pod: Pod) => imageOf(pod)?.digest?.slice(0, DIGEST_CHARACTERS) ?? '';
  return [byTag, byDigest].find((label) => {
    const [one, other] = [new Set(ours.map(label)), new Set(others.map(label))];
    return (
      one.size > 0 && other.size > 0 && !one.has('') && !other.has('') && ![...one].some((each) => other.has(each))
    );
  });
}
