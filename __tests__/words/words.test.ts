import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { OUTCOMES } from '../../src/outcome';
import { PHASES } from '../../src/report/phase';
import type { Step, Wait, Which } from '../../src/rollout/steps';
import * as enAdvice from '../../src/words/en/advice';
import * as enLines from '../../src/words/en/lines';
import * as enProblems from '../../src/words/en/problems';
import * as koAdvice from '../../src/words/ko/advice';
import * as koLines from '../../src/words/ko/lines';
import * as koProblems from '../../src/words/ko/problems';
import { setLanguage } from '../../src/words/language';
import { type Explanation, explain, Failure, line, type Problem, problem } from '../../src/words/words';
import type { Advice } from '../../src/workload/advice';

type Words<Of> = Readonly<Record<string, (params: never) => Of>>;
interface Catalogue {
  readonly problems: Words<Explanation>;
  readonly lines: Words<string>;
  readonly adviceLines: Words<enAdvice.AdviceWords>;
}

const CATALOGUES = {
  en: { ...enProblems, ...enLines, ...enAdvice } satisfies Catalogue as Catalogue,
  ko: { ...koProblems, ...koLines, ...koAdvice } satisfies Catalogue as Catalogue,
};
const LANGUAGES = Object.keys(CATALOGUES) as (keyof typeof CATALOGUES)[];
const PROBLEM_CODES = Object.keys(enProblems.problems);
const LINE_CODES = Object.keys(enLines.lines);

/** What a catalogue has for a code; there is no `undefined` to go on with. */
function wordsOf<Of>(table: Words<Of>, code: string): (params: never) => Of {
  const found = table[code];
  if (!found) throw new Error(`no words for ${code}`);
  return found;
}

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
    ['names', 'others', 'methods', 'types', 'hosts', 'expected', 'secrets', 'fields'].map((key) => [
      key,
      ['<one>', '<other>'],
    ]),
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

const WAITS: readonly Wait[] = [
  ...([
    'controller',
    'pods',
    'old-ending',
    'node',
    'set-up',
    'program',
    'restart',
    'ready',
    'soak',
    'old-pods',
    'verify',
  ] as const),
];
const WHICH: readonly Which[] = ['new', 'present', 'restored'];
const [ONE, SOME] = [
  { first: 2, last: 2, of: 5 },
  { first: 2, last: 4, of: 5 },
];
const STEPS: readonly Step[] = [
  ...[[], ['<node>'], ['<one>', '<other>']].flatMap((nodes): Step[] => [
    { did: 'starts', ...ONE, nodes },
    { did: 'starts', ...SOME, nodes },
  ]),
  { did: 'ready', ...ONE },
  ...(
    [
      [0, 0],
      [8, 8],
      [0, 90],
    ] as const
  ).map((seconds): Step => ({ did: 'ready', ...SOME, seconds })),
  { did: 'stopping', ...ONE },
  { did: 'stopping', ...SOME },
  { did: 'kept', ready: 1, of: 2 },
  { did: 'lost', ready: 1, of: 2 },
  ...[
    { ms: 3_200, waitedMs: 0 },
    { ms: 3_200, waitedMs: 5_000, bytes: 41_234_567 },
  ].map((pull): Step => ({ did: 'pulled', pull })),
  ...(['none', 'ended', 1, 3] as const).map((old): Step => ({ did: 'serves', ready: 3, of: 3, old })),
];

/** Values that choose words; each of them has to be tried. */
const CHOICES: Readonly<Record<string, readonly unknown[]>> = {
  waitingFor: ['controller', 'pods', 'ready', 'soak', 'old-pods', 'verify'],
  wait: WAITS,
  which: WHICH,
  step: STEPS,
  soak: [10, 0],
  forMs: [0, 35_000],
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
  reason: ['<reason>', 'OOMKilled'],
  given: ['<given>', '/app'],
  version: ['<version>', '0123abc', ''],
  known: ['<known>', ''],
  isDryRun: [true, false],
  run: ['<run>', ''],
  by: ['deleted', 'recreated', 'changed', 'paused', 'held'],
  stage: ['connect', 'handshake', 'login'],
  damage: ['begin', 'end', 'content'],
  phase: PHASES,
  outcome: OUTCOMES,
  input: ['timeout', 'pull', 'ssh-host', 'language'],
  apiFault: ['right', 'token', 'unseen', 'commit', 'limit', 'trouble', 'silent'],
  nameFault: ['tag', 'component', 'length'],
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
  manager: ['<manager>', 'kubectl-client-side-apply'],
  command: ['<command>', ''],
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
/** Made once: there are many texts. */
const PARAMS = VARIANTS.map((chosen) => anyParams(chosen));
const SPOILT = /undefined|null|NaN|\[object|=>|\$\{(?!\{)|<Symbol/;

/** Every text that a choice of parameters gives, each once. */
function texts(show: (params: never) => string): string[] {
  return [...new Set(PARAMS.map(show))];
}

describe.each(LANGUAGES)('every problem in %s', (language) => {
  const { problems } = CATALOGUES[language];
  const explained = (code: string, params: never) => wordsOf(problems, code)(params);

  it.each(PROBLEM_CODES)('%s says what happened and what to do', (code) => {
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
    'github.deployment',
    ...['pull-limit', 'base-denied', 'push-failed', 'no-registry', 'registry', 'emulation'].map(
      (each) => `build.${each}`,
    ),
    ...['missing', 'no-config', 'unauthorized', 'certificate', 'unreachable', 'forbidden', 'other'].map(
      (each) => `kubectl.${each}`,
    ),
  ])('%s is a whole sentence where nobody said why', (code) => {
    expect(explained(code, anyParams({ detail: '' })).what).toMatch(
      /[^:.]\.$|: (?:it gave no reason|이유를 밝히지 않았습니다)$/,
    );
  });

  it.each(PROBLEM_CODES)('%s lets a command end its line, unless it stands in quotes or brackets', (code) => {
    const command =
      /\b(?:kubectl (?:get|describe|create|delete|logs|patch|rollout|scale|uncordon)|sudo \w+|docker run|crictl|ssh-key(?:gen|scan) -|git update-index|puttygen \w) [^\n]*[.,;:] /;
    for (const text of texts((params) => explained(code, params).next))
      expect(text.replace(/"[^"\n]*"|\([^()\n]*\)|`[^`\n]*`/g, '')).not.toMatch(command);
  });

  it('of a rollout that ran out of time is whole without a container in trouble', () => {
    const { what, next } = explained('rollout.deadline', anyParams({ trouble: undefined }));
    expect(what + next).not.toMatch(SPOILT);
  });

  it('of a list that cannot be read is whole without the number of an entry', () => {
    const { what, next } = explained('input.registry-auth', {} as never);
    expect(what + next).not.toMatch(SPOILT);
    expect(what).not.toMatch(/Entry|번째/);
  });

  it('has advice that is not what has been said already', () => {
    for (const code of PROBLEM_CODES) {
      const { what, next } = explained(code, anyParams());
      expect(what).not.toContain(next);
    }
  });
});

describe.each(LANGUAGES)('every line in %s', (language) => {
  const { lines } = CATALOGUES[language];
  const lineOf = (code: string, params: never) => wordsOf(lines, code)(params);

  it.each(LINE_CODES)('%s has words', (code) => {
    for (const text of texts((params) => lineOf(code, params))) {
      expect(text).not.toMatch(SPOILT);
      expect(text).toMatch(/\S/);
    }
  });

  it('that titles a bar of the chart holds nothing that mermaid reads as its own', () => {
    for (const phase of PHASES) expect(lineOf('phase.title', { phase } as never)).toMatch(/^[A-Za-z가-힣 ]+$/);
  });

  it('of a plan that has no way back says so', () => {
    const [none, some] = ['', '<image>'].map((image) => lineOf('plan.back', { image } as never));
    expect(some).toContain('<image>');
    expect(none).not.toMatch(SPOILT);
    expect(none).not.toBe(some?.replace('<image>', ''));
  });

  it('of the history stands in columns, whatever it says', () => {
    const entry = { at: '2026-11-23T12:00:00Z', image: '<image>', run: '' };
    const columns = [
      { ...entry, outcome: 'found' },
      { ...entry, outcome: 'failed-rollback-failed', revision: '17' },
    ].map((each) => widthOf(lineOf('log.history-entry', each as never).split('<image>')[0] ?? ''));
    expect(columns[0]).toBe(columns[1]);
  });
});

/** One piece of advice of every kind, and of every choice of words. */
const ADVICE: readonly Advice[] = [
  ...(['kubeadm', 'k3s', 'other'] as const).flatMap((madeBy) =>
    [0, 1, 17].map((days): Advice => {
      const end = new Date('2026-12-10T12:00:00Z');
      return { code: 'certificate-ends', params: { days, end, madeBy, username: '<username>' } };
    }),
  ),
  { code: 'previous-gone', params: { container: '<container>', image: '<image>' } },
  ...(
    [
      { kind: 'http', path: '/healthz', port: 8080, scheme: 'HTTPS', timeoutSeconds: 3 },
      { kind: 'tcp', port: 8080 },
      { kind: 'tcp' },
    ] as const
  ).map((probe): Advice => ({ code: 'no-readiness-probe', params: { container: '<container>', probe } })),
  ...[1, 2, 3].map(
    (replicas): Advice => ({ code: 'all-unavailable', params: { replicas, maxUnavailable: '100%', maxSurge: 0 } }),
  ),
  { code: 'recreate-one', params: {} },
  ...[['<one>'], ['<one>', '<two>', '<three>', '<four>']].map(
    (neighbours): Advice => ({ code: 'no-requests', params: { container: '<container>', neighbours } }),
  ),
  { code: 'manifest-differs', params: { container: '<container>', applied: '<applied>', running: '<running>' } },
];

describe.each(LANGUAGES)('every piece of advice in %s', (language) => {
  const { adviceLines } = CATALOGUES[language];

  it('is tried here', () => {
    expect(new Set(ADVICE.map(({ code }) => code))).toEqual(new Set(Object.keys(adviceLines)));
  });

  it.each(ADVICE)('$code says what will hurt, with $params', ({ code, params }) => {
    const { text, snippet } = wordsOf(adviceLines, code)(params as never);
    expect(text + snippet?.code).not.toMatch(snippet ? SPOILT : /undefined(?!$)|null|NaN|\[object/);
    expect(text.trim()).toBe(text);
    expect(text.endsWith(':')).toBe(snippet !== undefined && !text.endsWith('.'));
  });
});

/** What a program, a file or a person must find as it is, whatever the language of the sentence around it. */
const KEPT: Readonly<Record<string, RegExp>> = {
  'words in quotes': /"[^"\n]*"/g,
  'code in backticks': /`[^`\n]+`/g,
  'what was filled in': /<[\w-]+>/g,
  'numbers and versions': /\d+(?:\.\d+)*/g,
  'names of Kubernetes, of variables and of files': /[a-z]+[A-Z]\w*|[A-Z]{3,}\w*|[\w.@~-]*[/=][\w./=-]*\w/g,
  'options and inputs with dashes': /--[a-z-]+|\bssh-[a-z]+(?:-[a-z]+)*/g,
  commands:
    /\b(?:kubectl (?:get|describe|apply|create|delete|logs|patch|rollout|scale|top|uncordon)|sudo (?:ss|sshd|fail2ban-client|journalctl|systemctl|kubeadm|install)|ssh-key(?:gen|scan) -|kubeadm certs|crictl (?:pull|rmi)|docker run|git update-index|puttygen \w|curl -) ?(?:(?! \(|[.,;:)"\n](?:\s|$)|["`)\n]| — | [A-Z][a-z]+ | on the ).)+/g,
};

/** The Korean text names a phase as the Korean log does. */
function translated(kept: string): string {
  const phase = PHASES.find(
    (each) => kept === `"${wordsOf(CATALOGUES.en.lines, 'phase.title')({ phase: each } as never)}"`,
  );
  return phase ? `"${wordsOf(CATALOGUES.ko.lines, 'phase.title')({ phase } as never)}"` : kept;
}

/** What of the English text is to be kept and does not stand in the Korean one, or less often. */
function lostIn(korean: string, english: string): string[] {
  return Object.values(KEPT).flatMap((kind) => {
    const kept = (english.match(kind) ?? []).map(translated);
    const times = (each: string) => kept.filter((other) => other === each).length;
    return [...new Set(kept)].filter((each) => korean.split(each).length - 1 < times(each));
  });
}

/** The Korean and the English text for every choice of parameters, each pair once. */
function pairs(korean: (params: never) => string, english: (params: never) => string): [ko: string, en: string][] {
  const all = PARAMS.map((params): [string, string] => [korean(params), english(params)]);
  return [...new Map(all.map((pair) => [pair.join('\0'), pair])).values()];
}

/** Columns of a terminal: a letter of Hangul takes two. */
function widthOf(text: string): number {
  return text.length + (text.match(HANGUL)?.length ?? 0);
}

const HANGUL = /[가-힣]/g;
/** Nothing in these is a word, but what others say and the name of a pod. */
const WITHOUT_WORDS = new Set(['log.event', 'log.trouble', 'summary.pod']);

describe('the Korean catalogue', () => {
  const { en, ko } = CATALOGUES;

  it.each(['problems', 'lines', 'adviceLines'] as const)('has the same codes of %s as the English one', (table) => {
    expect(Object.keys(ko[table]).sort()).toEqual(Object.keys(en[table]).sort());
  });

  it.each(PROBLEM_CODES)('says %s in Korean, and keeps its facts', (code) => {
    for (const field of ['what', 'next'] as const) {
      const [inKorean, inEnglish] = [wordsOf(ko.problems, code), wordsOf(en.problems, code)];
      for (const [korean, english] of pairs(
        (params) => inKorean(params)[field],
        (params) => inEnglish(params)[field],
      )) {
        expect(korean).toMatch(/[가-힣]{2}/);
        expect(lostIn(korean, english)).toEqual([]);
      }
    }
  });

  it.each(PROBLEM_CODES)('tells %s formally and asks politely', (code) => {
    const said = wordsOf(ko.problems, code);
    for (const what of texts((params) => said(params).what)) expect(what).toMatch(/니다/);
    for (const next of texts((params) => said(params).next)) expect(next).toMatch(/세요/);
    for (const text of texts((params) => Object.values(said(params)).join(' ')))
      expect(text).not.toMatch(/(?<!세)요\.|십시오|[^니]다\./);
  });

  it.each(LINE_CODES)('says %s in Korean, and keeps its facts', (code) => {
    for (const [korean, english] of pairs(wordsOf(ko.lines, code), wordsOf(en.lines, code))) {
      if (!WITHOUT_WORDS.has(code)) expect(korean).toMatch(/[가-힣]/);
      expect(lostIn(korean, english)).toEqual([]);
    }
  });

  it.each(ADVICE)('gives the advice $code in Korean, with the same lines to write, for $params', ({ code, params }) => {
    const [korean, english] = [ko, en].map(({ adviceLines }) => wordsOf(adviceLines, code)(params as never));
    expect(korean?.text).toMatch(/[가-힣]{2}/);
    expect(lostIn(korean?.text ?? '', english?.text ?? '')).toEqual([]);
    const [toWrite, inEnglish] = [korean, english].map((each) => each?.snippet?.code.replace(/^#.*$/gm, '#'));
    expect(toWrite).toBe(inEnglish);
    expect(korean?.snippet?.language).toBe(english?.snippet?.language);
  });

  it('would be seen to lose a command, an input, a number or what was filled in', () => {
    const english = 'The pod <pod> took 17 s: set "soak", or see kubectl get pods -n <namespace>. More with `x`.';
    expect(lostIn('', english)).toEqual([
      ...['"soak"', '`x`', '<pod>', '<namespace>', '17'],
      'kubectl get pods -n <namespace>',
    ]);
    expect(lostIn('더 보려면 "빌드와 푸시" 그룹', 'See the group "Build and push"')).toEqual([]);
  });
});

describe("the README's table of messages", () => {
  const FILES = { en: 'README.md', ko: 'README.ko.md' };

  /** The first cell of each row, without the heads. */
  function messagesOf(language: keyof typeof FILES): string[] {
    const text = readFileSync(join(__dirname, '../..', FILES[language]), 'utf8');
    const [, table = ''] = /<!-- messages:begin -->\n([\s\S]*?)\n<!-- messages:end -->/.exec(text) ?? [];
    const rows = table.split('\n').slice(2);
    return rows.map((row) => row.split(' | ')[0]?.replace(/^\| /, '') ?? '');
  }

  /** The codes whose words begin so; `…` stands for anything. */
  function codesOf(language: keyof typeof FILES, message: string): string[] {
    const parts = message.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const pattern = new RegExp(`^${parts.join('[\\s\\S]+')}`);
    return PROBLEM_CODES.filter((code) =>
      texts((params) => wordsOf(CATALOGUES[language].problems, code)(params).what).some((what) => pattern.test(what)),
    );
  }

  it.each(LANGUAGES)('holds in %s what the program says, and one message a row', (language) => {
    const messages = messagesOf(language);
    expect(messages.length).toBeGreaterThan(10);
    expect(messages.map((each) => [each, codesOf(language, each).length])).toEqual(messages.map((each) => [each, 1]));
  });

  it('holds the same messages in both languages, in the same order', () => {
    const [en, ko] = LANGUAGES.map((language) => messagesOf(language).flatMap((each) => codesOf(language, each)));
    expect(ko).toEqual(en);
  });
});

describe.each(LANGUAGES)('what a person wrote, in %s', (language) => {
  const shown: ((given: string) => Problem)[] = [
    (given) => problem('input.shape', { input: 'timeout', given }),
    (given) => problem('input.duration', { name: 'x', given }),
    (given) => problem('input.no-context', { context: given }),
    (given) => problem('input.no-dockerfile', { file: given }),
    (given) => problem('input.unknown', { name: given, nearest: '' }),
    (given) => problem('image.name', { given, nameFault: 'tag', part: '' }),
    (given) => problem('image.capitals', { given, lower: given.toLowerCase() }),
    (given) => problem('image.tag', { given }),
    (given) => problem('image.digest', { given }),
    (given) => problem('image.tagless', { given }),
  ];

  it('is shown short and on one line', () => {
    fc.assert(
      fc.property(fc.constantFrom(...shown), fc.string({ unit: 'binary', maxLength: 300 }), (of, given) => {
        const { code, params } = of(given);
        const { what, next } = wordsOf(CATALOGUES[language].problems, code)(params as never);
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

describe('the language', () => {
  afterEach(() => setLanguage('en'));

  it('is English, until another one is chosen', () => {
    expect(explain(problem('input.missing', { name: 'image' })).what).toMatch(/missing/);
    setLanguage('ko');
    const { what, next } = explain(problem('input.missing', { name: 'image' }));
    expect([what, next, line('summary.image', {})].every((text) => /[가-힣]/.test(text))).toBe(true);
  });
});
