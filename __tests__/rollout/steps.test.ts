import type { Pod, ReplicaSet } from '../../src/kubectl/objects';
import { type Snapshot, templateOf } from '../../src/rollout/snapshot';
import { beginTelling, type Step, serving, stepsSince, waitOf } from '../../src/rollout/steps';
import type { WaitingFor } from '../../src/rollout/verdict';
import { deployment } from '../workload/deployment';
import { podOf, snapshotOf, status, waiting } from './cluster';
import { ourWrite, recording } from './replay';

/** All that a recording tells from a write of ours on (the first, where none is named), and how it stood at its end. */
function told(name: string, desired: number, write?: number): { steps: Step[]; end: Step } {
  const looks = recording(name);
  const index = write ?? ourWrite(looks).index;
  const [first, ...later] = looks.slice(Math.max(0, index - 1));
  if (!first) throw new Error('nothing was recorded');
  let known = beginTelling({ ...first, ...(looks[index]?.workload && { workload: looks[index].workload }) });
  const steps = later.flatMap((look) => {
    const since = stepsSince(known, look, desired);
    known = since.told;
    return since.steps;
  });
  const last = looks.at(-1) ?? first;
  return { steps, end: serving(known, last, { ready: desired, desired }) };
}

const did = ({ steps }: { steps: readonly Step[] }) =>
  steps.map((step) => `${step.did}${'last' in step ? ` ${step.last}/${step.of}` : ''}`);

const spec = { containers: [], nodeName: 'node-1' };
const old = (name: string, more: Pod['metadata'] = {}): Pod =>
  podOf(name, {
    spec,
    metadata: {
      ...more,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-0', uid: 'rs-0', controller: true }],
    },
  });
const ready = (name: string, more: Pod['status'] = {}): Pod =>
  podOf(name, { spec, status: { conditions: [{ type: 'Ready', status: 'True' }], ...more } });
const going = { deletionTimestamp: '2026-03-01T01:20:30Z' };

/** Pods of two versions. */
function both(...pods: Pod[]): Snapshot {
  const snapshot = snapshotOf(pods);
  const [current] = snapshot.replicaSets;
  if (!current) throw new Error('it has one');
  const before: ReplicaSet = {
    ...current,
    metadata: { ...current.metadata, name: 'web-0', uid: 'rs-0' },
    spec: { selector: {}, template: {} },
  };
  return { ...snapshot, replicaSets: [current, before] };
}

describe('what a rollout has done since it was told last', () => {
  it('is each pod that starts, is ready, and is told to stop', () => {
    const good = told('good', 2);
    expect(did(good)).toEqual([
      ...['starts 1/2', 'ready 1/2', 'stopping 1/2', 'starts 2/2', 'ready 2/2', 'stopping 2/2'],
    ]);
    expect(good.end).toEqual({ did: 'serves', ready: 2, of: 2, old: 'ended' });
    expect(did(told('drain-30s', 2))).toEqual(did(good));
    expect(did(told('scaled-during', 2))).toContain('starts 2/2');
  });

  it('begins with an old pod, where a StatefulSet is updated', () => {
    const { steps, end } = told('statefulset-good', 2);
    expect(did({ steps })).toEqual([
      ...['stopping 1/2', 'starts 1/2', 'ready 1/2', 'stopping 2/2', 'starts 2/2', 'ready 2/2'],
    ]);
    expect(end).toMatchObject({ old: 'ended' });
  });

  it('is nothing of the pods of a StatefulSet that kept their version, once that is put back', () => {
    const looks = recording('statefulset-back');
    const { index } = ourWrite(looks);
    const template = (look?: Snapshot) => look?.workload && templateOf(look.workload);
    const back = looks.findIndex((look, at) => at > index && template(look) === template(looks[0]));
    expect(did(told('statefulset-back', 2, back))).toEqual(['stopping 1/1', 'starts 2/2', 'ready 2/2']);
  });

  it('says how long a pod took from its creation, by the times of the cluster', () => {
    const { steps } = told('ready-after-60s', 1);
    expect(steps).toContainEqual({ did: 'ready', first: 1, last: 1, of: 1, seconds: [61, 61] });
  });

  it.each<[string, Pod['status'], Pod['metadata']]>([
    ['where nobody knows when', {}, {}],
    [
      'where the clocks of the cluster do not agree',
      { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-03-01T01:20:30Z' }] },
      { creationTimestamp: '2026-03-01T01:20:31Z' },
    ],
  ])('leaves out how long it took %s', (_, status, metadata) => {
    const pod = { ...ready('a', status), metadata: { ...ready('a').metadata, ...metadata } };
    expect(stepsSince(beginTelling(both()), both(pod), 1).steps).toEqual([{ did: 'ready', first: 1, last: 1, of: 1 }]);
  });

  it('is one step for many that did the same', () => {
    const before = beginTelling(both(old('x'), old('y')));
    const now = both(ready('a'), ready('b'), podOf('c', { spec }), old('x', going));
    expect(stepsSince(before, now, 3).steps).toEqual([
      { did: 'ready', first: 1, last: 2, of: 3 },
      { did: 'stopping', first: 1, last: 2, of: 2 },
      { did: 'starts', first: 3, last: 3, of: 3, nodes: ['node-1'] },
    ]);
  });

  it('is nothing where the same is seen again, or what was there before', () => {
    const seen = both(ready('a'), old('x', going));
    expect(stepsSince(beginTelling(seen), seen, 2).steps).toEqual([]);
    const since = stepsSince(beginTelling(both()), seen, 2);
    expect(stepsSince(since.told, seen, 2).steps).toEqual([]);
  });

  it('is a pull, once, and the slowest of several', () => {
    const pods = [ready('a'), ready('b')];
    const [quick, slow] = [5_000, 9_000].map((ms) => ({ ms, waitedMs: 0 }));
    const before = stepsSince(beginTelling(both()), both(...pods), 2).told;
    const pulled = { ...both(...pods), ...(quick && slow && { pulled: { 'uid-a': quick, 'uid-b': slow } }) };
    const since = stepsSince(before, pulled, 2);
    expect(since.steps).toEqual([{ did: 'pulled', pull: slow }]);
    expect(stepsSince(since.told, pulled, 2).steps).toEqual([]);
  });

  it('counts no pod that the node threw out', () => {
    const thrownOut = { phase: 'Failed', reason: 'Evicted' };
    const before = beginTelling(both({ ...old('x'), status: thrownOut }));
    expect(stepsSince(before, both(podOf('a', { spec, status: thrownOut })), 1).steps).toEqual([]);
  });

  it('ends with how many old pods there are still', () => {
    const READY = { ready: 1, desired: 1 };
    const before = beginTelling(both(old('x'), old('y')));
    const draining = both(ready('a'), old('x', going), old('y', going));
    expect(serving(before, draining, READY)).toMatchObject({ old: 2 });
    expect(serving(beginTelling(both()), both(ready('a')), READY)).toMatchObject({ old: 'none' });
    // Such as what a partition keeps: they neither end nor have ended.
    const workload = deployment(({ status }) => Object.assign(status, { replicas: 3, updatedReplicas: 1 }));
    const kept = { ...both(ready('a'), old('x'), old('y')), workload };
    expect(serving(beginTelling(kept), kept, READY)).toMatchObject({ old: 'none' });
  });
});

describe('what is waited for', () => {
  const unready = (more: Parameters<typeof status>[0]) =>
    podOf('a', { spec, status: { phase: 'Pending', startTime: 'x', containerStatuses: [status(more)] } });
  const ended = { terminated: { exitCode: 1 } };
  it.each<[string, WaitingFor, Pod[]]>([
    ['pods', 'pods', []],
    ['old-ending', 'pods', [old('x', going)]],
    ['node', 'ready', [podOf('a')]],
    ['set-up', 'ready', [unready(waiting('ContainerCreating'))]],
    ['program', 'ready', [ready('b'), unready({ state: { running: {} }, lastState: ended })]],
    ['restart', 'ready', [unready({ ...waiting('CrashLoopBackOff'), lastState: ended })]],
    ['restart', 'ready', [unready({ state: ended })]],
    ['ready', 'ready', [unready(waiting('ErrImagePull'))]],
    ['soak', 'soak', [unready({ state: { running: {} } })]],
  ])('is %s, where the judge waits for "%s"', (wait, waitingFor, pods) => {
    expect(waitOf(waitingFor, both(...pods))).toBe(wait);
  });

  it('is the node, while the recorded one pulls an image', () => {
    const looks = recording('slow-image-pull');
    const { index } = ourWrite(looks);
    expect(looks.slice(index, index + 2).map((look) => waitOf('ready', look))).toEqual(['set-up', 'set-up']);
  });
});
