import fc from 'fast-check';
import { OUTCOMES } from '../../src/outcome';
import { PHASES } from '../../src/report/phase';
import { lines } from '../../src/words/en/lines';
import { problems } from '../../src/words/en/problems';
import { explain, Failure, line, type Problem, problem } from '../../src/words/words';

/** Parameters that are not plain text, by name. */
const SAMPLES: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(
    [
      ...['lines', 'asked', 'deadline', 'seconds', 'port', 'ms', 'soakMs', 'timeoutMs', 'mebibytes', 'attempt'],
      ...['bytes', 'layers'],
    ].map((key) => [key, 17]),
  ),
  ...Object.fromEntries(
    [
      'updated',
      'desired',
      'ready',
      'available',
      'old',
      'replicas',
      'count',
      'entry',
      'ends',
      'restarts',
      'exitCode',
    ].map((key) => [key, 2]),
  ),
  ...Object.fromEntries(
    ['names', 'others', 'methods', 'types', 'hosts', 'expected', 'secrets'].map((key) => [key, ['<one>', '<other>']]),
  ),
  lines: [2, 3],
  needs: ['cache'],
  of: 4,
  probe: true,
  trouble: {
    pod: '<pod>',
    container: '<container>',
    reason: 'CrashLoopBackOff',
    message: '<message>',
    restarts: 3,
    exitCode: 1,
  },
};

/** Values that choose words; each of them has to be tried. */
const CHOICES: Readonly<Record<string, readonly unknown[]>> = {
  waitingFor: ['controller', 'pods', 'ready', 'soak', 'old-pods', 'verify'],
  fault: ['no-command', 'no-permission', 'format', 'no-folder', 'no-command-set', 'other'],
  isInit: [true, false],
  isKnownGood: [true, false],
  ends: [1, 2, 3],
  exitCode: [1, 0, 137],
  secrets: [[], ['<one>'], ['<one>', '<other>']],
  key: ['', 'PASSWORD'],
  name: ['<name>', ''],
  container: ['<container>', ''],
  limit: ['', '512Mi'],
  free: ['', '1.2Gi'],
  asks: ['', '2Gi'],
  node: ['', 'vm-1'],
  quota: ['', 'small'],
  webhook: ['', 'check.example.org'],
  answer: ['', 'HTTP probe failed with statuscode: 503'],
  entrypoint: ['/server', ''],
  whose: ['timeout', 'progress'],
  by: ['deleted', 'recreated', 'changed', 'paused', 'held'],
  stage: ['connect', 'handshake', 'login'],
  damage: ['begin', 'end', 'content'],
  phase: PHASES,
  outcome: OUTCOMES,
  operation: ['deploy', 'redeploy', 'restart', 'rollback'],
  serving: ['new', 'old', 'both', 'nobody', 'unknown'],
  isOurs: [true, false],
  registry: ['docker.io', 'ghcr.io'],
  repository: ['user/app', 'ghcr.io/user/app'],
  platforms: ['linux/arm64', ''],
  needs: [['cache'], ['attestations', 'cache'], ['platforms', 'attestations', 'cache']],
  tries: [4, 1],
  bytes: [0, 17, 1_500, 2_500_000],
  added: [{ bytes: 0, layers: 0 }, { bytes: 1_500, layers: 1 }, undefined],
  username: ['somebody', ''],
  nearest: ['tags', ''],
  said: ['SSH-2.0-x', ''],
  sha: ['0123456789abcdef', ''],
  probe: ['liveness', 'startup', 'readiness', true, false],
  replicas: [1, 2],
  others: [['web'], []],
  lines: [[1], [1, 2]],
  methods: [[], ['password'], ['publickey', 'password']],
  trouble: [
    { pod: 'p', container: '', reason: 'Unschedulable', message: '0/1 nodes', restarts: 0 },
    { pod: 'p', container: 'c', reason: 'NotReady', message: '', restarts: 0 },
    { pod: 'p', container: 'c', reason: 'NotStarted', message: '', restarts: 0 },
    { pod: 'p', container: 'c', reason: 'Error', message: '', restarts: 1, exitCode: 137 },
    { pod: 'p', container: 'c', reason: 'ImagePullBackOff', message: 'no such image', restarts: 0 },
  ],
};

/** Parameters that answer every name: with a choice, a sample, or the name itself. */
function anyParams(chosen: Readonly<Record<string, unknown>> = {}): never {
  const read = (_: object, key: string | symbol): unknown => {
    const name = String(key);
    if (name in chosen) return chosen[name];
    return SAMPLES[name] ?? CHOICES[name]?.[0] ?? `<${name}>`;
  };
  // What is spread into another object keeps only what it owns.
  const owned = Object.fromEntries(
    [...Object.keys(SAMPLES), ...Object.keys(CHOICES)].map((key) => [key, read({}, key)]),
  );
  return new Proxy(owned, { get: read }) as never;
}

const VARIANTS = [
  {},
  ...Object.entries(CHOICES).flatMap(([name, values]) => values.map((value) => ({ [name]: value }))),
];
const SPOILT = /undefined|null|NaN|\[object|=>|\$\{(?!\{)|<Symbol/;

const explained = (code: Problem['code'], params: never) => explain({ code, params } as Problem);
const texts = (show: (params: never) => string) => VARIANTS.map((chosen) => show(anyParams(chosen)));

describe('every problem', () => {
  it.each(Object.keys(problems) as Problem['code'][])('%s says what happened and what to do', (code) => {
    for (const field of ['what', 'next'] as const) {
      for (const text of texts((params) => explained(code, params)[field])) {
        expect(text).not.toMatch(SPOILT);
        expect(text.trim()).toBe(text);
        expect(text).toMatch(/\S{2,} \S+/);
      }
    }
  });

  it.each([
    ...['input.list', 'build.no-buildx', 'build.unreadable', 'workload.rejected', 'workload.write-unknown'],
    ...['no-engine', 'no-builder', 'no-buildkit', 'no-boot', 'push-denied', 'push-missing', 'push-limit'].map(
      (each) => `build.${each}`,
    ),
    ...['pull-limit', 'base-denied', 'push-failed', 'no-registry', 'registry', 'emulation'].map(
      (each) => `build.${each}`,
    ),
    ...['missing', 'no-config', 'unauthorized', 'certificate', 'unreachable', 'forbidden', 'other'].map(
      (each) => `kubectl.${each}`,
    ),
  ] as Problem['code'][])('%s is a whole sentence where nobody said why', (code) => {
    expect(explained(code, anyParams({ detail: '' })).what).toMatch(/[^:.]\.$|: it gave no reason$/);
  });

  it('of a rollout that ran out of time is whole without a container in trouble', () => {
    const { what, next } = explained('rollout.deadline', anyParams({ trouble: undefined }));
    expect(what + next).not.toMatch(SPOILT);
  });

  it('of a list that cannot be read is whole without the number of an entry', () => {
    const { what, next } = explain(problem('input.registry-auth', {}));
    expect(what + next).not.toMatch(SPOILT);
    expect(what).not.toMatch(/Entry/);
  });

  it('has advice that is not what has been said already', () => {
    for (const code of Object.keys(problems) as Problem['code'][]) {
      const { what, next } = explained(code, anyParams());
      expect(what).not.toContain(next);
    }
  });
});

describe('every line', () => {
  it.each(Object.keys(lines) as (keyof typeof lines)[])('%s has words', (code) => {
    for (const text of texts((params) => line(code, params))) {
      expect(text).not.toMatch(SPOILT);
      expect(text).toMatch(/\S/);
    }
  });

  it('that titles a bar of the chart holds nothing that mermaid reads as its own', () => {
    for (const phase of PHASES) expect(line('phase.title', { phase })).toMatch(/^[A-Za-z ]+$/);
  });
});

describe('what a person wrote', () => {
  const shown: ((given: string) => Problem)[] = [
    (given) => problem('input.shape', { name: 'x', given, wanted: 'y' }),
    (given) => problem('input.duration', { name: 'x', given }),
    (given) => problem('input.no-context', { context: given }),
    (given) => problem('input.no-dockerfile', { file: given }),
    (given) => problem('input.unknown', { name: given, nearest: '' }),
    (given) => problem('image.name', { given, why: 'x' }),
    (given) => problem('image.capitals', { given, lower: given.toLowerCase() }),
    (given) => problem('image.tag', { given }),
    (given) => problem('image.digest', { given }),
    (given) => problem('image.tagless', { given }),
  ];

  it('is shown short and on one line', () => {
    fc.assert(
      fc.property(fc.constantFrom(...shown), fc.string({ unit: 'binary', maxLength: 300 }), (of, given) => {
        const { what, next } = explain(of(given));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        expect(what + next).not.toMatch(/[\u0000-\u001f]/);
        expect(what.length).toBeLessThan(1_200);
      }),
    );
  });
});

describe('a failure', () => {
  const [cancelled, shape] = [problem('run.cancelled', {}), problem('input.missing', { name: 'x' })];

  it('carries all its problems, and says them', () => {
    const failure = new Failure([cancelled, shape]);
    expect(failure.problems).toEqual([cancelled, shape]);
    expect(failure.message).toBe(`${explain(cancelled).what} ${explain(shape).what}`);
  });

  it('may have one problem, and a cause', () => {
    const cause = new Error('deeper');
    const failure = new Failure(cancelled, { cause });
    expect([failure.problems, failure.cause]).toEqual([[cancelled], cause]);
  });
});
