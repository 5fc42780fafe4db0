import type { Pod } from '../../kubectl/objects';
import { newPods } from '../snapshot';
import { troublesOf } from '../trouble';
import type { PodTrouble } from '../verdict';
import { isAboutStorage, nodeTaint } from '../wording';
import type { Look, Suspicion } from './sign';

/** Somebody else's pod may go, a cluster's autoscaler may bring a node. */
const NO_ROOM_MS = 60_000;
/** A volume that is made on demand. */
const CLAIM_MS = 90_000;
/** A volume that has to come loose from another node first. */
const SETUP_MS = 120_000;
export const NODE_MS = 120_000;

/** Pods that no node takes, or whose volumes and network are not set up. */
export function pending({ target, snapshot, releasedAfter }: Look): Suspicion[] {
  return newPods(snapshot).flatMap((pod): Suspicion[] => {
    const name = pod.metadata?.name ?? '';
    const [trouble] = troublesOf(pod, target);
    if (trouble?.container === '' && pod.status?.phase !== 'Failed') {
      const taint = nodeTaint(trouble.message);
      if (taint !== undefined) {
        const cause = { code: 'node', node: '', pod: name, message: taint } as const;
        return [{ key: `node/${taint}`, graceMs: NODE_MS, cause }];
      }
      if (isAboutStorage(trouble.message)) {
        return [{ key: `claim/${name}`, graceMs: CLAIM_MS, cause: { code: 'claim', trouble } }];
      }
      const key = `no-room/${name}`;
      return [{ key, graceMs: NO_ROOM_MS + releasedAfter(key), cause: { code: 'no-room', trouble } }];
    }
    if (!isBeingSetUp(pod)) return [];
    const waiting: PodTrouble = { pod: name, container: '', reason: 'ContainerCreating', message: '', restarts: 0 };
    return [{ key: `setup/${name}`, graceMs: SETUP_MS, cause: { code: 'setup', trouble: waiting } }];
  });
}

/**
 * Whether the kubelet has taken the pod up and has not got its volumes and network ready (kubernetes.io: "Pod Lifecycle",
 * PodReadyToStartContainers, since 1.29). Afterwards the same "ContainerCreating" means that an image is being pulled, which may
 * take long.
 */
function isBeingSetUp({ status }: Pod): boolean {
  return (
    status?.startTime !== undefined &&
    (status.conditions?.some(({ type, status: value }) => type === 'PodReadyToStartContainers' && value === 'False') ??
      false)
  );
}
