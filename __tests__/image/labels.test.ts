import fc from 'fast-check';
import { BUILD_ARGS_LABEL, hashBuildArgs, labelsOf } from '../../src/image/labels';
import type { RunInfo } from '../../src/inputs/config';
import type { RawInputs } from '../../src/inputs/names';
import { configOf, RUN } from '../inputs/sample';

const AT = '2026-03-01T10:20:30+09:00';
const labels = (given: Partial<RawInputs> = {}, run: Partial<RunInfo> = { committedAt: AT }) =>
  labelsOf(configOf({ image: 'user/app', ...given }, { ...RUN, ...run }), {});
const asObject = (entries: readonly string[]) =>
  Object.fromEntries(entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
const OCI = 'org.opencontainers.image';

describe('the labels of an image', () => {
  it('say where it comes from, of which commit and when that was made', () => {
    expect(asObject(labels({ tags: 'v1,latest' }))).toEqual({
      [`${OCI}.source`]: 'https://github.com/medibird/example',
      [`${OCI}.revision`]: RUN.sha,
      [`${OCI}.created`]: '2026-03-01T01:20:30Z',
      [`${OCI}.version`]: 'v1',
      [`${OCI}.title`]: 'example',
      [BUILD_ARGS_LABEL]: hashBuildArgs([], {}),
    });
  });

  it.each([
    ['2026-03-01T01:20:30Z', '2026-03-01T01:20:30Z'],
    ['2026-03-01T10:20:30+09:00', '2026-03-01T01:20:30Z'],
    ['2026-03-01T01:20:30.999Z', '2026-03-01T01:20:30Z'],
    ['yesterday', undefined],
    ['', undefined],
  ])('write the time %j as %j', (committedAt, created) =>
    expect(asObject(labels({}, { committedAt }))[`${OCI}.created`]).toBe(created),
  );

  it('say nothing that is not known', () => {
    const names = Object.keys(asObject(labels({ tags: 'v1' }, { sha: '', repositoryUrl: '' })));
    expect(names).toEqual([`${OCI}.version`, `${OCI}.title`, BUILD_ARGS_LABEL]);
  });

  it.each([
    `${OCI}.version=1.2.3`,
    `${OCI}.created=2020-01-01T00:00:00Z`,
    `${OCI}.title=`,
    `${OCI}.revision=a=b`,
    `${BUILD_ARGS_LABEL}=mine`,
  ])('leave %s to the user, once', (label) => {
    const all = labels({ labels: label });
    const name = label.slice(0, label.indexOf('=') + 1);
    expect(all.filter((each) => each.startsWith(name))).toEqual([label]);
    expect(all).toHaveLength(labels().length);
  });

  it('leave a label without a value to the user too', () => {
    const name = `${OCI}.title`;
    expect(labels({ labels: name }).filter((each) => each.startsWith(name))).toEqual([name]);
  });

  it("keep the user's as they were written, the last ones in the list", () => {
    const given = ['a.b/c=d', 'quoted=say "hi"', 'lines=one\ntwo', 'empty='];
    const text = given.map((each) => `"${each.replaceAll('"', '""')}"`).join('\n');
    expect(labels({ labels: text }).slice(-given.length)).toEqual(given);
  });

  it('are the same for the same inputs, whichever run builds them', () => {
    const name = fc.stringMatching(/^[a-z.]{1,8}$/);
    const user = fc.array(fc.tuple(name, fc.string({ maxLength: 10 })));
    fc.assert(
      fc.property(user, fc.array(fc.tuple(name, fc.string({ maxLength: 10 }))), (own, args) => {
        const config = configOf({ image: 'user/app' });
        const entries = (pairs: [string, string][]) => pairs.map(([key, value]) => `${key}=${value}`);
        const build = { ...config.build, labels: entries(own), buildArgs: entries(args) };
        const run = { ...RUN, id: 'another', url: 'https://elsewhere', actor: 'somebody else' };
        const first = labelsOf({ ...config, build }, {});
        expect(labelsOf({ ...config, build, run }, {})).toEqual(first);
        // The last label of a name is the one that docker takes.
        expect(asObject(first)).toMatchObject(Object.fromEntries(own));
      }),
    );
  });
});

describe('the hash of the build arguments', () => {
  const environment = { FROM_OUTSIDE: 'x' };

  it.each([
    [
      ['A=1', 'B=2'],
      ['B=2', 'A=1'],
    ],
    [['A=1', 'A=2'], ['A=2']],
    [['FROM_OUTSIDE'], ['FROM_OUTSIDE=x']],
    [['MISSING'], []],
    [['A=1', 'MISSING'], ['A=1']],
  ])('of %j is that of %j', (one, other) =>
    expect(hashBuildArgs(one, environment)).toBe(hashBuildArgs(other, environment)),
  );

  it.each([
    [['A=1'], ['A=2']],
    [['A=1'], ['B=1']],
    [['A=1'], []],
    [['A='], []],
    [
      ['A=1', 'A=2'],
      ['A=2', 'A=1'],
    ],
    [['A=1\nB=2'], ['A=1', 'B=2']],
    [['A==B'], ['A=B']],
    [['FROM_OUTSIDE'], ['FROM_OUTSIDE=y']],
    [['AB=C'], ['A=BC']],
  ])('of %j is not that of %j', (one, other) =>
    expect(hashBuildArgs(one, environment)).not.toBe(hashBuildArgs(other, environment)),
  );

  it('shows nothing of them', () => {
    expect(hashBuildArgs(['TOKEN=hunter2'], {})).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  const name = fc.string({ minLength: 1, maxLength: 6 }).filter((each) => !each.includes('='));
  const args = fc.uniqueArray(fc.tuple(name, fc.string({ unit: 'binary', maxLength: 8 })), {
    selector: ([key]) => key,
  });
  const entries = (pairs: readonly [string, string][]) => pairs.map(([key, value]) => `${key}=${value}`);

  it('does not depend on their order', () => {
    const shuffled = args.chain((pairs) =>
      fc.tuple(fc.constant(pairs), fc.shuffledSubarray(pairs, { minLength: pairs.length })),
    );
    fc.assert(
      fc.property(shuffled, ([pairs, others]) => {
        expect(hashBuildArgs(entries(others), {})).toBe(hashBuildArgs(entries(pairs), {}));
      }),
    );
  });

  it('is another for other arguments', () => {
    fc.assert(
      fc.property(args, args, (one, other) => {
        const isSame =
          JSON.stringify(Object.entries(Object.fromEntries(one)).sort()) ===
          JSON.stringify(Object.entries(Object.fromEntries(other)).sort());
        fc.pre(!isSame);
        expect(hashBuildArgs(entries(one), {})).not.toBe(hashBuildArgs(entries(other), {}));
      }),
    );
  });
});
