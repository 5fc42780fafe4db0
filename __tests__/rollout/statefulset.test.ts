import { Cluster } from '../../src/kubectl/client';
import { identity } from '../../src/kubectl/objects';
import { podRows } from '../../src/report/pods';
import { servingIn } from '../../src/rollout/ending';
import { newPods, oldPods, type Snapshot, templateOf } from '../../src/rollout/snapshot';
import { brokenPods } from '../../src/rollout/unblock';
import { WaitingPods } from '../../src/rollout/waiting';
import { isComplete, obstacle } from '../../src/workload/inspect';
import { revisionOf } from '../../src/workload/stateful';
import { FakeTransport } from '../fakes/transport';
import { ManualClock } from '../transport/manual-clock';
import { type Look, ourWrite, recording, replay } from './replay';

/** Recorded on 1.34: two pods, `podManagementPolicy: OrderedReady` where the name says nothing else. */
const good = recording('statefulset-good');
/** A version that crashes; 25 s later the template of before; half a minute after that the broken pod is deleted by hand. */
const back = recording('statefulset-back');
const parallelBack = recording('statefulset-parallel-back');

/** With a partition, as the API server would have it. */
const partitioned = (looks: readonly Look[], partition: number): Look[] =>
  structuredClone(looks).map((look) => {
    const { spec } = look.workload ?? {};
    if (spec) spec.updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition } };
    return look;
  });

const namesOf = (pods: ReturnType<typeof newPods>) => pods.map((pod) => identity(pod).name);

/** The look with which the template of before is back, and the revision of the version that failed. */
function restored(looks: readonly Look[]): { index: number; failed: string } {
  const { index: bad } = ourWrite(looks);
  const template = (look: Snapshot | undefined) => look?.workload && templateOf(look.workload);
  const index = looks.findIndex((look, at) => at > bad && template(look) === template(looks[0]));
  const { workload } = looks[index - 1] ?? {};
  const failed = workload && revisionOf(workload);
  if (index < 0 || failed === undefined) throw new Error('nothing was put back');
  return { index, failed };
}

describe('a StatefulSet that is updated', () => {
  it('is good once all its pods are available with the new version, and not before', () => {
    const { index, target } = ourWrite(good);
    const judged = replay(good, target, index);
    const end = judged.at(-1);
    expect(end?.verdict).toEqual({
      kind: 'good',
      revision: good.at(-1)?.workload?.status?.updateRevision,
      progress: { desired: 2, updated: 2, ready: 2, available: 2, old: 0 },
    });
    const waits = judged.slice(0, -1).map(({ verdict }) => verdict.kind === 'waiting' && verdict.waitingFor);
    expect(new Set(waits)).toEqual(new Set(['pods', 'ready', 'soak']));
    // minReadySeconds is 2, for one pod after the other.
    expect(end?.ms).toBeGreaterThan(4_000);
  });

  it('is not good while the controller does not say that the update is over', () => {
    const { index, target } = ourWrite(good);
    const looks = structuredClone(good);
    for (const { workload } of looks) if (workload?.status) workload.status.currentRevision = 'app-old';
    expect(replay(looks, target, index).every(({ verdict }) => verdict.kind === 'waiting')).toBe(true);
  });

  it('that crashes is judged by its new pod, while the other one is old', () => {
    const { index, target } = ourWrite(back);
    const end = replay(back, target, index).at(-1);
    expect(end?.verdict).toMatchObject({
      kind: 'bad',
      cause: { code: 'crash', trouble: { pod: 'app-1', container: 'app', restarts: 2 } },
    });
    expect(end?.ms).toBeLessThan(25_000);
  });

  it('has no new pods until the controller has seen the template: its status names the revision before', () => {
    const { workload, ...rest } = good.at(-1) ?? { replicaSets: [], pods: [] };
    const look = { ...rest, workload: { ...workload, metadata: { ...workload?.metadata, generation: 99 } } };
    expect(newPods(look)).toEqual([]);
    expect(namesOf(oldPods(look))).toEqual(['app-0', 'app-1']);
  });
});

describe('a StatefulSet that is put back', () => {
  it('is held up by its broken pod, which is the one that has to go', () => {
    const { index, failed } = restored(back);
    const later = back.slice(index).filter(({ workload }) => workload && revisionOf(workload) !== undefined);
    const broken = later.map((look) => namesOf(brokenPods(look, failed)));
    expect(broken.findIndex((names) => names.length === 0)).toBeGreaterThan(0);
    expect(new Set(broken.flat())).toEqual(new Set(['app-1']));
    const last = later.at(-1) ?? { replicaSets: [], pods: [] };
    expect(namesOf(brokenPods(last, failed))).toEqual([]);
    expect(namesOf(newPods(last))).toEqual(['app-0', 'app-1']);
  });

  it('is not good while its broken pod is there, though the pod that its partition keeps has the version of before', () => {
    const looks = partitioned(back, 1);
    const { index, failed } = restored(looks);
    const { target } = ourWrite(looks.slice(index - 1));
    const isStuck = (look: Look) => brokenPods(look, failed).length > 0;
    const ended = looks.findLastIndex(isStuck);
    const judged = replay(looks, target, index).at(-1);
    const since = (look: Look | undefined) => (look?.ms ?? 0) - (looks[index]?.ms ?? 0);
    expect(since(looks[ended])).toBeGreaterThan(20_000);
    expect(judged?.verdict).toMatchObject({ kind: 'good', progress: { desired: 1, updated: 1, ready: 1, old: 1 } });
    expect(judged?.ms).toBeGreaterThan(since(looks[ended]));
  });

  it('has nothing to end while its template is that of the version that failed', () => {
    const { index, failed } = restored(back);
    expect(back.slice(0, index).flatMap((look) => brokenPods(look, failed))).toEqual([]);
  });

  it('goes on by itself under the policy Parallel', () => {
    const { index, failed } = restored(parallelBack);
    const since = parallelBack[index]?.ms ?? 0;
    const late = parallelBack.filter(({ ms }) => ms > since + 5_000);
    expect(late.length).toBeGreaterThan(0);
    expect(late.flatMap((look) => brokenPods(look, failed))).toEqual([]);
  });
});

describe('a StatefulSet with a partition', () => {
  const looks = partitioned(good, 1);
  const { index, target } = ourWrite(looks);
  const end = replay(looks, target, index).at(-1);

  it('is good once the pods above it have the new version, and the others the old one', () => {
    expect(end?.verdict).toMatchObject({
      kind: 'good',
      progress: { desired: 1, updated: 1, ready: 1, available: 1, old: 1 },
    });
  });

  it('is served by both, and users are told so', () => {
    const split = looks.findLast(({ ms }) => ms - (looks[index]?.ms ?? 0) <= (end?.ms ?? 0));
    // There was no partition when it was recorded, so that the old pod was told to go just then.
    const pods = split?.pods.map(({ metadata, ...pod }) => {
      const { deletionTimestamp: _, ...stays } = metadata ?? {};
      return { ...pod, metadata: stays };
    });
    expect(split && pods && servingIn({ ...split, pods }, { current: 'new' })).toBe('split');
  });

  it.each([
    ['all old pods are there that it keeps', 1, true],
    ['none need be old', 0, false],
  ])('is complete where %s', (_, partition, expected) => {
    const split = partitioned(good, partition).findLast(({ ms }) => ms - (looks[index]?.ms ?? 0) <= (end?.ms ?? 0));
    expect(split?.workload && isComplete(split.workload)).toBe(expected);
  });
});

it('a StatefulSet is complete once its first pods are available, and again after its update', () => {
  const complete = good.map(({ workload }) => workload !== undefined && isComplete(workload));
  const changes = complete.filter((is, at) => is !== complete[at - 1]);
  expect(changes).toEqual([false, true, false, true]);
});

describe('a StatefulSet of which no pod would be updated', () => {
  it.each<[string, object, string | undefined]>([
    ['OnDelete', { type: 'OnDelete' }, 'workload.on-delete'],
    ['a partition of all pods', { type: 'RollingUpdate', rollingUpdate: { partition: 2 } }, 'workload.partition'],
    ['a partition of more than all pods', { rollingUpdate: { partition: 7 } }, 'workload.partition'],
    ['a partition of some', { type: 'RollingUpdate', rollingUpdate: { partition: 1 } }, undefined],
    ['none', { type: 'RollingUpdate' }, undefined],
  ])('is refused: %s', (_, updateStrategy, code) => {
    const { workload } = structuredClone(good.at(-1)) ?? {};
    if (!workload?.spec) throw new Error('no workload');
    workload.spec.updateStrategy = updateStrategy;
    const found = obstacle(workload, 'ns');
    expect(found?.code).toBe(code);
    if (found) expect(found.params).toMatchObject({ deployment: 'statefulset/app', namespace: 'ns' });
  });
});

describe('a StatefulSet whose next pod the cluster refuses', () => {
  const { index, target } = ourWrite(good);
  /** Its old pod has gone, and none has come in its place. */
  const seen = good.slice(index).find(({ workload }) => workload && revisionOf(workload) !== undefined);
  const { updatedReplicas: _, ...status } = seen?.workload?.status ?? {};
  const workload = { ...seen?.workload, status: { ...status, replicas: 1, readyReplicas: 1, availableReplicas: 1 } };
  const short: Look = {
    ms: 0,
    workload,
    replicaSets: [],
    pods: seen?.pods.filter((pod) => identity(pod).name === 'app-0') ?? [],
  };
  const { uid } = identity(workload);
  const refusal =
    'create Pod app-1 in StatefulSet app failed error: pods "app-1" is forbidden: exceeded quota: q, requested: limits.memory=5Mi, used: limits.memory=0, limited: limits.memory=1Mi';

  it('is bad soon: its events say why', () => {
    const end = replay([{ ...short, said: { [uid]: refusal } }], target, 0, 30_000).at(-1);
    expect(end?.verdict).toMatchObject({ kind: 'bad', cause: { code: 'refused', by: 'quota', message: refusal } });
    expect(end?.ms).toBe(12_000);
  });

  it('is only waited for where they do not', () => {
    expect(replay([short], target, 0, 30_000).at(-1)?.verdict.kind).toBe('waiting');
  });

  it('has them read after a while, the last one said counts, and is forgotten once the pod is there', async () => {
    const event = (message: string, lastTimestamp: string) => ({
      metadata: {},
      reason: 'FailedCreate',
      message,
      lastTimestamp,
    });
    const items = [event(refusal, '2026-01-01T00:00:09Z'), event('earlier', '2026-01-01T00:00:01Z')];
    const clock = new ManualClock();
    const transport = new FakeTransport(() => ({ stdout: JSON.stringify({ metadata: {}, items }) }), clock);
    const waiting = new WaitingPods(new Cluster(transport, ['kubectl']), clock, 'ns');
    const over = new AbortController();
    let look: Snapshot = { ...short, pods: [] };
    const ended = waiting.follow(() => look, over.signal);
    const pass = async (seconds: number) => {
      for (let at = 0; at < seconds; at++) {
        clock.pass(1_000);
        for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      }
    };
    await pass(10);
    expect(waiting.said).toEqual({});
    await pass(10);
    expect(waiting.said).toEqual({ [uid]: refusal });
    look = good.at(-1) ?? look;
    await pass(5);
    expect(waiting.said).toEqual({});
    over.abort();
    await ended;
  });
});

it('the pods that a partition keeps are old ones in the report, also once a failed version is taken back', () => {
  const { index, failed } = restored(back);
  const looks = partitioned(back, 1);
  // Kept at a version before both: neither of those that this run has seen.
  const look = structuredClone(looks.slice(index).find((each) => brokenPods(each, failed).length > 0));
  const [kept] = look?.pods.filter((pod) => identity(pod).name === 'app-0') ?? [];
  if (!look || !kept?.metadata) throw new Error('no look');
  kept.metadata.labels = { 'controller-revision-hash': 'app-before' };
  const rows = podRows(look, { container: 'app', restartsBefore: { [identity(kept).uid]: {} } }, 'old');
  expect(rows.map(({ name, version }) => [name, version])).toEqual([
    ['app-1', 'new'],
    ['app-0', 'old'],
  ]);
});
