import fc from 'fast-check';
import { chooseSoak, printRemembered, type SoakFacts } from '../../src/workload/soak';

const remembered = (before: number, set: number) => printRemembered({ before, set });
const probe = { hasReadinessProbe: true };
const none = { hasReadinessProbe: false };

describe('how long a new pod must stay ready', () => {
  it.each<[string, SoakFacts, { set: number; before: number } | undefined]>([
    ['10 s with a probe', probe, { set: 10, before: 0 }],
    ['30 s without', none, { set: 30, before: 0 }],
    ['what the user asks for', { ...none, asked: 5_000 }, { set: 5, before: 0 }],
    ['nothing, where the user asks for nothing', { ...none, asked: 0 }, { set: 0, before: 0 }],
    ['whole seconds, rounded up', { ...probe, asked: 1_500 }, { set: 2, before: 0 }],
    ["the owner's, where it is longer", { ...probe, present: 60 }, { set: 60, before: 60 }],
    [
      "the owner's, where it is longer than what the user asks for",
      { ...probe, asked: 5_000, present: 60 },
      { set: 60, before: 60 },
    ],
    ["ours, where the owner's is shorter", { ...probe, present: 5 }, { set: 10, before: 5 }],
    ['ours again', { ...none, present: 30, remembered: remembered(0, 30) }, { set: 30, before: 0 }],
    [
      'less, once there is a probe: our 30 s go',
      { ...probe, present: 30, remembered: remembered(0, 30) },
      { set: 10, before: 0 },
    ],
    [
      "the owner's, once there is a probe",
      { ...probe, present: 30, remembered: remembered(15, 30) },
      { set: 15, before: 15 },
    ],
    [
      "the owner's new one, changed since",
      { ...probe, present: 45, remembered: remembered(0, 30) },
      { set: 45, before: 45 },
    ],
    [
      "the owner's new one, taken away since",
      { ...probe, present: 0, remembered: remembered(5, 30) },
      { set: 10, before: 0 },
    ],
    ['below a short deadline of the workload', { ...none, progressDeadlineSeconds: 20 }, { set: 19, before: 0 }],
    ['nothing under the shortest deadline', { ...none, progressDeadlineSeconds: 1 }, { set: 0, before: 0 }],
    ['below the deadline that Kubernetes sets', { ...none, asked: 599_000 }, { set: 599, before: 0 }],
    ['no time, where the user asks for as much as that', { ...none, asked: 600_000 }, undefined],
    [
      'no time, where the user asks for the deadline',
      { ...probe, asked: 20_000, progressDeadlineSeconds: 20 },
      undefined,
    ],
    [
      'what fits a long deadline',
      { ...probe, asked: 700_000, progressDeadlineSeconds: 2_147_483_647 },
      { set: 700, before: 0 },
    ],
  ])('%s', (_, facts, soak) => expect(chooseSoak(facts)).toEqual(soak));

  it.each([
    '',
    'junk',
    'null',
    '17',
    '[]',
    '{}',
    '{"before":0}',
    '{"before":"0","set":"30"}',
    '{"before":-1,"set":30}',
    '{"before":1.5,"set":30}',
    '{"before":9000,"set":30}',
  ])('takes a workload with the note %j for its owner’s', (note) =>
    expect(chooseSoak({ ...probe, present: 30, remembered: note })).toEqual({ set: 30, before: 30 }),
  );

  const facts = fc
    .record({
      deadline: fc.integer({ min: 1, max: 5_000 }),
      present: fc.nat(5_000),
      asked: fc.option(fc.nat(6_000_000), { nil: undefined }),
      hasReadinessProbe: fc.boolean(),
      note: fc.option(
        fc.oneof(
          fc.json(),
          fc.tuple(fc.integer(), fc.integer()).map(([a, b]) => remembered(a, b)),
        ),
        { nil: undefined },
      ),
    })
    // The API server lets no other workload be.
    .filter(({ deadline, present }) => present < deadline)
    .map(
      ({ deadline, present, asked, hasReadinessProbe, note }): SoakFacts => ({
        progressDeadlineSeconds: deadline,
        present,
        hasReadinessProbe,
        ...(asked !== undefined && { asked }),
        ...(note !== undefined && { remembered: note }),
      }),
    );

  it('is never shorter than the owner’s, and always below the deadline', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const soak = chooseSoak(given);
        if (!soak)
          return expect(Math.ceil((given.asked ?? 0) / 1_000)).toBeGreaterThanOrEqual(
            given.progressDeadlineSeconds ?? 0,
          );
        expect(soak.before).toBeGreaterThanOrEqual(0);
        expect(soak.set).toBeGreaterThanOrEqual(soak.before);
        expect(soak.set).toBeLessThan(given.progressDeadlineSeconds ?? 0);
      }),
    );
  });

  it('comes out the same when it is chosen again, and never loses what the owner had', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const first = chooseSoak(given);
        if (!first) return;
        expect(chooseSoak({ ...given, present: first.set, remembered: printRemembered(first) })).toEqual(first);
      }),
    );
  });
});
