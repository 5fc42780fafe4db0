import { Cluster, KubectlError } from '../../src/kubectl/client';
import type { Pod } from '../../src/kubectl/objects';
import type { Observer } from '../../src/rollout/observe';
import { type Target, templateOf } from '../../src/rollout/snapshot';
import type { Verdict } from '../../src/rollout/verdict';
import { PathCheck } from '../../src/rollout/verify';
import { WaitingPods } from '../../src/rollout/waiting';
import { watchRollout } from '../../src/rollout/watch';
import { type Answer, FakeTransport } from '../fakes/transport';
import { ManualClock } from '../transport/manual-clock';
import { deployment, OLD_IMAGE } from '../workload/deployment';
import { APP, podOf, snapshotOf, status, waiting } from './cluster';

const settle = () => new Promise((resolve) => setImmediate(resolve));
const spec = { containers: [{ name: APP, image: OLD_IMAGE }] };
const refused = 'The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?';

const TARGET: Target = {
  uid: deployment().metadata.uid ?? '',
  generation: 3,
  template: templateOf(deployment()),
  container: APP,
  image: OLD_IMAGE,
  restartsBefore: {},
  timeoutMs: 300_000,
  maxRestarts: 2,
};
/** One new pod of one is there, and the old one still is. */
const workload = deployment((draft) =>
  Object.assign(draft.status, { replicas: 2, updatedReplicas: 1, availableReplicas: 1 }),
);
const broken = podOf('broken', {
  spec,
  status: {
    phase: 'Pending',
    containerStatuses: [status(waiting('CreateContainerConfigError', 'secret "database" not found'))],
  },
});
const ready = podOf('ready', {
  spec,
  status: {
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [status({ ready: true, state: { running: {} } })],
  },
});

interface Scene {
  readonly pod: Pod;
  /** Why the cluster cannot be seen in this second, where it cannot. */
  readonly trouble?: (second: number) => KubectlError | undefined;
  /** What verify-path is answered in this second. */
  readonly answer?: (second: number) => Answer;
}

/** When a rollout of which nothing else is seen is judged, and how. */
async function judged({ pod, trouble = () => undefined, answer }: Scene): Promise<readonly [number, Verdict]> {
  const clock = new ManualClock();
  const second = () => clock.now() / 1_000;
  const cluster = new Cluster(new FakeTransport(() => answer?.(second()) ?? 'lost', clock), ['kubectl']);
  const observer = {
    snapshot: () => snapshotOf([pod], workload),
    trouble: () => trouble(second()),
    changed: (ms: number, signal: AbortSignal) => clock.sleep(ms, signal),
  } as unknown as Observer;
  const of = { namespace: 'ns', port: 80, path: '/up', hasReadinessProbe: true };
  let verdict: Verdict | undefined;
  void watchRollout(
    { ...TARGET, ...(answer && { verifyMs: 6_000 }) },
    {
      observer,
      clock,
      signal: new AbortController().signal,
      waiting: new WaitingPods(cluster, clock, 'ns'),
      onLook() {},
      ...(answer && { check: new PathCheck(cluster, clock, of) }),
    },
  ).then((watched) => {
    verdict = watched.verdict;
  });
  for (;;) {
    for (let turns = 0; turns < 4; turns++) await settle();
    if (verdict) return [second(), verdict];
    if (second() > 400) throw new Error('it does not end');
    clock.pass(1_000);
  }
}

describe('while the cluster cannot be seen', () => {
  const lost = new KubectlError('Lost', 'connection lost');

  it('no grace runs on: nobody knows whether it is so still', async () => {
    expect(await judged({ pod: broken })).toMatchObject([10, { kind: 'bad', cause: { code: 'config' } }]);
    expect(
      await judged({ pod: broken, trouble: (second) => (second >= 3 && second < 60 ? lost : undefined) }),
    ).toMatchObject([70, { kind: 'bad', cause: { code: 'config' } }]);
  });

  it('to the end, nothing is known', async () => {
    expect(await judged({ pod: broken, trouble: () => lost })).toMatchObject([
      300,
      { kind: 'unknown', why: 'no-contact' },
    ]);
  });

  it('what verify-path was answered before does not count either', async () => {
    const wrong = { code: 1, stderr: 'Error from server (InternalError): an error on the server ("no") has prevented' };
    expect(await judged({ pod: ready, answer: () => wrong })).toMatchObject([7, { cause: { code: 'verify' } }]);
    const isAway = (second: number) => second >= 2 && second < 30;
    const [seconds] = await judged({
      pod: ready,
      trouble: (second) => (isAway(second) ? new KubectlError('Unreachable', refused) : undefined),
      answer: (second) => (isAway(second) ? { code: 1, stderr: refused } : wrong),
    });
    expect(seconds).toBe(36);
  });

  it('an API server that restarts is no answer to verify-path, also where nothing else shows it', async () => {
    const [seconds, verdict] = await judged({ pod: ready, answer: () => ({ code: 1, stderr: refused }) });
    expect([seconds, verdict]).toMatchObject([300, { cause: { code: 'deadline' } }]);
  });
});
