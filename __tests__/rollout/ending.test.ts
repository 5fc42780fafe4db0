import type { Pod } from '../../src/kubectl/objects';
import { servingIn } from '../../src/rollout/ending';
import type { Snapshot } from '../../src/rollout/snapshot';
import { podOf, replicaSetOf, snapshotOf } from './cluster';

const conditions = [{ type: 'Ready', status: 'True' }];
const other = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-0', uid: 'rs-0', controller: true }];

/** A pod of the template that the workload has, or of another. */
const pod = (of: 'current' | 'other', is: 'ready' | 'unready' | 'leaving' = 'ready'): Pod =>
  podOf(`${of}-${is}`, {
    metadata: {
      ...(of === 'other' && { ownerReferences: other }),
      ...(is === 'leaving' && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    status: is === 'unready' ? {} : { conditions },
  });

function seen(pods: readonly Pod[], replicas = 2): Snapshot {
  const snapshot = snapshotOf(pods);
  const { workload } = snapshot;
  const [current] = snapshot.replicaSets;
  const { metadata } = replicaSetOf(snapshot.workload ?? {});
  const old = { metadata: { ...metadata, name: 'web-0', uid: 'rs-0' }, spec: { selector: {} } };
  const status = { ...workload?.status, replicas, updatedReplicas: 1 };
  return { ...snapshot, workload: { ...workload, status }, replicaSets: [...(current ? [current] : []), old] };
}

describe('who answers requests', () => {
  it.each<['new' | 'old', string, Pod[]]>([
    ['new', 'new', [pod('current')]],
    ['old', 'old', [pod('current')]],
    ['new', 'old', [pod('other')]],
    ['old', 'new', [pod('other')]],
    ['new', 'both', [pod('current'), pod('other')]],
    ['old', 'both', [pod('current'), pod('other')]],
    ['new', 'old', [pod('current', 'unready'), pod('other')]],
    ['new', 'new', [pod('current'), pod('other', 'leaving')]],
    ['new', 'old', [pod('current', 'leaving'), pod('other')]],
    ['new', 'nobody', [pod('current', 'unready'), pod('other', 'leaving')]],
    ['old', 'nobody', []],
  ])('with the %s template, it is %s: %#', (current, serving, pods) =>
    expect(servingIn(seen(pods), { current })).toBe(serving),
  );

  it.each(['new', 'old'] as const)(
    'is the %s version where old pods are only seen no more to be on their way out',
    (current) => {
      const pods = [pod('current'), pod('other')];
      expect(servingIn(seen(pods, 1), { current })).toBe(current);
    },
  );
});
