import fc from 'fast-check';
import { beginJudging, judge } from '../../src/rollout/judge';
import { currentReplicaSet, type Snapshot } from '../../src/rollout/snapshot';
import { type Look, ourWrite, recording, replay } from './replay';

/** Judges a recorded condition from our write on; after its last look nothing changes any more. */
function judged(name: string, timeoutMs: number, more: (look: Look) => Partial<Snapshot> = () => ({})) {
  const looks = recording(name).map((look) => ({ ...look, ...more(look) }));
  const { index, target } = ourWrite(looks);
  const all = replay(looks, { ...target, timeoutMs }, index, timeoutMs + 1_000);
  const end = all.find(({ verdict }) => verdict.kind !== 'waiting');
  return { looks, index, target, seconds: (end?.ms ?? Number.NaN) / 1_000, verdict: end?.verdict };
}

/** A condition, what the judge says, and between which seconds after the change. The recordings are of a busy machine. */
const BAD: [string, object, from: number, to: number][] = [
  ['image-not-found', { code: 'pull', fault: 'not-found' }, 10, 60],
  ['pull-denied', { code: 'pull', fault: 'denied' }, 10, 60],
  ['pull-secret-never-there', { code: 'pull', fault: 'denied' }, 10, 60],
  ['pull-rate-limit', { code: 'pull', fault: 'rate-limit' }, 90, 100],
  ['registry-down', { code: 'pull', fault: 'network' }, 180, 190],
  ['image-without-command', { code: 'start', trouble: { endedBy: 'StartError' } }, 1, 20],
  ['image-without-entrypoint', { code: 'start', trouble: { reason: 'CreateContainerError' } }, 10, 20],
  ['command-not-executable', { code: 'start', trouble: { endedBy: 'StartError' } }, 1, 20],
  ['exec-format', { code: 'crash', trouble: { restarts: 2 } }, 10, 40],
  ['wrong-platform', { code: 'crash', trouble: { restarts: 2 } }, 10, 40],
  ['crash-at-once', { code: 'crash', trouble: { restarts: 2, exitCode: 1 } }, 10, 40],
  ['crash-after-15s', { code: 'crash', trouble: { restarts: 2, exitCode: 1 } }, 45, 75],
  ['init-container-fails', { code: 'crash', trouble: { container: 'migrate', isInit: true, exitCode: 3 } }, 10, 40],
  ['oom-killed', { code: 'oom', trouble: { endedBy: 'OOMKilled', restarts: 1 } }, 1, 30],
  ['liveness-kills', { code: 'crash', trouble: { exitCode: 0 } }, 10, 60],
  ['startup-probe-never', { code: 'crash', trouble: { exitCode: 0 } }, 10, 60],
  ['secret-missing', { code: 'config', trouble: { message: 'secret "database" not found' } }, 10, 20],
  ['secret-key-missing', { code: 'config' }, 10, 20],
  ['configmap-missing', { code: 'config' }, 10, 20],
  ['no-room', { code: 'no-room', trouble: { reason: 'Unschedulable' } }, 60, 65],
  ['node-selector', { code: 'no-room', trouble: { reason: 'Unschedulable' } }, 60, 65],
  ['claim-missing', { code: 'claim' }, 90, 95],
  ['quota-exceeded', { code: 'refused', by: 'quota' }, 12, 20],
  ['limit-range', { code: 'refused', by: 'rule' }, 12, 20],
  ['pod-security', { code: 'refused', by: 'rule' }, 12, 20],
  ['policy-denies', { code: 'refused', by: 'rule' }, 12, 20],
  ['webhook-denies', { code: 'refused', by: 'rule' }, 12, 20],
  ['service-account-missing', { code: 'refused', by: 'rule' }, 12, 20],
  ['webhook-unreachable', { code: 'refused', by: 'webhook-away' }, 60, 65],
];

const GOOD = [
  'plain',
  'crash-twice-then-ok',
  'ready-after-60s',
  'registry-away-15s',
  'drain-30s',
  'webhook-restarts',
  'room-after-old-pod-gone',
  'quota-after-old-pod-gone',
  'scaled-during',
  'slow-image-pull',
];

describe('a bad version is found out', () => {
  it.each(BAD)('%s: %j', (name, cause, from, to) => {
    const { verdict, seconds } = judged(name, 300_000);
    expect(verdict).toMatchObject({ kind: 'bad', cause });
    expect(seconds).toBeGreaterThanOrEqual(from);
    expect(seconds).toBeLessThanOrEqual(to);
  });

  it.each(['image-not-found', 'registry-down', 'no-room', 'webhook-unreachable', 'secret-missing'])(
    '%s: a timeout that comes first tells the same cause',
    (name) => {
      const [, cause] = BAD.find(([each]) => each === name) ?? [];
      const { verdict, seconds } = judged(name, 8_000);
      expect(verdict).toMatchObject({ kind: 'bad', cause: { code: 'deadline', whose: 'timeout', behind: cause } });
      expect(seconds).toBeLessThan(10);
    },
  );
});

describe('no false alarm', () => {
  it.each(GOOD)('%s is good in the end', (name) => {
    expect(judged(name, 300_000).verdict?.kind).toBe('good');
  });
});

describe('what the status does not tell', () => {
  const uids = (look: Look) => look.pods.map((pod) => pod.metadata?.uid ?? '');
  const failing = (look: Look) => ({
    said: Object.fromEntries(uids(look).map((uid) => [uid, 'secret "x" not found'])),
  });

  it('a volume that is not there: events say so, and it counts after some two minutes', () => {
    const { verdict, seconds } = judged('volume-secret-missing', 300_000, failing);
    expect(verdict).toMatchObject({
      kind: 'bad',
      cause: { code: 'setup', trouble: { message: 'secret "x" not found' } },
    });
    expect(seconds).toBeGreaterThan(100);
    expect(seconds).toBeLessThan(125);
  });

  it('an image that is pulled for ever looks the same, and is no failure before the deadline', () => {
    for (const name of ['registry-hangs', 'volume-secret-missing']) {
      expect(judged(name, 300_000).verdict).toMatchObject({
        kind: 'bad',
        cause: { code: 'deadline', whose: 'timeout' },
      });
    }
  });

  it('a wrong answer to verify-path counts once the pod is ready, and no green comes without a right one', () => {
    const wrong = { verified: { passed: false, detail: 'HTTP 500' } };
    const right = { verified: { passed: true, detail: '' } };
    const judgeWith = (more: Partial<Snapshot>) => {
      const looks = recording('plain').map((look) => ({ ...look, ...more }));
      const { index, target } = ourWrite(looks);
      const all = replay(looks, { ...target, verifyMs: 6_000, timeoutMs: 40_000 }, index, 41_000);
      return all.find(({ verdict }) => verdict.kind !== 'waiting')?.verdict;
    };
    expect(judgeWith(wrong)).toMatchObject({ kind: 'bad', cause: { code: 'verify', detail: 'HTTP 500' } });
    expect(judgeWith(right)?.kind).toBe('good');
    expect(judgeWith({})).toMatchObject({ kind: 'bad', cause: { code: 'deadline', waitingFor: 'verify' } });
  });
});

describe('a pod that was refused', () => {
  /** The last look of a recording, where the cluster refuses this pod of the new version's own ReplicaSet or another. */
  const seconds = (podName: (replicaSet: string) => string, name = (own: string) => own) => {
    const looks = recording('quota-exceeded');
    const { index, target } = ourWrite(looks);
    const last = looks.at(-1) as Look;
    const { workload } = last;
    const own = currentReplicaSet(last);
    const named = name(own?.metadata?.name ?? '');
    const message = `pods "${podName(named)}" is forbidden: exceeded quota: small`;
    const conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }];
    const look: Look = {
      ...last,
      replicaSets: last.replicaSets.map((each) =>
        each === own ? { ...each, metadata: { ...each.metadata, name: named } } : each,
      ),
      ...(workload && { workload: { ...workload, status: { ...workload.status, conditions } } }),
    };
    expect([index > 0, named !== '']).toEqual([true, true]);
    const end = replay([look], { ...target, timeoutMs: 100_000 }, 0, 101_000).at(-1);
    return [(end?.ms ?? 0) / 1_000, end?.verdict] as const;
  };

  it.each<[string, (own: string) => string]>([
    ['it is named', (own) => `${own}-abcde`],
    ['only the beginning of its name is', (own) => `${own}-`],
  ])('counts where it is one of the new version, and %s', (_, name) => {
    expect(seconds(name)).toMatchObject([12, { cause: { code: 'refused', by: 'quota' } }]);
  });

  it('counts too where its name is cut, for it would be too long', () => {
    const long = `${'a'.repeat(50)}-5d4f8c7b9`;
    const cut = (own: string) => `${`${own}-`.slice(0, 58)}abcde`;
    expect(seconds(cut, () => long)).toMatchObject([12, { cause: { code: 'refused', by: 'quota' } }]);
  });

  it('is ignored where it is one of another ReplicaSet: the controller tells of those too', () => {
    const [ms, verdict] = seconds(() => 'other-0-abcde');
    expect([ms, verdict]).toMatchObject([100, { cause: { code: 'deadline' } }]);
    expect(verdict).not.toHaveProperty('cause.behind');
  });
});

describe('somebody else', () => {
  it.each([
    ['superseded-during', 'changed'],
    ['paused', 'paused'],
  ])('%s ends the run: %s', (name, by) => {
    expect(judged(name, 300_000).verdict).toEqual({ kind: 'superseded', by });
  });
});

describe('the order in which the cluster tells things', () => {
  /** Looks in which workload, ReplicaSets and pods each lag behind by some milliseconds. */
  const lagging = (looks: readonly Look[], lags: readonly [number, number, number]): Look[] => {
    const times = [...new Set(looks.flatMap(({ ms }) => [0, ...lags].map((lag) => ms + lag)))].sort((a, b) => a - b);
    const at = (ms: number) => (looks.findLast((each) => each.ms <= ms) ?? looks[0]) as Look;
    return times.map((ms) => {
      const { workload } = at(ms - lags[0]);
      const { replicaSets } = at(ms - lags[1]);
      return { ms, replicaSets, pods: at(ms - lags[2]).pods, ...(workload && { workload }) };
    });
  };
  const lag = fc.integer({ min: 0, max: 3_000 });

  it.each(['plain', 'crash-twice-then-ok', 'quota-after-old-pod-gone', 'scaled-during'])(
    '%s is good, whatever comes late',
    (name) => {
      const looks = recording(name);
      const { index, target } = ourWrite(looks);
      fc.assert(
        fc.property(fc.tuple(lag, lag, lag), (lags) => {
          const all = replay(lagging(looks.slice(index), lags), { ...target, timeoutMs: 300_000 }, 0, 301_000);
          expect(all.find(({ verdict }) => verdict.kind !== 'waiting')?.verdict.kind).toBe('good');
        }),
        { numRuns: 40 },
      );
    },
  );

  it.each(BAD.map(([name, cause]) => [name, cause] as const))(
    '%s is never good, whatever comes late',
    (name, cause) => {
      const looks = recording(name);
      const { index, target } = ourWrite(looks);
      fc.assert(
        fc.property(fc.tuple(lag, lag, lag), (lags) => {
          const all = replay(lagging(looks.slice(index), lags), { ...target, timeoutMs: 300_000 }, 0, 301_000);
          expect(all.find(({ verdict }) => verdict.kind !== 'waiting')?.verdict).toMatchObject({ kind: 'bad', cause });
        }),
        { numRuns: 10 },
      );
    },
  );
});

describe('time', () => {
  const shown = fc.constantFrom(...BAD.map(([name]) => name), ...GOOD).chain((name) => {
    const looks = recording(name);
    const { index, target } = ourWrite(looks);
    return fc.record({ target: fc.constant(target), looks: fc.constant(looks.slice(index)) });
  });

  it('a look that is seen again at once changes neither verdict nor memory', () => {
    fc.assert(
      fc.property(shown, ({ target, looks }) => {
        let state = beginJudging(0);
        for (const look of looks) {
          const once = judge(target, state, look, look.ms);
          expect(judge(target, once.state, look, look.ms)).toEqual(once);
          state = once.state;
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('a node whose kubelet is silent', () => {
  it('shows by its old pods, whose containers were ready last: after two minutes it is the node, whatever the new pod does', () => {
    const looks = recording('never-ready');
    const { index, target } = ourWrite(looks);
    const [last] = looks.slice(-1);
    const marked = (pod: Look['pods'][number]): Look['pods'][number] => ({
      ...pod,
      status: {
        ...pod.status,
        conditions: (pod.status?.conditions ?? []).map((each) =>
          each.type === 'Ready' ? { ...each, status: 'False' } : each,
        ),
      },
    });
    const silent = { ...(last as Look), ms: (last?.ms ?? 0) + 50_000, pods: (last?.pods ?? []).map(marked) };
    const all = replay([...looks.slice(index), silent], { ...target, timeoutMs: 400_000 }, 0, 401_000);
    expect(all.at(-1)?.verdict).toMatchObject({ kind: 'bad', cause: { code: 'node', node: 'testbed' } });
    expect((all.at(-1)?.ms ?? 0) - (silent.ms - (looks[index]?.ms ?? 0))).toBeLessThan(125_000);
  });
});
