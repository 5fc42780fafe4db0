import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { stringify } from 'yaml';
import { buildArgv, secretEnvironment } from '../../src/image/buildx';
import { cachesOf } from '../../src/image/cache';
import { labelsOf } from '../../src/image/labels';
import { loginEnvironment, loginsOf } from '../../src/image/login';
import { printRepository } from '../../src/image/reference';
import { checkInputs } from '../../src/inputs/check';
import type { Config } from '../../src/inputs/config';
import { INPUTS, type InputName, type RawInputs, SECRET_INPUTS } from '../../src/inputs/names';
import { parseInputs } from '../../src/inputs/parse';
import { getArgv, logsArgv, patchArgv, paths, watchArgv } from '../../src/kubectl/argv';
import type { Report } from '../../src/report/report';
import { holdLine } from '../../src/transport/held';
import { quote } from '../../src/transport/quote';
import { explain, type Problem } from '../../src/words/words';
import { FINGERPRINT, RUN, rawInputs } from '../inputs/sample';
import { corpus, type Hostile } from './corpus';
import { cut, faultsOf, some, wordsOf } from './judge';
import { Runner } from './step';

jest.setTimeout(120_000);

const runner = new Runner();
const CANARY = join(runner.folder, 'canary');
const VALUES = corpus(CANARY);
beforeAll(() => runner.start());
afterAll(() => runner.stop());

/** How a value was written into an input, and what has to come of it where it is taken. */
interface Place {
  readonly input: InputName;
  readonly write: (value: string) => string;
  /** What of the configuration, or of the words it makes, is to be the value byte for byte. */
  readonly read: (config: Config) => readonly (string | undefined)[];
  /** The value as the input's own rules have it: without white space around it, by default. */
  readonly expect?: (value: string) => string;
}

const trim = (value: string) => value.trim();
/** An entry of a list as its syntax wants it, whatever is in it. */
const entry = (text: string) => `"${text.replaceAll('"', '""')}"`;
/** A comma and a line break separate entries, so what comes of one value may be several. */
const entries = (value: string) =>
  value
    .split(/[,\n]/)
    .map((each) => each.trim().replace(/^"(.*)"$/, '$1'))
    .filter(Boolean)
    .join();
const option = (config: Config, name: string) => {
  const argv = argvOf(config);
  return argv.flatMap((word, index) => (word === name ? [argv[index + 1]] : []));
};
const whole = (input: InputName, read: Place['read'], expected = trim): Place => ({
  input,
  write: (value) => value,
  read,
  expect: expected,
});
const keyed = (input: InputName, flag: string, expected = (value: string) => `NAME=${value}`.trim()): Place => ({
  input,
  write: (value) => entry(`NAME=${value}`),
  read: (config) => option(config, flag),
  expect: expected,
});

/** The fields that buildx reads in an option that is CSV. */
const fields = (text: string | undefined): string[] => parse(text ?? '', { recordDelimiter: '\n' })[0] ?? [];
const fieldOf = (config: Config, flag: string, name: string) =>
  option(config, flag)
    .flatMap(fields)
    .filter((field) => field.startsWith(`${name}=`))
    .map((field) => field.slice(name.length + 1));
const isGiven = (given: boolean) => [given ? 'true' : 'false'];
const shown = (ms: number | undefined) => [ms === undefined ? undefined : `${ms}`];

/** Every input of action.yml, with each way in which a value can stand in it. */
const PLACES: readonly Place[] = [
  whole('operation', ({ operation }) => [operation.kind]),
  whole('version', ({ operation }) => ['version' in operation ? operation.version : undefined]),
  whole('dry-run', ({ isDryRun }) => isGiven(isDryRun)),
  whole('allow-other-build-args', ({ operation }) =>
    isGiven('allowOtherBuildArgs' in operation && operation.allowOtherBuildArgs),
  ),
  whole(
    'image',
    ({ image }) => [printRepository(image.repository)],
    (value) => value.trim().replace(/^(?:index\.)?docker\.io\/(?:library\/)?/, ''),
  ),
  // An empty entry is none, and with none the commit is the tag.
  whole(
    'tags',
    ({ image }) => [image.references.map(({ tag }) => tag).join()],
    (value) => entries(value) || RUN.sha,
  ),
  whole('registry-username', ({ image }) => [loginsOf(image)[0]?.username, authOf(image)[0]]),
  whole('registry-password', ({ image }) => [loginsOf(image)[0]?.password.reveal(), authOf(image)[1]]),
  {
    input: 'registry-auth',
    write: (value) => stringify([{ registry: 'ghcr.io', username: 'u', password: value }]),
    read: ({ image }) => image.otherLogins.map(({ password }) => password.reveal()),
    expect: (value) => value,
  },
  {
    input: 'registry-auth',
    write: (value) => value,
    read: ({ image }) => (image.otherLogins.length === 0 ? [] : [JSON.stringify(image.otherLogins)]),
    expect: () => '',
  },
  whole('manifests', ({ manifests }) => [manifests && JSON.stringify(manifests)]),
  whole('context', (config) => [config.build.context, argvOf(config).at(-1)]),
  whole('file', (config) => option(config, '--file')),
  whole('target', (config) => option(config, '--target')),
  keyed('build-args', '--build-arg'),
  keyed('build-contexts', '--build-context'),
  keyed('labels', '--label'),
  {
    input: 'labels',
    write: (value) => entry(`${value}=x`),
    read: ({ build }) => build.labels,
    expect: (value) => `${value}=x`.trim(),
  },
  {
    input: 'secrets',
    write: (value) => entry(`id=${value}`),
    read: ({ build }) => Object.values(secretEnvironment(build.secrets)),
    expect: (value) => `id=${value}`.trim().slice('id='.length),
  },
  {
    input: 'secrets',
    write: (value) => entry(`${value}=x`),
    read: (config) => fieldOf(config, '--secret', 'id'),
    // What stands before the first "=" is the id.
    expect: (value) => value.trim().replace(/=.*$/s, ''),
  },
  {
    input: 'secret-envs',
    write: (value) => entry(`id=${value}`),
    read: (config) => fieldOf(config, '--secret', 'env'),
  },
  {
    input: 'secret-files',
    write: (value) => entry(`id=${value}`),
    read: (config) => fieldOf(config, '--secret', 'src'),
    expect: (value) => `id=${value}`.trim().slice('id='.length),
  },
  whole('platforms', (config) => option(config, '--platform'), entries),
  ...(['cache-from', 'cache-to'] as const).map(
    (input): Place => ({
      input,
      write: (value) => entry(`type=local,${entry(`dest=${value}`)}`),
      read: (config) => fieldOf(config, `--${input}`, 'dest'),
      expect: (value) => value,
    }),
  ),
  ...(['no-cache', 'pull', 'skip-existing'] as const).map((input) =>
    whole(input, ({ build }) =>
      isGiven({ 'no-cache': build.noCache, pull: build.pull, 'skip-existing': build.skipExisting }[input]),
    ),
  ),
  whole('builder', (config) => option(config, '--builder')),
  whole('network', (config) => option(config, '--network')),
  whole('provenance', ({ build }) => [build.provenance]),
  whole('sbom', ({ build }) => [build.sbom]),
  whole('ssh-host', ({ host }) => [host.host]),
  whole('ssh-port', ({ host }) => [`${host.port}`]),
  whole('ssh-username', ({ host }) => [host.username]),
  whole('ssh-key', ({ host }) => [host.key.reveal()]),
  whole('ssh-passphrase', ({ host }) => [host.passphrase?.reveal()]),
  whole('ssh-host-key', () => ['none of these is one']),
  whole(
    'kubectl',
    ({ host }) => [host.kubectl.join(' ')],
    (value) => value.trim().replace(/\s+/g, ' '),
  ),
  whole(
    'deployment',
    ({ workloads }) => [workloads.map(({ name }) => name).join('\n')],
    (value) =>
      value
        .trim()
        .split(/\s*[\n,]\s*/)
        .join('\n')
        .replaceAll('"', ''),
  ),
  whole(
    'container',
    ({ workload }) => [
      workload.containers.map(({ name, image }) => (image === undefined ? name : `${name}=${image}`)).join('\n'),
    ],
    (value) =>
      value
        .trim()
        .split(/\s*\n\s*/)
        .join('\n'),
  ),
  {
    input: 'container',
    write: (value) => `app\n${entry(`proxy=${value}`)}`,
    read: ({ workload }) => workload.containers.map(({ image }) => image).slice(1),
    expect: trim,
  },
  whole('namespace', ({ workload }) => [workload.namespace]),
  whole('timeout', ({ verdict }) => shown(verdict.timeoutMs)),
  whole('soak', ({ verdict }) => shown(verdict.soakMs)),
  whole('max-restarts', ({ verdict }) => [`${verdict.maxRestarts}`]),
  whole('rollback-on-failure', ({ verdict }) => isGiven(verdict.rollbackOnFailure)),
  whole('verify-path', ({ verdict }) => {
    const { port, path = '' } = verdict.verifyPath ?? {};
    return [port === undefined ? path : `:${port}${path}`];
  }),
  whole('verify-url', ({ verdict }) => [asked(verdict.verifyUrl)]),
  whole('github-deployment', ({ githubToken }) => isGiven(githubToken !== undefined)),
  whole('github-token', ({ githubToken }) => [githubToken?.reveal()]),
  whole('language', () => ['en']),
  whole('environment-url', ({ environmentUrl = '' }) => [URL.canParse(environmentUrl) ? environmentUrl : 'no address']),
];

/** The address, where a request can be made of it. */
function asked(url = ''): string {
  try {
    return new Request(url) && url;
  } catch {
    return 'an address that nobody can ask';
  }
}

/** What goes with an input, so that it is its value that is judged. */
const WITH: Partial<Record<InputName, Partial<RawInputs>>> = {
  version: { operation: 'redeploy' },
  'allow-other-build-args': { operation: 'redeploy' },
  'registry-username': { 'registry-password': 'password' },
  'registry-password': { 'registry-username': 'user' },
  'github-deployment': { 'github-token': 'token' },
  'github-token': { 'github-deployment': 'true' },
};

function authOf(image: Config['image']): string[] {
  const { auths } = JSON.parse(loginEnvironment(loginsOf(image)).DOCKER_AUTH_CONFIG ?? '{}');
  const [{ auth = '' } = {}] = Object.values((auths ?? {}) as Record<string, { auth?: string }>);
  const text = Buffer.from(auth, 'base64').toString();
  // A registry splits at the first colon (RFC 7617).
  return [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)];
}

function argvOf(config: Config): string[] {
  const { build, image } = config;
  const caches = cachesOf(build, image.repository.path);
  const labels = labelsOf(config, {}).slice(-build.labels.length || Infinity);
  return buildArgv(build, { ...image, labels, caches, builder: build.builder, metadataFile: '/tmp/metadata.json' });
}

const ALONE = new Set(['--push', '--progress=plain', '--no-cache', '--pull']);
const PAIRED =
  /^--(?:metadata-file|builder|tag|file|target|platform|build-arg|build-context|secret|label|cache-from|cache-to|network|allow)$/;

/** The options of a build as docker reads them; what is none of ours is there by somebody's wish. */
function foreignOptions([, , , ...argv]: readonly string[]): string[] {
  const foreign: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '--') return index === argv.length - 2 ? foreign : [...foreign, 'words after the context'];
    if (PAIRED.test(word)) index++;
    else if (!ALONE.has(word) && !/^--(?:provenance|sbom)=/.test(word)) foreign.push(word);
  }
  return [...foreign, 'no context'];
}

/** Command lines for the host that hold what the inputs say. */
function hostArgvs({ host, workload, verdict }: Config): string[][] {
  const { kind, namespace, name, containers } = workload;
  const container = containers[0]?.name ?? name;
  const path = paths.podProxy(namespace, 'web-1', 80, verdict.verifyPath?.path ?? '/');
  return [
    getArgv(paths.workload(workload)),
    getArgv(path),
    watchArgv(paths.workloads(namespace, kind), { fieldSelector: `metadata.name=${name}` }, '1'),
    patchArgv({ kind, namespace, name }, '[]', { dryRun: true }),
    logsArgv({ namespace, pod: 'web-1', container, previous: true, lines: 50 }),
  ].map((argv) => [...host.kubectl, ...argv]);
}

function refused(value: string, problems: readonly Problem[]): Report {
  const none = { tags: [], warnings: [], pods: [], logs: [], events: [], advice: [], phases: [] };
  return {
    ...none,
    deployment: value,
    namespace: value,
    operation: 'deploy',
    outcome: 'refused',
    serving: 'unknown',
    problems,
    durationMs: 1,
  };
}

const counts = { literal: 0, refused: 0, empty: 0 };
/** What each value was refused with, in all the places. */
const refusals = new Map<Hostile, Map<string, Problem>>();

/** Inputs with a narrow rule, which refuse nearly everything: a value is put into all of them at once, and only where it is taken alone. */
const NARROW: readonly InputName[] = [
  ...([
    'target',
    'builder',
    'network',
    'platforms',
    'operation',
    'language',
    'dry-run',
    'allow-other-build-args',
    'no-cache',
    'pull',
    'skip-existing',
    'provenance',
    'sbom',
  ] as const),
  ...(['ssh-host', 'ssh-port', 'ssh-username', 'deployment', 'container', 'namespace'] as const),
  ...(['timeout', 'soak', 'max-restarts', 'rollback-on-failure'] as const),
];
const narrowly = new Map<string, readonly Problem[]>();

/** What a narrow input has against a value; nothing where it takes it. */
function refusedAtOnce(input: InputName, value: string): readonly Problem[] {
  if (!NARROW.includes(input)) return [];
  let all = narrowly.get(value);
  if (!all) {
    const parsed = parseInputs(rawInputs(Object.fromEntries(NARROW.map((name) => [name, value]))), RUN);
    all = 'problems' in parsed ? parsed.problems : [];
    narrowly.set(value, all);
  }
  return all.filter(
    ({ params }) => ('name' in params && params.name === input) || ('input' in params && params.input === input),
  );
}

async function problemsWith({ input, write }: Place, value: string) {
  const problems = refusedAtOnce(input, value);
  if (problems.length > 0) return { problems };
  const raw = rawInputs({ ...WITH[input], [input]: write(value) });
  const beyond = BEYOND[input];
  const checked = beyond ? await checkInputs(raw) : { problems: [], otherLogins: [] };
  const own = checked.problems.filter(({ code }) => beyond?.includes(code));
  const parsed = parseInputs(raw, RUN, checked.otherLogins);
  const all = [...('problems' in parsed ? parsed.problems : []), ...own];
  return 'config' in parsed && all.length === 0 ? { config: parsed.config, problems: all } : { problems: all };
}

/** Puts a value into an input; gives what is wrong with what came of it. */
async function trial(place: Place, hostile: Hostile): Promise<string[]> {
  const { input, write, read, expect: expected = trim } = place;
  const { value } = hostile;
  const { config, problems } = await problemsWith(place, value);
  if (!config) {
    counts.refused++;
    const text = problems.map((each) => Object.values(explain(each)).join(' ')).join(' ');
    const all = refusals.get(hostile) ?? new Map<string, Problem>();
    for (const each of problems) all.set(JSON.stringify(each), each);
    refusals.set(hostile, all);
    const isNamed = new RegExp(`(?<![\\w-])${input}(?![\\w-])`).test(text);
    const isTold = (SECRET_INPUTS as readonly string[]).includes(input) && value.length > 8 && text.includes(value);
    return [
      ...(isNamed ? [] : [`the message does not name the input: ${cut(text)}`]),
      ...(isTold ? ['the message tells a secret'] : []),
    ];
  }
  const got = read(config);
  const want = expected(value);
  if (write(value).trim() === '' || got.every((each) => each === undefined || each === '')) {
    counts.empty++;
    return want === '' ? [] : ['it is neither taken nor refused'];
  }
  counts.literal++;
  const argv = argvOf(config);
  if (HOST.has(input)) sent.push(...hostArgvs(config));
  return [
    ...(argv.some((word) => word.includes('\0')) ? ['docker gets a NUL, which no argument can carry'] : []),
    ...(got.every((each) => each === want) ? [] : [`${cut(want)} has become ${cut(got.join())}`]),
    ...foreignOptions(argv).map((word) => `docker gets the option ${cut(word)}`),
  ];
}

/** What the host would be sent. */
const sent: string[][] = [];

/** Inputs whose value reaches the host's shell. */
const HOST: ReadonlySet<InputName> = new Set(['kubectl', 'deployment', 'container', 'namespace', 'verify-path']);

/** What is found out beyond an input's form. */
const BEYOND: Partial<Record<InputName, readonly string[]>> = {
  context: ['input.no-context'],
  file: ['input.no-dockerfile'],
  'registry-auth': ['input.registry-auth', 'input.login-twice'],
  manifests: ['manifests.missing', 'manifests.outside', 'manifests.empty'],
  'ssh-key': ['ssh.key-is-public', 'ssh.key-unreadable', 'ssh.key-type', 'ssh.key-putty', 'ssh.passphrase-missing'],
};

describe('the corpus', () => {
  it('has at least 200 values, each once', () => {
    expect(new Set(VALUES.map(({ value }) => value)).size).toBe(VALUES.length);
    expect(VALUES.length).toBeGreaterThanOrEqual(200);
  });

  it('would be noticed: a shell that gets some of its values unquoted makes the canary', () => {
    const executed = VALUES.filter(({ kind }) => kind.startsWith('shell')).filter(({ value }) => {
      const canary = new Runner();
      try {
        const own = join(canary.folder, 'canary');
        wordsOf([value.replaceAll(CANARY, own)], { cwd: canary.folder });
        return existsSync(own);
      } catch {
        return existsSync(join(canary.folder, 'canary'));
      } finally {
        canary.stop();
      }
    });
    expect(executed.length).toBeGreaterThan(15);
  });

  it('is put into every input of action.yml', () => {
    expect([...new Set(PLACES.map(({ input }) => input))].sort()).toEqual([...INPUTS].sort());
  });
});

describe('a hostile value is taken as it is, or refused by the name of its input', () => {
  it.each(PLACES.map((place, index) => [place.input, index, place] as const))('in %s (%#)', async (_, __, place) => {
    const faults: string[] = [];
    for (const each of VALUES) {
      for (const fault of await trial(place, each)) faults.push(`${each.kind} ${cut(each.value)}: ${fault}`);
    }
    expect(some(faults)).toEqual([]);
  });

  it('is told so that no runner obeys it, and that GitHub shows it as it is', async () => {
    const faults: string[] = [];
    for (const [{ kind, value }, problems] of refusals) {
      const step = await runner.step(async (log) => {
        for (const each of problems.values()) log.error(each);
        return refused(value, [...problems.values()]);
      });
      for (const fault of faultsOf(step)) faults.push(`${kind} ${cut(value)}: ${fault}`);
    }
    expect(refusals.size).toBe(VALUES.length);
    expect(some(faults)).toEqual([]);
  });

  it('is the word of the host’s shell that it was meant to be', () => {
    expect(sent.length).toBeGreaterThan(100);
    expect(wordsOf(sent.map(quote), { cwd: runner.folder })).toEqual(sent);
  });

  it('executes nothing', () => expect(existsSync(CANARY)).toBe(false));

  afterAll(() => {
    const { literal, refused: no, empty } = counts;
    process.stdout.write(
      `injection, inputs: ${VALUES.length} values × ${PLACES.length} places = ${literal + no + empty}: ${no} refused, ${literal} literal, ${empty} empty\n`,
    );
  });
});

describe('a command line for the host', () => {
  it.each(['sh', 'bash'])('is read back by %s as it was, with any of the values as any of its words', (shell) => {
    const words = VALUES.map(({ value }) => value.replaceAll('\0', ''));
    const lines = words.map((word) => [word, word, `--flag=${word}`, word]);
    expect(wordsOf(lines.map(quote), { shell, cwd: runner.folder })).toEqual(lines);
    expect(existsSync(CANARY)).toBe(false);
  });

  it('that is held until its channel closes runs its own words', () => {
    const words = VALUES.map(({ value }) => value.replaceAll('\0', '')).filter(({ length }) => length < 10_000);
    const held = words.map((word) => holdLine(['printf', '%s', word]));
    expect(wordsOf(held, { cwd: runner.folder }).map((each) => each.slice(4))).toEqual(
      words.map((word) => ['printf', '%s', word]),
    );
  });

  it('refuses a NUL, which no argument can carry', () => {
    for (const { value } of VALUES.filter((each) => each.value.includes('\0'))) {
      expect(() => quote(['kubectl', value])).toThrow(RangeError);
    }
  });
});

describe('an honest value', () => {
  it('of each place is taken: what refuses all would pass for careful', async () => {
    const taken: Partial<Record<InputName, string>> = { 'ssh-host-key': FINGERPRINT, 'verify-path': '/healthz' };
    const parsed = parseInputs(rawInputs({ ...taken, labels: '"a=$(id)"', 'build-args': 'A=`id`' }), RUN);
    expect('config' in parsed && argvOf(parsed.config)).toEqual(expect.arrayContaining(['a=$(id)', 'A=`id`']));
  });
});
