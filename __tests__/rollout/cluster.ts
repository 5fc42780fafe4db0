import type { ContainerStatus, Deployment, Pod, ReplicaSet } from '../../src/kubectl/objects';
import type { Snapshot } from '../../src/rollout/snapshot';
import { deployment } from '../workload/deployment';

/** Objects as the API server gives them, made by hand: one Deployment, its ReplicaSet and that one's pods. */

export const APP = 'caring-note-api';

export function status(more: Partial<ContainerStatus> = {}): ContainerStatus {
  return { name: APP, image: 'i', imageID: '', ready: false, restartCount: 0, ...more };
}

export const waiting = (reason: string, message = ''): Pick<ContainerStatus, 'state'> => ({
  state: { waiting: { reason, ...(message !== '' && { message }) } },
});

export const ended = (reason: string, exitCode = 137) => ({ terminated: { reason, exitCode } });

export function replicaSetOf(workload: Deployment): ReplicaSet {
  const uid = workload.metadata?.uid ?? '';
  const template = workload.spec?.template;
  return {
    metadata: {
      name: 'web-1',
      uid: 'rs-1',
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: APP, uid, controller: true }],
    },
    spec: { selector: {}, ...(template && { template }) },
  };
}

export function podOf(name: string, more: Partial<Pod> = {}): Pod {
  return {
    spec: { containers: [] },
    ...more,
    metadata: {
      name,
      uid: `uid-${name}`,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'rs-1', controller: true }],
      ...more.metadata,
    },
  };
}

export function snapshotOf(pods: readonly Pod[], workload: Deployment = deployment()): Snapshot {
  return { workload, replicaSets: [replicaSetOf(workload)], pods };
}
