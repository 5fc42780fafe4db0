import fc from 'fast-check';
import { beginJudging, judge } from '../../src/rollout/judge';
import type { Snapshot } from '../../src/rollout/snapshot';
import { type Look, ourWrite, recording, replay } from './replay';

/** Judges a recording from our write to its end, and holds it against a final verdict. */
function judgeRecording(name: string, { timeoutMs = 60_000, untilMs = 0 } = {}) {
  const looks = recording(name);
  const { index, target } = ourWrite(looks);
  const judged = replay(looks, { ...target, timeoutMs }, index, untilMs);
  const ended = judged.findIndex(({ verdict }) => verdict.kind !== 'waiting');
  return { looks, target, index, judged, before: judged.slice(0, ended), end: judged[ended] };
}

describe('recorded rollouts', () => {
  it('a good one is good once every new pod is available and no old one is left, and not before', () => {
    const { before, end } = judgeRecording('good');
    expect(end?.verdict).toEqual({
      kind: 'good',
      revision: '2',
      progress: { desired: 2, updated: 2, ready: 2, available: 2, old: 0 },
    });
    expect(new Set(before.map(({ verdict }) => verdict.kind === 'waiting' && verdict.waitingFor))).toEqual(
      new Set(['ready', 'soak', 'old-pods']),
    );
  });

  it('one whose container dies at once is a crash at its third end', () => {
    const { end } = judgeRecording('crash');
    expect(end?.verdict).toMatchObject({
      kind: 'bad',
      cause: { code: 'crash', trouble: { container: 'app', exitCode: 1, restarts: 2 } },
    });
    expect(end?.ms).toBeLessThan(20_000);
  });

  it('two crashes are no verdict: an app may crash twice while its database comes up', () => {
    const { before } = judgeRecording('crash');
    expect(before.length).toBeGreaterThan(3);
  });

  it('one that is never ready is bad at the deadline, and names the readiness probe', () => {
    const { before, end } = judgeRecording('unready', { timeoutMs: 20_000, untilMs: 25_000 });
    expect(end?.verdict).toMatchObject({
      kind: 'bad',
      cause: { code: 'deadline', whose: 'timeout', waitingFor: 'ready', trouble: { reason: 'NotReady' } },
    });
    expect(end?.ms).toBeGreaterThanOrEqual(20_000);
    expect(before.length).toBeGreaterThan(15);
  });

  it('one whose image does not exist waits, and names it at the deadline', () => {
    const { end } = judgeRecording('missing', { timeoutMs: 20_000, untilMs: 25_000 });
    expect(end?.verdict).toMatchObject({
      kind: 'bad',
      cause: { code: 'deadline', trouble: { reason: expect.stringMatching(/ErrImagePull|ImagePullBackOff/) } },
    });
  });

  it('one that somebody else changes on the way is superseded at once, not bad and not good', () => {
    const { end } = judgeRecording('superseded');
    expect(end?.verdict).toEqual({ kind: 'superseded', by: 'changed' });
  });

  it('one whose workload is deleted is superseded', () => {
    const { end } = judgeRecording('deleted');
    expect(end?.verdict).toEqual({ kind: 'superseded', by: 'deleted' });
  });

  it('one that is scaled on the way is followed to the new number', () => {
    const { end } = judgeRecording('scaled');
    expect(end?.verdict).toMatchObject({ kind: 'good', progress: { desired: 3, updated: 3, available: 3, old: 0 } });
  });
});

const NAMES = ['good', 'crash', 'unready', 'superseded', 'deleted', 'scaled', 'missing'];
const anyLook = fc.constantFrom(...NAMES).chain((name) => {
  const looks = recording(name);
  const { index, target } = ourWrite(looks);
  return fc.record({ target: fc.constant(target), look: fc.constantFrom(...looks.slice(index)) });
});
const anyTime = fc.integer({ min: 0, max: 50_000 });

/** The look with its workload changed. */
function withWorkload(look: Look, change: (workload: NonNullable<Snapshot['workload']>) => object): Snapshot {
  return look.workload ? { ...look, workload: { ...look.workload, ...change(look.workload) } } : look;
}

describe('for every look of every recording', () => {
  it('a status that the controller wrote before it saw our change is never good', () => {
    fc.assert(
      fc.property(anyLook, anyTime, ({ target, look }, now) => {
        const stale = withWorkload(look, ({ status }) => ({
          status: { ...status, observedGeneration: target.generation - 1 },
        }));
        expect(judge(target, beginJudging(0), stale, now).verdict.kind).not.toBe('good');
      }),
    );
  });

  it('pods of another image are never good, whatever the workload counts', () => {
    fc.assert(
      fc.property(anyLook, anyTime, ({ target, look }, now) => {
        const other = { ...target, image: `other@sha256:${'f'.repeat(64)}` };
        expect(judge(other, beginJudging(0), look, now).verdict.kind).not.toBe('good');
      }),
    );
  });

  it('a workload of another UID is never good', () => {
    fc.assert(
      fc.property(anyLook, anyTime, ({ target, look }, now) => {
        expect(judge({ ...target, uid: 'other' }, beginJudging(0), look, now).verdict.kind).toBe('superseded');
      }),
    );
  });

  it('without pods nothing is good: missing evidence is no evidence', () => {
    fc.assert(
      fc.property(anyLook, anyTime, ({ target, look }, now) => {
        expect(judge(target, beginJudging(0), { ...look, pods: [] }, now).verdict.kind).not.toBe('good');
        expect(judge(target, beginJudging(0), { ...look, replicaSets: [] }, now).verdict.kind).not.toBe('good');
      }),
    );
  });

  it('seeing the same look twice changes nothing', () => {
    fc.assert(
      fc.property(anyLook, anyTime, ({ target, look }, now) => {
        const once = judge(target, beginJudging(0), look, now);
        expect(judge(target, once.state, look, now)).toEqual(once);
      }),
    );
  });

  it('the order in which pods and ReplicaSets come does not matter', () => {
    fc.assert(
      fc.property(anyLook, anyTime, ({ target, look }, now) => {
        const turned = { ...look, pods: [...look.pods].reverse(), replicaSets: [...look.replicaSets].reverse() };
        const [one, other] = [look, turned].map((each) => judge(target, beginJudging(0), each, now).verdict);
        expect(other?.kind).toBe(one?.kind);
      }),
    );
  });

  it('past the deadline nothing waits any more', () => {
    fc.assert(
      fc.property(anyLook, ({ target, look }) => {
        expect(judge(target, beginJudging(0), look, target.timeoutMs).verdict.kind).not.toBe('waiting');
      }),
    );
  });
});

describe('what recordings do not show', () => {
  const good = judgeRecording('good');
  const last = good.looks.at(-1) as Look;
  const judgeNow = (snapshot: Snapshot, now = 1_000) => judge(good.target, beginJudging(0), snapshot, now).verdict;

  it('the last look of the good one, as it is, is good', () => {
    expect(judgeNow(last).kind).toBe('good');
  });

  it('scaled to 0 meanwhile: nothing shows that it works, so it is unknown', () => {
    expect(judgeNow(withWorkload(last, ({ spec }) => ({ spec: { ...spec, replicas: 0 } })))).toEqual({
      kind: 'unknown',
      why: 'scaled-to-zero',
    });
  });

  const overdue = (progressDeadlineSeconds?: number) => {
    const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];
    return withWorkload(last, ({ spec: { progressDeadlineSeconds: _, ...spec } = { selector: {} }, status }) => ({
      spec: { ...spec, ...(progressDeadlineSeconds !== undefined && { progressDeadlineSeconds }) },
      status: { ...status, availableReplicas: 1, conditions },
    }));
  };

  it.each([
    [20, 17],
    [600, 597],
    [undefined, 597],
  ])(
    "the workload's own progress deadline (%p s) ends the wait once it can be that of our rollout",
    (seconds, from) => {
      const target = { ...good.target, timeoutMs: 3_600_000 };
      const at = (second: number) => judge(target, beginJudging(0), overdue(seconds), second * 1_000).verdict;
      expect(at(0.3).kind).toBe('waiting');
      expect(at(from - 0.001).kind).toBe('waiting');
      expect(at(from)).toMatchObject({
        kind: 'bad',
        cause: { code: 'deadline', whose: 'progress', waitingFor: 'soak' },
      });
    },
  );

  it('the progress deadline of a rollout that was there before us counts at once', () => {
    const joined = { ...good.target, joined: { soakMs: 10_000 } };
    expect(judge(joined, beginJudging(0), overdue(600), 1).verdict).toMatchObject({
      kind: 'bad',
      cause: { code: 'deadline', whose: 'progress' },
    });
  });

  it('what could be seen a while ago condemns nothing while the cluster cannot be seen, and its time begins anew then', () => {
    const { looks, target, index } = judgeRecording('secret-missing');
    const stuck = looks.at(-1) as Look;
    const long = { ...target, timeoutMs: 300_000 };
    const seconds = (of: (second: number) => Partial<Snapshot>) => {
      let state = beginJudging(0);
      for (let second = 0; second < 400; second++) {
        const result = judge(long, state, { ...stuck, ...of(second) }, second * 1_000);
        state = result.state;
        if (result.verdict.kind !== 'waiting') return [second, result.verdict] as const;
      }
      throw new Error('it waits for ever');
    };
    expect(index).toBeGreaterThan(0);
    expect(seconds(() => ({}))).toMatchObject([10, { cause: { code: 'config' } }]);
    // Seen for 5 s, then not for 30 s.
    expect(seconds((second) => ({ isBlind: second >= 5 && second < 35 }))).toMatchObject([
      45,
      { cause: { code: 'config' } },
    ]);
    expect(seconds(() => ({ isBlind: true }))).toMatchObject([300, { cause: { code: 'deadline', whose: 'timeout' } }]);
  });

  describe('what was there before', () => {
    const joined = { ...good.target, joined: { soakMs: 10_000 } };
    /** The last look, with a container that was restarted so often, and is up again or not. */
    const restarted = (restartCount: number, isUp = true): Look => ({
      ...last,
      pods: last.pods.map(({ status, ...pod }) => ({
        ...pod,
        status: {
          ...status,
          conditions: [{ type: 'Ready', status: isUp ? 'True' : 'False' }],
          containerStatuses: (status?.containerStatuses ?? []).map((each) => ({
            ...each,
            restartCount,
            ready: isUp,
            lastState: { terminated: { exitCode: 1, reason: 'Error' } },
            state: isUp ? { running: {} } : { waiting: { reason: 'CrashLoopBackOff' } },
          })),
        },
      })),
    });
    const before = Object.fromEntries(last.pods.map((pod) => [pod.metadata?.uid ?? '', { app: 40 }]));
    const target = { ...joined, restartsBefore: before, timeoutMs: 600_000 };

    it('is good at once, where it was never restarted', () => {
      expect(judge(target, beginJudging(0), last, 0).verdict.kind).toBe('good');
    });

    it('is good after its soak, where it was: it may be up only for the moment', () => {
      const { state, verdict } = judge(target, beginJudging(0), restarted(40), 0);
      expect(verdict).toMatchObject({ kind: 'waiting', waitingFor: 'soak' });
      expect(judge(target, state, restarted(40), 9_999).verdict.kind).toBe('waiting');
      expect(judge(target, state, restarted(40), 10_000).verdict.kind).toBe('good');
    });

    it('is not good the moment it is up again after one more end', () => {
      let { state } = judge(target, beginJudging(0), restarted(40), 0);
      ({ state } = judge(target, state, restarted(40, false), 5_000));
      // The kubelet waits up to five minutes.
      ({ state } = judge(target, state, restarted(40, false), 300_000));
      expect(judge(target, state, restarted(41), 301_000).verdict.kind).toBe('waiting');
    });

    it('of a change of ours, restarts from before ask for no soak of our own: the workload has one', () => {
      const { joined: _, ...ours } = target;
      expect(judge(ours, beginJudging(0), restarted(40), 0).verdict.kind).toBe('good');
    });
  });

  it('another reason of Progressing=False counts after 15 s without a break, and not if it goes away between', () => {
    const conditions = [{ type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message: 'no' }];
    const stuck = withWorkload(last, ({ status }) => ({ status: { ...status, availableReplicas: 1, conditions } }));
    const fine = withWorkload(last, ({ status }) => ({ status: { ...status, availableReplicas: 1, conditions: [] } }));
    let state = beginJudging(0);
    const kinds = (
      [
        [stuck, 1],
        [stuck, 15],
        [fine, 15.5],
        [stuck, 15.9],
        [stuck, 30.8],
        [stuck, 30.9],
      ] as const
    ).map(([look, seconds]) => {
      const result = judge(good.target, state, look, seconds * 1_000);
      state = result.state;
      return result.verdict.kind;
    });
    expect(kinds).toEqual(['waiting', 'waiting', 'waiting', 'waiting', 'waiting', 'bad']);
  });

  it('restarts from before our write do not count: a template used before has its old pods back', () => {
    const crash = judgeRecording('crash');
    const pods = crash.looks.flatMap((look) => look.pods);
    const restartsBefore = Object.fromEntries(pods.map((pod) => [pod.metadata?.uid ?? '', { app: 9 }]));
    const judged = replay(crash.looks, { ...crash.target, restartsBefore }, crash.index);
    expect(judged.every(({ verdict }) => verdict.kind === 'waiting')).toBe(true);
  });
});

describe('ReplicaSets', () => {
  const { looks, target } = judgeRecording('good');
  const last = looks.at(-1) as Look;

  it('of two that hold the template, the older one counts, as for the controller', () => {
    const [young] = last.replicaSets.filter(({ status }) => (status?.replicas ?? 0) > 0);
    const twin = {
      ...young,
      metadata: { ...young?.metadata, name: 'twin', uid: 'twin', creationTimestamp: '2999-01-01T00:00:00Z' },
    };
    for (const replicaSets of [
      [...last.replicaSets, twin],
      [twin, ...last.replicaSets],
    ]) {
      expect(judge(target, beginJudging(0), { ...last, replicaSets }, 1).verdict.kind).toBe('good');
    }
  });

  it("that were left stuck by an earlier rollout of the same template do not condemn ours: the controller doesn't renew that", () => {
    const conditions = [
      {
        type: 'Progressing',
        status: 'False',
        reason: 'ProgressDeadlineExceeded',
        lastUpdateTime: '2026-01-01T00:00:00Z',
      },
    ];
    const stuck = withWorkload(last, ({ status }) => ({ status: { ...status, availableReplicas: 1, conditions } }));
    const late = { ...target, timeoutMs: 3_600_000 };
    const again = { ...late, stalledBefore: '2026-01-01T00:00:00Z' };
    expect(judge(late, beginJudging(0), stuck, 600_000).verdict.kind).toBe('bad');
    expect(judge(again, beginJudging(0), stuck, 600_000).verdict.kind).toBe('waiting');
  });
});
