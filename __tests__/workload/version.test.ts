import { isSameImage } from '../../src/image/reference';
import type { ReplicaSet } from '../../src/kubectl/objects';
import type { HistoryEntry } from '../../src/workload/history';
import { chooseVersion, driftFrom } from '../../src/workload/version';

const at = (digit: string) => `user/app:v${digit}@sha256:${digit.repeat(64)}`;
const entry = (digit: string, outcome: string, more: Partial<HistoryEntry> = {}): HistoryEntry => ({
  image: at(digit),
  run: `https://example.org/${digit}`,
  at: '2026-01-01T00:00:00.000Z',
  outcome,
  revision: digit,
  container: 'app',
  ...more,
});
const about = (image: string) => ({ container: { index: 0, name: 'app' }, running: { image } });
const choose = (history: HistoryEntry[], running: string, version?: string, replicaSets: ReplicaSet[] = []) => {
  const chosen = chooseVersion({ history, ...about(running), replicaSets }, version);
  return 'code' in chosen ? chosen.code : chosen.image;
};

describe('a rollback without a version goes', () => {
  it('to the last that served before what runs now, past the bad one between', () => {
    const history = [entry('1', 'deployed'), entry('2', 'failed-rolled-back'), entry('3', 'deployed')];
    expect(choose(history, at('3'))).toBe(at('1'));
  });

  it('to the last good one where a bad one runs', () => {
    const history = [entry('1', 'deployed'), entry('2', 'deployed'), entry('3', 'failed')];
    expect(choose(history, at('3'))).toBe(at('2'));
  });

  it('to no image that has failed since it served', () => {
    const history = [
      entry('1', 'found'),
      entry('2', 'deployed'),
      entry('2', 'failed-rolled-back'),
      entry('3', 'deployed'),
    ];
    expect(choose(history, at('3'))).toBe(at('1'));
  });

  it('to no other tag of the image that runs', () => {
    const history = [entry('1', 'deployed'), entry('3', 'deployed', { image: at('3').replace('v3', 'latest') })];
    expect(choose(history, at('3'))).toBe(at('1'));
  });

  it('to no image of another container', () => {
    expect(choose([entry('1', 'deployed', { container: 'sidecar' })], at('3'))).toBe('version.no-good');
  });

  it.each<HistoryEntry[][]>([
    [[]],
    [[entry('3', 'deployed')]],
    [[entry('1', 'failed')]],
    [[entry('1', 'open')]],
    [[entry('1', 'cancelled')]],
  ])('nowhere by the history %j', (history) => expect(choose(history, at('3'))).toBe('version.no-good'));

  it('to no image that failed, though a later run that was cut short or only restarted it says nothing', () => {
    for (const silent of ['cancelled', 'open', 'superseded', 'restart-failed']) {
      const history = [entry('1', 'deployed'), entry('2', 'failed'), entry('2', silent), entry('3', 'deployed')];
      expect(choose(history, at('3'))).toBe(at('1'));
    }
  });

  it('is not kept from an image by a restart that failed', () => {
    const history = [entry('1', 'deployed'), entry('1', 'restart-failed-rolled-back'), entry('3', 'deployed')];
    expect(choose(history, at('3'))).toBe(at('1'));
  });
});

describe('a rollback to a version', () => {
  const history = [entry('1', 'deployed'), entry('2', 'failed-rolled-back'), entry('3', 'deployed')];

  it.each(['1', 'v1', at('1'), `sha256:${'1'.repeat(64)}`])('finds it by %j', (version) =>
    expect(choose(history, at('3'), version)).toBe(at('1')),
  );

  it('finds a revision that only the cluster knows', () => {
    const template = {
      spec: {
        containers: [
          { name: 'other', image: 'x' },
          { name: 'app', image: 'user/app:old' },
        ],
      },
    };
    const set = { metadata: { annotations: { 'deployment.kubernetes.io/revision': '9' } }, spec: { template } };
    expect(choose(history, at('3'), '9', [set as unknown as ReplicaSet])).toBe('user/app:old');
  });

  it('asks where its number is a tag of one image and the revision of another', () => {
    const numbered = [
      entry('1', 'deployed', { image: at('1').replace('v1', '3') }),
      entry('3', 'deployed'),
      entry('4', 'deployed'),
    ];
    expect(choose(numbered, at('4'), '3')).toBe('version.ambiguous');
    expect(choose(numbered, at('4'), 'v3')).toBe(at('3'));
  });

  it('does not go to one that failed', () => expect(choose(history, at('3'), '2')).toBe('version.has-failed'));

  it('says what there is where it has not run here', () =>
    expect(chooseVersion({ history, ...about(at('3')), replicaSets: [] }, 'v9')).toEqual({
      code: 'version.not-here',
      params: { version: 'v9', known: 'revision 1 (v1), revision 2 (v2), revision 3 (v3)' },
    }));
});

describe('what runs has drifted', () => {
  const drift = (history: HistoryEntry[], running: string) => driftFrom({ history, ...about(running) })?.image;

  it('where it is neither the last nor the last good image', () => {
    expect(drift([entry('1', 'deployed'), entry('2', 'deployed')], 'user/app:by-hand')).toBe(at('2'));
    expect(drift([entry('1', 'deployed'), entry('2', 'deployed')], at('1'))).toBe(at('2'));
    expect(drift([entry('1', 'deployed'), entry('2', 'failed-rolled-back')], 'a/b')).toBe(at('1'));
  });

  it.each([
    ['the last one', [entry('1', 'deployed')], at('1')],
    [
      'the last good one, after one that was put back',
      [entry('1', 'deployed'), entry('2', 'failed-rolled-back')],
      at('1'),
    ],
    ['one that failed and stayed', [entry('1', 'deployed'), entry('2', 'failed')], at('2')],
    ['the same image under another tag', [entry('1', 'deployed')], at('1').replace('v1', 'v2')],
    ['the first that is seen', [], 'user/app:x'],
  ])('not where it is %s', (_, history, running) => expect(drift(history, running)).toBeUndefined());
});

it('images are the same by digest, else by their words', () => {
  expect(isSameImage(at('1'), at('1').replace('v1', 'x'))).toBe(true);
  expect(isSameImage(at('1'), at('2'))).toBe(false);
  expect(isSameImage('user/app:1', 'user/app:1')).toBe(true);
  expect(isSameImage('user/app:1', at('1'))).toBe(false);
});
