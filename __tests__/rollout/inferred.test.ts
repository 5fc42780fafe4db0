import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inferredReplicaSet } from '../../src/rollout/inferred';
import { currentReplicaSet, newPods, type Snapshot } from '../../src/rollout/snapshot';
import { recording } from './replay';

const NAMES = readdirSync(join(__dirname, '../fixtures/rollout')).map((file) => file.replace('.jsonl', ''));

/** As it was seen by who has not asked for the new ReplicaSet. */
function withoutCurrent(snapshot: Snapshot): Snapshot {
  const current = currentReplicaSet(snapshot);
  return { ...snapshot, replicaSets: snapshot.replicaSets.filter((each) => each !== current) };
}

describe('a ReplicaSet that was not asked for', () => {
  it.each(NAMES)('is the right one, or not known, all through the recording %s', (name) => {
    for (const snapshot of recording(name)) {
      const inferred = inferredReplicaSet(withoutCurrent(snapshot));
      if (!inferred) continue;
      const { metadata } = currentReplicaSet(snapshot) ?? {};
      expect([inferred.metadata?.name, inferred.metadata?.uid]).toEqual([metadata?.name, metadata?.uid]);
    }
  });

  const shown = recording('good').find((each) => newPods(each).length > 0) as Snapshot;

  it('is known from its first pod, and stands for the same new pods', () => {
    const inferred = inferredReplicaSet(withoutCurrent(shown));
    expect(inferred).toBeDefined();
    const replicaSets = [...withoutCurrent(shown).replicaSets, ...(inferred ? [inferred] : [])];
    expect(newPods({ ...shown, replicaSets })).toEqual(newPods(shown));
  });

  it.each<[string, (draft: Snapshot) => unknown]>([
    [
      'of another image',
      ({ workload }) => Object.assign(workload?.spec?.template.spec?.containers[0] ?? {}, { image: 'x' }),
    ],
    [
      'with other settings',
      ({ workload }) =>
        Object.assign(workload?.spec?.template.spec?.containers[0] ?? {}, { env: [{ name: 'A', value: 'b' }] }),
    ],
    [
      'from before a restart',
      ({ workload }) =>
        Object.assign(workload?.spec?.template.metadata ?? {}, {
          annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' },
        }),
    ],
    [
      'with one more init container',
      ({ workload }) =>
        Object.assign(workload?.spec?.template.spec ?? {}, { initContainers: [{ name: 'migrate', image: 'x' }] }),
    ],
    [
      'that belong to nobody',
      ({ pods }) => pods.map(({ metadata }) => Object.assign(metadata ?? {}, { ownerReferences: [] })),
    ],
    [
      'of another workload that has the same labels',
      ({ workload }) => Object.assign(workload?.metadata ?? {}, { name: 'other' }),
    ],
  ])('is not inferred from pods %s', (_, change) => {
    const draft = structuredClone(withoutCurrent(shown));
    change(draft);
    expect(inferredReplicaSet(draft)).toBeUndefined();
  });

  it('is not inferred where it was known before: that one is for another template', () => {
    const { pods, workload, replicaSets } = structuredClone(shown);
    Object.assign(workload?.spec?.template.metadata ?? {}, { labels: { app: 'app' } });
    expect(inferredReplicaSet({ pods, replicaSets, ...(workload && { workload }) })).toBeUndefined();
  });
});
