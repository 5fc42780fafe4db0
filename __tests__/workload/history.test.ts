import fc from 'fast-check';
import { OUTCOMES } from '../../src/outcome';
import { type HistoryEntry, lastGood, parseHistory, printHistory, record } from '../../src/workload/history';

const entry = (id: string, outcome = 'failed'): HistoryEntry => ({
  id,
  image: `a/b:${id}`,
  run: `https://run/${id}`,
  at: '2025-11-23T04:00:00.000Z',
  outcome,
  container: 'app',
});
const ids = (history: readonly HistoryEntry[]) => history.map(({ id }) => id);
const numbered = (count: number, outcome = 'failed') =>
  Array.from({ length: count }, (_, index) => entry(String(index), outcome));

const anyEntry: fc.Arbitrary<HistoryEntry> = fc.record(
  {
    image: fc.string(),
    run: fc.string(),
    at: fc.string(),
    outcome: fc.oneof(fc.constantFrom(...OUTCOMES, 'open', 'found'), fc.string()),
    revision: fc.string(),
    id: fc.string(),
    container: fc.constantFrom('app', 'proxy'),
  },
  { requiredKeys: ['image', 'run', 'at', 'outcome'] },
);

describe('the annotation', () => {
  it('gives back what was written', () => {
    fc.assert(
      fc.property(fc.array(anyEntry), (history) => expect(parseHistory(printHistory(history))).toEqual(history)),
    );
  });

  it.each([
    undefined,
    '',
    'junk',
    '{}',
    'null',
    '"x"',
    '17',
    '[',
    '[1,null,"x",[]]',
    '[{"image":"a"}]',
    '[{"image":1,"run":"","at":"","outcome":""}]',
  ])('that is %s is no history', (text) => expect(parseHistory(text)).toEqual([]));

  it('keeps what can be read of one that was edited', () => {
    const edited = [entry('1'), { ...entry('2'), revision: 7 }, null, { ...entry('4'), container: 1 }, entry('3')];
    expect(parseHistory(JSON.stringify(edited))).toEqual([entry('1'), entry('3')]);
  });

  it('never throws, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => expect(Array.isArray(parseHistory(text))).toBe(true)),
    );
  });
});

describe('recording', () => {
  it('adds a run at the end', () => expect(ids(record(numbered(2), entry('x')))).toEqual(['0', '1', 'x']));

  it('replaces the entry of the same run where it stands', () => {
    expect(record(numbered(3), entry('1', 'deployed'))).toEqual([entry('0'), entry('1', 'deployed'), entry('2')]);
  });

  it('adds what has no id, as often as it comes', () => {
    const { id: _, ...found } = entry('x', 'found');
    expect(record(record([], found), found)).toEqual([found, found]);
  });

  it('drops the oldest beyond ten', () =>
    expect(ids(record(numbered(10), entry('x')))).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', 'x']));

  it('drops the second oldest where the oldest is the last good one', () => {
    const history = [entry('good', 'deployed'), ...numbered(9)];
    expect(ids(record(history, entry('x')))).toEqual(['good', '1', '2', '3', '4', '5', '6', '7', '8', 'x']);
  });

  it("never drops another container's last good one either", () => {
    let history: HistoryEntry[] = [{ ...entry('proxy', 'deployed'), container: 'proxy' }];
    for (const each of numbered(20, 'deployed')) history = record(history, each);
    expect(lastGood(history, 'proxy')?.id).toBe('proxy');
  });

  it('does not change the history it was given', () => {
    const history = numbered(10);
    record(history, entry('x'));
    record(history, entry('3', 'deployed'));
    expect(history).toEqual(numbered(10));
  });

  it('never keeps more than ten, and always keeps the run it records', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 40 }), (entries) => {
        let history: HistoryEntry[] = [];
        for (const each of entries) {
          history = record(history, each);
          expect(history.length).toBeLessThanOrEqual(10);
          expect(history).toContain(each);
        }
      }),
    );
  });

  it('never forgets what was good last, however many runs fail after it', () => {
    const outcome = fc.constantFrom('deployed', 'unchanged', 'failed', 'failed', 'failed', 'cancelled', 'open');
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 60 }), (outcomes) => {
        let history: HistoryEntry[] = [];
        for (const [index, each] of outcomes.entries()) {
          history = record(history, entry(String(index), 'open'));
          history = record(parseHistory(printHistory(history)), entry(String(index), each));
        }
        const last = outcomes.findLastIndex((each) => each === 'deployed' || each === 'unchanged');
        expect(lastGood(history, 'app')?.id).toBe(last < 0 ? undefined : String(last));
      }),
    );
  });
});

describe('the last good image', () => {
  it.each<[string, string[], string | undefined]>([
    ['none where nothing was good', ['failed', 'open', 'superseded', 'cancelled', 'unknown', 'refused'], undefined],
    ['none of none', [], undefined],
    ['a deployed one', ['deployed', 'failed'], '0'],
    ['one found serving', ['found', 'open'], '0'],
    ['one seen to serve unchanged', ['deployed', 'unchanged'], '1'],
    ['one that was restarted', ['restarted', 'failed'], '0'],
    ['one that was rolled back to', ['deployed', 'rolled-back', 'failed'], '1'],
    ['never one with an outcome of a later version of this action', ['deployed', 'something-new'], '0'],
  ])('is %s', (_, outcomes, id) => {
    const history = outcomes.map((outcome, index) => entry(String(index), outcome));
    expect(lastGood(history, 'app')?.id).toBe(id);
    expect(lastGood(history, 'proxy')).toBeUndefined();
  });

  it('is that of the container, whichever was deployed last', () => {
    const history = [entry('app', 'deployed'), { ...entry('proxy', 'deployed'), container: 'proxy' }];
    for (const each of [history, history.toReversed()]) {
      expect(lastGood(each, 'app')?.id).toBe('app');
      expect(lastGood(each, 'proxy')?.id).toBe('proxy');
    }
  });

  it('can be one that names no container', () => {
    const { container: _, ...unnamed } = entry('1', 'deployed');
    expect(lastGood([unnamed, { ...entry('2', 'deployed'), container: 'proxy' }], 'app')?.id).toBe('1');
  });
});
