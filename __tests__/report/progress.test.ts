import type { Pod } from '../../src/kubectl/objects';
import { progressLines } from '../../src/report/progress';
import { beginJudging, judge } from '../../src/rollout/judge';
import type { Snapshot } from '../../src/rollout/snapshot';
import type { Which } from '../../src/rollout/steps';
import type { PodTrouble, Progress, Verdict, WaitingFor } from '../../src/rollout/verdict';
import { podOf, snapshotOf, status } from '../rollout/cluster';
import { ourWrite, recording, replay } from '../rollout/replay';
import { ManualClock } from '../transport/manual-clock';

const progress = (more: Partial<Progress> = {}): Progress => ({
  ...{ desired: 2, updated: 1, ready: 0, available: 0, old: 2 },
  ...more,
});
const waiting = (more: Partial<Progress> = {}, trouble?: PodTrouble, waitingFor: WaitingFor = 'ready'): Verdict => ({
  kind: 'waiting',
  waitingFor,
  progress: progress(more),
  ...(trouble && { trouble }),
});
const trouble = (more: Partial<PodTrouble> = {}): PodTrouble => ({
  ...{ pod: 'web-1', container: 'app', reason: 'ErrImagePull', message: 'not found', restarts: 0 },
  ...more,
});
const good: Verdict = {
  kind: 'good',
  progress: progress({ updated: 2, ready: 2, available: 2, old: 0 }),
  revision: '4',
};

const spec = { containers: [], nodeName: 'node-1' };
const starting = (name: string) => podOf(name, { spec, status: { containerStatuses: [status()] } });
const ready = (name: string): Pod => podOf(name, { spec, status: { conditions: [{ type: 'Ready', status: 'True' }] } });

function told(which: Which = 'new') {
  const clock = new ManualClock();
  const lines: string[] = [];
  const look = progressLines(clock, (text) => void lines.push(text.trim()), which);
  return {
    clock,
    lines,
    /** A second later, this is seen. */
    see: (verdict: Verdict, { pods = [], noContact }: { pods?: Pod[]; noContact?: string } = {}) => {
      clock.pass(1_000);
      look(verdict, snapshotOf(pods), noContact);
    },
  };
}

/** The log of a recording, as the watch would have written it. */
function logOf(name: string): string[] {
  const looks = recording(name);
  const { target, index } = ourWrite(looks);
  const clock = new ManualClock();
  const lines: string[] = [];
  const onLook = progressLines(clock, (text) => void lines.push(text.trim()));
  const began = looks[index]?.ms ?? 0;
  const snapshotAt = (ms: number): Snapshot | undefined => looks.findLast((each) => each.ms - began <= ms);
  for (const { ms, verdict } of replay(looks, { ...target, timeoutMs: 300_000 }, index)) {
    clock.pass(ms - clock.now());
    const snapshot = snapshotAt(ms);
    if (snapshot) onLook(verdict, snapshot, undefined);
  }
  return lines;
}

describe('the log of a rollout', () => {
  it('of two replicas tells each change once, in words', () => {
    expect(logOf('good')).toEqual([
      '0 ms  new pod 1/2 starts on node testbed',
      '1.4 s  new pod 1/2 is ready after 1 s',
      '2.4 s  waiting until the new pods have stayed ready for 2 s',
      '2.7 s  old pod 1/2 is told to stop',
      '2.7 s  new pod 2/2 starts on node testbed',
      '4.3 s  new pod 2/2 is ready after 1 s',
      '5.3 s  waiting until the new pods have stayed ready for 2 s',
      '5.5 s  old pod 2/2 is told to stop',
      '5.7 s  2/2 new pods serve; 1 old pod is still ending',
    ]);
  });

  it('says how long a pod took that came late, and meanwhile every 30 s what is waited for and for how long', () => {
    expect(logOf('ready-after-60s')).toEqual([
      '0 ms  new pod 1/1 starts on node testbed',
      expect.stringMatching(/^6\.2 s {2}waiting for a new pod to become ready: its program runs/),
      expect.stringMatching(/^36\.2 s .* its program runs, .*\(for 35 s so far; 0\/1 ready\)$/),
      '1 m 01 s  new pod 1/1 is ready after 1 m 01 s',
      '1 m 02 s  waiting until the new pods have stayed ready for 3 s',
      expect.stringMatching(/old pod 1\/1 is told to stop$/),
      expect.stringMatching(/1\/1 new pods serve; 1 old pod is still ending$/),
    ]);
  });

  it('has one line a change for what is seen again and again', () => {
    const { lines, see } = told();
    for (const pods of [[starting('a')], [starting('a')], [ready('a')], [ready('a')]]) see(waiting(), { pods });
    expect(lines).toEqual(['1 s  new pod 1/2 starts on node node-1', '3 s  new pod 1/2 is ready']);
  });

  it('says so where a pod is not ready any more, and where it is again', () => {
    const { lines, see } = told();
    for (const pods of [[ready('a')], [starting('a')], [ready('a')]]) see(waiting(), { pods });
    expect(lines.map((each) => each.split('  ')[1])).toEqual([
      '1/2 pods of this version are there and ready already',
      'a new pod is not ready any more (0/2 ready)',
      'new pod 1/2 is ready',
    ]);
  });

  it('calls the pods of a version that is brought back by another name', () => {
    const { lines, see } = told('restored');
    see(waiting(), { pods: [starting('a')] });
    see(good, { pods: [ready('a'), ready('b')] });
    expect(lines.map((each) => each.split('  ')[1])).toEqual([
      'restored pod 1/2 starts on node node-1',
      'restored pods 1–2/2 are ready',
      '2/2 restored pods serve',
    ]);
  });

  it('of a version that was there and serves has one line', () => {
    const { lines, see } = told('present');
    see(good, { pods: [ready('a'), ready('b')] });
    expect(lines).toEqual(['1 s  2/2 pods serve']);
  });

  it.each<[string, { perLook: number; everyMs: number }]>([
    ['all at once', { perLook: 10, everyMs: 100 }],
    ['one by one', { perLook: 1, everyMs: 200 }],
    ['one by one, and slowly', { perLook: 1, everyMs: 9_000 }],
  ])(
    'of 30 replicas that come %s has at most 40 lines, and hardly more than one a second',
    (_, { perLook, everyMs }) => {
      const clock = new ManualClock();
      const written: number[] = [];
      const look = progressLines(clock, () => void written.push(clock.now()));
      const pods = new Map<string, Pod>();
      const names = Array.from({ length: 30 }, (_, index) => `web-${index}`);
      const show = (ready: number) => {
        clock.pass(everyMs);
        look(waiting({ desired: 30, ready }), snapshotOf([...pods.values()]), undefined);
      };
      show(0);
      for (let from = 0; from < names.length; from += perLook) {
        const some = names.slice(from, from + perLook);
        for (const name of some) pods.set(name, starting(name));
        show(from);
        for (const name of some) pods.set(name, ready(name));
        show(from + perLook);
      }
      clock.pass(1_000);
      look({ ...good, progress: progress({ desired: 30, ready: 30 }) }, snapshotOf([...pods.values()]), undefined);
      expect(written.length).toBeGreaterThan(2);
      expect(written.length).toBeLessThanOrEqual(40);
      for (const start of written) {
        const soon = written.filter((each) => each >= start && each < start + 10_000);
        expect(soon.length).toBeLessThanOrEqual(15);
      }
    },
  );

  it('tells what many pods did in the meantime as one line', () => {
    const { clock, lines, see } = told();
    see(waiting({ desired: 30 }));
    const names = Array.from({ length: 8 }, (_, index) => `web-${index}`);
    see(waiting({ desired: 30 }), { pods: names.map(starting) });
    clock.pass(5_000);
    see(waiting({ desired: 30 }, undefined, 'soak'), { pods: names.map(ready) });
    expect(lines).toEqual(['2 s  new pods 1–8/30 start on node node-1', '8 s  new pods 1–8/30 are ready']);
  });

  it('has a line every 30 s, where nothing changes', () => {
    const { lines, see } = told();
    for (let second = 0; second < 95; second++) see(waiting());
    expect(lines).toEqual([
      '6 s  waiting for new pods to become ready (for 5 s so far; 0/2 ready)',
      '36 s  waiting for new pods to become ready (for 35 s so far; 0/2 ready)',
      '1 m 06 s  waiting for new pods to become ready (for 1 m 05 s so far; 0/2 ready)',
    ]);
  });

  it('says what is waited for now, where only that changes', () => {
    const { lines, see } = told();
    see(waiting({}, undefined, 'verify'));
    for (let second = 0; second < 6; second++) see(waiting({}, undefined, 'old-pods'));
    for (let second = 0; second < 6; second++) see(waiting({}, undefined, 'verify'));
    expect(lines).toEqual([expect.stringContaining('told to stop'), expect.stringContaining('verify-path')]);
  });

  it('says nothing before the controller has begun, but says so where that takes long', () => {
    const { lines, see } = told();
    const pods = [starting('a')];
    for (let second = 0; second < 5; second++) see(waiting({ updated: 0 }, undefined, 'controller'), { pods });
    expect(lines).toEqual([]);
    see(waiting({ updated: 0 }, undefined, 'controller'), { pods });
    expect(lines).toEqual([expect.stringContaining('waiting for the cluster to begin')]);
  });

  it('tells that the cluster cannot be seen, again the next time and every 30 s, and nothing as if it could', () => {
    const { lines, see } = told();
    see(waiting());
    see(waiting(), { noContact: 'read ECONNRESET', pods: [starting('a')] });
    see(waiting(), { noContact: 'still away' });
    see(waiting());
    for (let second = 0; second < 40; second++) see(waiting(), { noContact: 'read ECONNRESET' });
    expect(lines).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/cannot be seen.*ECONNRESET$/)));
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
    return lines;
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

  it('that all of 30 pods have is told of three', () => {
    const { lines, see } = told();
    for (let pod = 0; pod < 30; pod++) see(waiting({}, trouble({ pod: `web-${pod}` })));
    expect(lines.filter((each) => /ErrImagePull/.test(each))).toHaveLength(3);
  });

  it.each(['NotReady', 'NotStarted'])('that is merely %s is not told: it is what is waited for', (reason) => {
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
        onLook(looked.verdict, look, undefined);
        clock.pass(1_000);
      }
      const troubles = lines.filter((each) => /of pod/.test(each));
      expect(troubles.length).toBeGreaterThan(0);
      expect(troubles.length).toBeLessThanOrEqual(2);
    },
  );
});
