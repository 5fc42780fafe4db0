import { identity, type Pod } from '../../kubectl/objects';
import { isReady, oldPods } from '../snapshot';
import { isThrownOut } from '../trouble';
import { NODE_MS } from './pending';
import type { Look, Suspicion } from './sign';

/** A pod that was thrown out is replaced by another; the third that is thrown out shows that it does not fit. */
const EVICTIONS = 3;

/** What is not the new version's fault: pods thrown out of a node, a node that does not answer. */
export function foreign({ target, snapshot, pods }: Look): Suspicion[] {
  const thrownOut = pods.filter((pod) => isThrownOut(pod) && !target.restartsBefore[identity(pod).uid]);
  const last = thrownOut.at(-1);
  const evicted: Suspicion[] = [];
  if (last) {
    const { reason = 'Evicted', message = '' } = last.status ?? {};
    const trouble = { pod: identity(last).name, container: '', reason, message, restarts: 0 };
    const graceMs = thrownOut.length >= EVICTIONS ? 0 : Number.POSITIVE_INFINITY;
    evicted.push({ key: 'evicted', graceMs, cause: { code: 'evicted', count: thrownOut.length, trouble } });
  }
  // Old pods tell too: one that was never ready looks the same with a silent kubelet as with a running one.
  const silent = [...pods, ...oldPods(snapshot)].filter(isForgotten).map((pod): Suspicion => {
    const node = pod.spec?.nodeName ?? '';
    const cause = { code: 'node', node, pod: identity(pod).name, message: 'not-ready' } as const;
    return { key: `node/${node}`, graceMs: NODE_MS, cause };
  });
  return [...evicted, ...silent];
}

/**
 * Whether the pod's kubelet is silent: it has not taken the pod up, or the pod is "not ready" while all its containers are, which
 * is how the node controller marks the pods of a node that it hears nothing of (kubernetes.io: "Nodes").
 */
function isForgotten(pod: Pod): boolean {
  const { spec, status } = pod;
  if (isThrownOut(pod) || pod.metadata?.deletionTimestamp || spec?.nodeName === undefined) return false;
  if (status?.startTime === undefined) return true;
  const areContainersReady = status.conditions?.some(
    ({ type, status: value }) => type === 'ContainersReady' && value === 'True',
  );
  return areContainersReady === true && !isReady(pod) && (spec.readinessGates ?? []).length === 0;
}
