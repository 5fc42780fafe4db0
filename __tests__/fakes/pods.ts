import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { ContainerStatus, Pod } from '../../src/kubectl/objects';

/** What becomes of a pod with a certain image. */
export type Fate = 'serves' | 'crashes' | 'no-node';

interface Made {
  readonly name: string;
  readonly uid: string;
  readonly owner: { readonly kind: 'ReplicaSet' | 'StatefulSet'; readonly name: string; readonly uid: string };
  readonly labels?: Record<string, string>;
  readonly template: PodTemplateSpec | undefined;
  readonly fate: Fate;
}

/** A pod to which its fate has come already. */
export function podOf({ name, uid, owner, labels, template, fate }: Made): Pod {
  const containers = template?.spec?.containers ?? [];
  return {
    metadata: {
      name,
      uid,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(labels && { labels }),
      ownerReferences: [{ apiVersion: 'apps/v1', ...owner, controller: true }],
    },
    spec: { containers, ...(fate !== 'no-node' && { nodeName: 'one' }) },
    status: statusOf(
      fate,
      containers.map((each) => each.name),
    ),
  };
}

export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') ?? false;
}

function statusOf(fate: Fate, names: readonly string[]): NonNullable<Pod['status']> {
  const each = (more: Partial<ContainerStatus>) =>
    names.map((name) => ({ name, image: 'i', imageID: '', ready: true, restartCount: 0, ...more }));
  const running = { state: { running: {} } };
  switch (fate) {
    case 'serves':
      return {
        phase: 'Running',
        startTime: '2026-01-01T00:00:00Z',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: each(running),
      };
    case 'crashes': {
      const lastState = { terminated: { exitCode: 1, reason: 'Error' } };
      const [first, ...others] = each(running);
      const crashing = { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState, restartCount: 3, ready: false };
      return {
        phase: 'Running',
        startTime: '2026-01-01T00:00:00Z',
        containerStatuses: [...(first ? [{ ...first, ...crashing }] : []), ...others],
      };
    }
    case 'no-node': {
      const message = '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.';
      return {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
      };
    }
    default:
      return fate satisfies never;
  }
}
