import { progressLines } from '../../src/report/progress';
import { beginJudging, judge } from '../../src/rollout/judge';
import type { PodTrouble, Progress, Verdict, WaitingFor } from '../../src/rollout/verdict';
import { ourWrite, recording } from '../rollout/replay';
import { ManualClock } from '../transport/manual-clock';

const progress = (more: Partial<Progress> = {}): Progress => ({
  desired: 2,
  updated: 1,
  ready: 0,
  available: 0,
  old: 2,
  ...more,
});
const waiting = (more: Partial<Progress> = {}, trouble?: PodTrouble, waitingFor: WaitingFor = 'ready'): Verdict => ({
  kind: 'waiting',
  waitingFor,
  progress: progress(more),
  ...(trouble && { trouble }),
});
const trouble = (more: Partial<PodTrouble> = {}): PodTrouble => ({
  pod: 'web-1',
  container: 'app',
  reason: 'ErrImagePull',
  message: 'not found',
  restarts: 0,
  ...more,
});

function told() {
  const clock = new ManualClock();
  const lines: string[] = [];
  const look = progressLines(clock, (text) => void lines.push(text.trim()));
  return {
    clock,
    lines,
    /** A second later, this is seen. */
    see: (verdict: Verdict, noContact?: string) => {
      clock.pass(1_000);
      look(verdict, noContact);
    },
  };
}

describe('the log of a rollout', () => {
  it('has a line for each change, and none where nothing changes', () => {
    const { lines, see } = told();
    for (const look of [waiting(), waiting(), waiting({ ready: 1 }), waiting({ ready: 1 })]) see(look);
    see({ kind: 'good', progress: progress({ updated: 2, ready: 2, available: 2, old: 0 }), revision: '4' });
    expect(lines).toEqual([
      '1 s  new: 1/2 created, 0 ready, 0 available; old: 2 (waiting for new pods to become ready)',
      '3 s  new: 1/2 created, 1 ready, 0 available; old: 2 (waiting for new pods to become ready)',
      '5 s  new: 2/2 created, 2 ready, 2 available; old: 0',
    ]);
  });

  it('says what is waited for now, where only that changes', () => {
    const { lines, see } = told();
    see(waiting({}, undefined, 'ready'));
    see(waiting({}, undefined, 'soak'));
    expect(lines).toHaveLength(2);
  });

  it('has a line every 30 s, where nothing changes', () => {
    const { lines, see } = told();
    for (let second = 0; second < 91; second++) see(waiting());
    expect(lines.map((each) => each.split('  ')[0])).toEqual(['1 s', '31 s', '1 m 01 s', '1 m 31 s']);
  });

  it('does not count before the controller has begun, but says so where that takes long', () => {
    const { lines, see } = told();
    for (let second = 0; second < 4; second++) see(waiting({ updated: 0 }, undefined, 'controller'));
    expect(lines).toEqual([]);
    see(waiting({ updated: 0 }, undefined, 'controller'));
    expect(lines).toHaveLength(1);
  });

  it('tells once that the cluster cannot be seen, and again the next time', () => {
    const { lines, see } = told();
    see(waiting());
    see(waiting(), 'read ECONNRESET');
    see(waiting(), 'still away');
    see(waiting());
    see(waiting(), 'read ECONNRESET');
    expect(lines.filter((each) => /cannot be seen/.test(each))).toHaveLength(2);
  });

  it('has no line for what is neither good nor bad nor under way', () => {
    const { lines, see } = told();
    see({ kind: 'superseded', by: 'changed' });
    see({ kind: 'unknown', why: 'scaled-to-zero' });
    expect(lines).toEqual([]);
  });
});

describe('a trouble', () => {
  const ended = (reason: string, endedBy: string, restarts: number) =>
    trouble({ reason, endedBy, exitCode: endedBy === 'Completed' ? 0 : 1, message: '', restarts });
  const of = (...troubles: PodTrouble[]) => {
    const { lines, see } = told();
    for (const each of troubles) see(waiting({}, each));
    return lines.filter((each) => !/created/.test(each));
  };

  it('is told with its time and in plain words', () => {
    expect(of(trouble())).toEqual([
      expect.stringMatching(/^1 s {2}container "app" of pod web-1: ErrImagePull, not found$/),
    ]);
  });

  it.each<[string, PodTrouble[]]>([
    ['while it stays', [trouble(), trouble()]],
    ['in its back-off', [trouble(), trouble({ reason: 'ImagePullBackOff' }), trouble()]],
    [
      'of a crash',
      [
        ended('Error', 'Error', 0),
        ended('Restarted', 'Error', 1),
        ended('Error', 'Error', 1),
        ended('CrashLoopBackOff', 'Error', 1),
      ],
    ],
    [
      'of ends for want of memory',
      [
        ended('OOMKilled', 'OOMKilled', 0),
        ended('Restarted', 'OOMKilled', 1),
        ended('OOMKilled', 'OOMKilled', 1),
        ended('CrashLoopBackOff', 'OOMKilled', 1),
      ],
    ],
    ['of a program that just ends', [ended('Completed', 'Completed', 1), ended('CrashLoopBackOff', 'Completed', 1)]],
    [
      'of a program that cannot be started',
      [ended('RunContainerError', 'StartError', 0), ended('CrashLoopBackOff', 'StartError', 1)],
    ],
    [
      'of two pods that are worst by turns',
      [trouble(), trouble({ pod: 'web-2' }), trouble(), trouble({ pod: 'web-2' })],
    ],
  ])('is told once: %s', (_, troubles) => {
    expect(of(...troubles)).toHaveLength(new Set(troubles.map(({ pod }) => pod)).size);
  });

  it.each<[string, PodTrouble[]]>([
    ['another pod', [trouble(), trouble({ pod: 'web-2' })]],
    ['another container', [trouble(), trouble({ container: 'proxy' })]],
    ['another kind', [trouble(), ended('Error', 'Error', 0)]],
  ])('is told again of %s', (_, troubles) => expect(of(...troubles)).toHaveLength(2));

  it.each(['NotReady', 'NotStarted'])('that is merely %s is not told: the counts say so', (reason) => {
    expect(of(trouble({ reason, message: '' }))).toEqual([]);
  });

  it.each(['crash-at-once', 'image-not-found', 'command-not-executable', 'startup-probe-never'])(
    'of the recording %s is told at most twice',
    (name) => {
      const looks = recording(name);
      const { target, index } = ourWrite(looks);
      const clock = new ManualClock();
      const lines: string[] = [];
      const onLook = progressLines(clock, (text) => void lines.push(text));
      let state = beginJudging(0);
      for (const look of looks.slice(index)) {
        const looked = judge(target, state, look, clock.now());
        state = looked.state;
        onLook(looked.verdict, undefined);
        clock.pass(1_000);
      }
      const troubles = lines.filter((each) => !/created/.test(each));
      expect(troubles.length).toBeGreaterThan(0);
      expect(troubles.length).toBeLessThanOrEqual(2);
    },
  );
});
