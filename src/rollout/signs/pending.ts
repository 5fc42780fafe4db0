import { identity } from '../../kubectl/objects';
import { isBeingSetUp } from '../snapshot';
import { isThrownOut, troublesOf } from '../trouble';
import type { PodTrouble } from '../verdict';
import { isAboutStorage, nodeTaint } from '../wording';
import type { Look, Suspicion } from './sign';

/** Somebody else's pod may go, a cluster's autoscaler may bring a node. */
const NO_ROOM_MS = 60_000;
/** A volume that is made on demand. */
const CLAIM_MS = 90_000;
/** A volume may have to come loose from another node first; the failure is looked for 10 s after it began at the soonest. */
const SETUP_MS = 110_000;
export const NODE_MS = 120_000;

/** Pods that no node takes, or whose volumes and network are not set up. */
export function pending({ target, snapshot, pods, releasedAfter }: Look): Suspicion[] {
  return pods.flatMap((pod): Suspicion[] => {
    const name = pod.metadata?.name ?? '';
    const [trouble] = troublesOf(pod, target);
    if (trouble?.container === '' && !isThrownOut(pod)) {
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
    const failure = snapshot.said?.[identity(pod).uid];
    if (failure === undefined || !isBeingSetUp(pod)) return [];
    const stuck: PodTrouble = { pod: name, container: '', reason: 'ContainerCreating', message: failure, restarts: 0 };
    return [{ key: `setup/${name}`, graceMs: SETUP_MS, cause: { code: 'setup', trouble: stuck } }];
  });
}
