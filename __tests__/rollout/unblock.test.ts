import { Cluster } from '../../src/kubectl/client';
import { identity } from '../../src/kubectl/objects';
import type { Snapshot } from '../../src/rollout/snapshot';
import { brokenPods, EARLIER_MS, type InTheWay, Unblocker } from '../../src/rollout/unblock';
import { revisionOf } from '../../src/workload/stateful';
import { type Answer, FakeTransport } from '../fakes/transport';
import { ManualClock } from '../transport/manual-clock';
import { ourWrite, recording } from './replay';

const looks = recording('statefulset-back');
const bad = looks.slice(ourWrite(looks).index).find(({ workload }) => workload && revisionOf(workload) !== undefined);
const failed = (bad?.workload && revisionOf(bad.workload)) ?? '';
const stuck = looks.find((look) => brokenPods(look, failed).length > 0);
if (!stuck) throw new Error('the recording has no look at a StatefulSet that waits');
const [pod] = brokenPods(stuck, failed);

const turns = async (count = 30) => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
};

const OF_FAILED: InTheWay = { namespace: 'ns', failed, graceMs: 0 };

function unblocking(...answers: Answer[]) {
  return unblockingAll(OF_FAILED, ...answers);
}

function unblockingAll(of: InTheWay, ...answers: Answer[]) {
  const clock = new ManualClock();
  const transport = new FakeTransport(() => answers.shift() ?? { stdout: '{}' }, clock);
  const over = new AbortController();
  const unblocker = new Unblocker(new Cluster(transport, ['kubectl']), clock, of);
  const ended = unblocker.follow((): Snapshot => stuck as Snapshot, over.signal);
  const stop = async () => {
    over.abort();
    await ended;
  };
  return { clock, transport, unblocker, ended, stop };
}

it('the broken pod is ended, once, and only this very one', async () => {
  const { clock, transport, unblocker, stop } = unblocking();
  await turns();
  clock.pass(1_000);
  await turns();
  await stop();
  expect(transport.commands).toHaveLength(1);
  const [{ argv, stdin = '', effect } = { argv: [] }] = transport.commands;
  expect(argv).toEqual([
    ...['kubectl', 'delete', '--raw', '/api/v1/namespaces/ns/pods/app-1', '--filename=-', '--request-timeout=15s'],
  ]);
  expect(JSON.parse(stdin)).toMatchObject({ kind: 'DeleteOptions', preconditions: { uid: pod && identity(pod).uid } });
  expect(effect).toBe('change');
  expect(unblocker.blocked).toBeUndefined();
});

it('a right that is missing ends it, with the name of the pod', async () => {
  const stderr = 'Error from server (Forbidden): pods "app-1" is forbidden: User "x" cannot delete resource "pods"';
  const { transport, unblocker, ended } = unblocking({ code: 1, stderr });
  await ended;
  expect(unblocker.blocked).toMatchObject({ pod: 'app-1', detail: expect.stringContaining('cannot delete') });
  expect(unblocker.signal.aborted).toBe(true);
  expect(transport.commands).toHaveLength(1);
});

it.each<[string, Answer]>([
  ['a lost connection', 'lost'],
  ['an API server that is away', { code: 1, stderr: 'The connection to the server 1.2.3.4:6443 was refused' }],
])('after %s it is tried again', async (_, answer) => {
  const { clock, transport, unblocker, stop } = unblocking(answer);
  await turns();
  expect(unblocker.blocked).toBeUndefined();
  clock.pass(1_000);
  await turns();
  await stop();
  expect(transport.commands).toHaveLength(2);
});

it('one of an earlier version has its time to come up by itself, and then gives way to the new one', async () => {
  const { clock, transport, stop } = unblockingAll({ namespace: 'ns', graceMs: EARLIER_MS });
  const seconds = async (count: number) => {
    for (let second = 0; second < count; second++) {
      clock.pass(1_000);
      await turns();
    }
  };
  await turns();
  await seconds(29);
  expect(transport.commands).toHaveLength(0);
  await seconds(2);
  await stop();
  expect(transport.commands.map(({ argv }) => argv[3])).toEqual(['/api/v1/namespaces/ns/pods/app-1']);
});

it('one that a partition keeps is left alone', () => {
  const kept = structuredClone(stuck);
  if (kept.workload?.spec)
    kept.workload.spec.updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } };
  expect(brokenPods(kept)).toEqual([]);
  expect(brokenPods(stuck)).toHaveLength(1);
});
