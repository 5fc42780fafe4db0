import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type BuildTools, buildAndPush } from '../../src/image/build';
import { BUILD_ARGS_LABEL, hashBuildArgs, REVISION_LABEL } from '../../src/image/labels';
import { loginFolderIn } from '../../src/image/login';
import type { Login } from '../../src/inputs/config';
import type { RawInputs } from '../../src/inputs/names';
import { problemsOf } from '../../src/kubectl/explain';
import { Secret } from '../../src/system/secret';
import { configOf, RUN, textOf } from '../inputs/sample';
import { ManualClock } from '../transport/manual-clock';
import { type Act, type Call, exited, FakeProcesses, printing, type Script, valuesOf } from './processes';
import { settled, until } from './settled';

const DIGEST = `sha256:${'d'.repeat(64)}`;
const CONFIG_DIGEST = `sha256:${'c'.repeat(64)}`;
const [BUILD, VERSION, INSPECT, LOOK] = [
  'docker buildx build',
  'docker buildx version',
  'docker buildx inspect',
  'docker buildx imagetools inspect',
];
const NEW_BUILDX = exited(0, 'github.com/docker/buildx v0.38.2 abc\n');
const OLD_BUILDX = exited(0, 'github.com/docker/buildx v0.25.0 abc\n');

/** A build that goes through: it writes down what it pushed. */
const pushed: Act = ({ argv }) => {
  const [file = ''] = valuesOf(argv, '--metadata-file');
  writeFileSync(
    file,
    JSON.stringify({ 'containerimage.digest': DIGEST, 'containerimage.config.digest': CONFIG_DIGEST }),
  );
  return exited(0);
};
const head = '#7 pushing user/app:v1 with docker';
const failing = (...said: string[]) => printing([head, ...said.map((each) => `ERROR: failed to build: ${each}`)]);
const DENIED = failing('denied: requested access to the resource is denied');
const UNAVAILABLE = failing('received unexpected HTTP status: 503 Service Unavailable');
const CACHE_FAILS = printing([
  ' > exporting cache to registry:',
  '------',
  'ERROR: failed to solve: error writing layer blob: denied',
]);

const ENGINE: Script = {
  [BUILD]: pushed,
  [VERSION]: NEW_BUILDX,
  [INSPECT]: exited(0, 'Name: default\nDriver: docker\n'),
  'docker info': exited(0, '[["Backing Filesystem","extfs"]]\n'),
  'docker pull': exited(0),
  'docker image inspect': exited(0),
  'docker buildx create': exited(0),
  [LOOK]: exited(1, '', 'not found'),
  git: exited(128, '', 'fatal: not a git repository'),
};

const LEFT_TO_TESTS = [
  'DOCKER_AUTH_CONFIG',
  'DOCKER_CONFIG',
  'BUILDX_CONFIG',
  'ACTIONS_RUNTIME_TOKEN',
  'ACTIONS_RESULTS_URL',
  'ACTIONS_CACHE_URL',
];
const before = { ...process.env };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'build-test-'));
  for (const name of LEFT_TO_TESTS) delete process.env[name];
  process.env.DOCKER_CONFIG = join(folder, 'shared');
});
afterEach(() => {
  for (const name of LEFT_TO_TESTS) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
  rmSync(folder, { recursive: true });
});

interface Options {
  readonly given?: Partial<RawInputs>;
  readonly script?: Script;
  readonly otherLogins?: readonly Login[];
  readonly run?: Partial<typeof RUN>;
  /** How many commands come to their end. */
  readonly answered?: number;
  /** What the registry answers to nobody in particular. */
  readonly registry?: number;
}

function start({ given = {}, script = {}, otherLogins = [], run = {}, answered, registry = 401 }: Options = {}) {
  const clock = new ManualClock();
  const cancel = new AbortController();
  const processes = new FakeProcesses({ ...ENGINE, ...script }, clock, answered);
  const said = { notes: [] as string[], warnings: [] as string[], lines: [] as string[], removed: [] as string[] };
  const config = configOf({ image: 'user/app', tags: 'v1', ...given }, { ...RUN, ...run }, otherLogins);
  const tools: BuildTools = {
    processes,
    clock,
    fetch: async () => new Response('', { status: registry }),
    folder,
    signal: cancel.signal,
    note: (text) => void said.notes.push(text),
    warn: (text) => void said.warnings.push(text),
    onLine: (text) => void said.lines.push(text),
    removeLater: (builder) => void said.removed.push(builder),
  };
  const building = buildAndPush(config, tools);
  return {
    building,
    /** The same, with the clock running. */
    get built() {
      return settled(building, clock);
    },
    builds: () => processes.of(BUILD),
    ...{ processes, clock, cancel, config, tools },
    ...said,
  };
}

const LOGIN: Partial<RawInputs> = { 'registry-username': 'user', 'registry-password': 'first-hunter2' };
const failureOf = async (work: Promise<unknown>) => {
  const failed = await work.then(
    () => undefined,
    (reason: unknown) => ({ reason }),
  );
  return failed ? problemsOf(failed.reason) : [];
};
const codesOf = async (work: Promise<unknown>) => (await failureOf(work)).map(({ code }) => code);
const authsOf = ({ environment }: Call | { environment: Record<string, string> }) =>
  Object.keys((JSON.parse(environment.DOCKER_AUTH_CONFIG ?? '{}') as { auths?: object }).auths ?? {});

describe('a build', () => {
  it('gives what was pushed, and how docker was logged in', async () => {
    const world = start({ given: LOGIN });
    const built = await world.built;
    // A folder of the checkout is not to be asked of git: it may only look like a repository.
    expect(world.builds()[0]?.environment).toEqual({ ...built.login, BUILDX_GIT_INFO: '0' });
    expect(built).toMatchObject({ digest: DIGEST, configDigest: CONFIG_DIGEST });
    expect(authsOf({ environment: built.login })).toEqual(['https://index.docker.io/v1/']);
  });

  it('that goes through is one command and no other', async () => {
    const world = start();
    await world.built;
    expect(world.processes.calls.map(({ argv }) => argv.slice(0, 3).join(' '))).toEqual([BUILD]);
    expect([world.notes, world.warnings, world.removed]).toEqual([[], [], []]);
  });

  it('shows what docker prints, as it comes', async () => {
    const world = start({ script: { [BUILD]: printing(['#1 one', '', '#2 two'], 1) } });
    await failureOf(world.built);
    expect(world.lines).toEqual(['#1 one', '', '#2 two']);
  });

  it('carries the labels of the commit', async () => {
    const world = start({ run: { committedAt: '2026-03-01T10:20:30+09:00' }, given: { labels: 'a=b' } });
    await world.built;
    const labels = valuesOf(world.builds()[0]?.argv ?? [], '--label');
    expect(labels).toEqual(
      expect.arrayContaining([
        `${REVISION_LABEL}=${RUN.sha}`,
        'org.opencontainers.image.created=2026-03-01T01:20:30Z',
        'a=b',
      ]),
    );
  });

  it('whose digest docker does not say is not gone on with', async () => {
    expect(await codesOf(start({ script: { [BUILD]: exited(0) } }).built)).toEqual(['build.no-digest']);
    expect(
      await codesOf(
        start({
          script: {
            [BUILD]: ({ argv }) => {
              writeFileSync(valuesOf(argv, '--metadata-file')[0] ?? '', '{}');
              return exited(0);
            },
          },
        }).built,
      ),
    ).toEqual(['build.no-digest']);
  });

  it('by several machines, for a platform each, has the digest of the index that they share', async () => {
    const merged: Act = ({ argv }) => {
      writeFileSync(valuesOf(argv, '--metadata-file')[0] ?? '', JSON.stringify({ 'containerimage.digest': DIGEST }));
      return exited(0);
    };
    const { built } = start({
      given: { platforms: 'linux/amd64,linux/arm64', builder: 'two' },
      script: { [BUILD]: merged, [INSPECT]: exited(0, 'Name: two\nDriver: docker-container\n') },
    });
    expect(await built).toEqual({ digest: DIGEST, login: {} });
  });

  it('that fails is told of, with the end of the output', async () => {
    const lines = [
      '#5 1.0 no rule',
      'ERROR: failed to solve: process "make" did not complete successfully: exit code: 2',
    ];
    const [problem] = await failureOf(start({ script: { [BUILD]: printing(lines) } }).built);
    expect(problem?.code).toBe('build.failed');
    expect(textOf(problem ? [problem] : [])).toContain('#5 1.0 no rule');
  });

  it('that fails leads to the line of the Dockerfile', async () => {
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nRUN make\n');
    const lines = [
      'Dockerfile:2',
      '--------------------',
      '   2 | >>> RUN make',
      '--------------------',
      'ERROR: failed to solve: process "make" did not complete successfully: exit code: 2',
    ];
    const [problem] = await failureOf(
      start({ given: { context: folder }, script: { [BUILD]: printing(lines) } }).built,
    );
    expect(problem?.at).toEqual({ file: join(folder, 'Dockerfile'), line: 2 });
  });

  it.each<[string, Act]>([
    ['docker is not there', { kind: 'missing', detail: 'spawn docker ENOENT' }],
    ['buildx is not there', exited(125, '', "unknown flag: --push\nSee 'docker --help'.")],
  ])('where %s says so', async (_, act) => {
    const version: Act = { kind: 'missing', detail: "docker: 'buildx' is not a docker command." };
    expect(await failureOf(start({ script: { [BUILD]: act, [VERSION]: version } }).built)).toEqual([
      { code: 'build.no-buildx', params: { detail: "docker: 'buildx' is not a docker command." } },
    ]);
  });
});

describe('a registry in trouble', () => {
  it('is tried again after longer and longer pauses, and each is told', async () => {
    const world = start({ script: { [BUILD]: [UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, pushed] } });
    expect((await world.built).digest).toBe(DIGEST);
    expect(world.builds().map(({ at }) => at)).toEqual([0, 3_000, 13_000, 43_000]);
    expect(world.notes).toEqual([
      expect.stringMatching(/503 Service Unavailable.*in 3 s \(attempt 2 of 4\)/),
      expect.stringMatching(/in 10 s \(attempt 3 of 4\)/),
      expect.stringMatching(/in 30 s \(attempt 4 of 4\)/),
    ]);
    expect(world.warnings).toEqual([]);
  });

  it('is tried again by the very same command', async () => {
    const world = start({ given: { ...LOGIN, secrets: 'a=b' }, script: { [BUILD]: [UNAVAILABLE, pushed] } });
    await world.built;
    const [first, second] = world.builds();
    expect([second?.argv, second?.environment]).toEqual([first?.argv, first?.environment]);
  });

  it('is given up after the fourth time', async () => {
    const world = start({ script: { [BUILD]: UNAVAILABLE } });
    expect(await failureOf(world.built)).toMatchObject([{ code: 'build.registry', params: { tries: 4 } }]);
    expect([world.builds().length, world.notes.length, world.clock.now()]).toEqual([4, 3, 43_000]);
  });

  it.each<[string, string]>([
    ['read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer', 'build.registry'],
    ['toomanyrequests: retry-after: 10ms, allowed: 2000/minute', 'build.push-limit'],
    [
      'Get "http://x/v2/": net/http: request canceled (Client.Timeout exceeded while awaiting headers)',
      'build.registry',
    ],
  ])('is tried again where it says %j', async (said, code) => {
    const world = start({ script: { [BUILD]: failing(said) } });
    expect(await codesOf(world.built)).toEqual([code]);
    expect(world.builds()).toHaveLength(4);
  });

  it.each<[string, string]>([
    ['denied: requested access to the resource is denied', 'build.push-denied'],
    ['unauthorized: access token has insufficient scopes', 'registry.read-only'],
    ["name unknown: The repository with name 'a/b' does not exist in the registry with id '1'", 'build.push-missing'],
    [
      'tag invalid: The image tag already exists and cannot be overwritten because the tag is immutable.',
      'build.push-failed',
    ],
    ['failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2', 'build.failed'],
    ['Get "https://registry.invalid/v2/": dial tcp: lookup registry.invalid: no such host', 'build.no-registry'],
  ])('is not tried again where it says %j', async (said, code) => {
    const world = start({ given: LOGIN, script: { [BUILD]: failing(said) } });
    expect(await codesOf(world.built)).toEqual([code]);
    expect([world.builds().length, world.notes]).toEqual([1, []]);
  });

  it('that refuses a login without a reason is asked once more', async () => {
    const unasked = failing('unauthorized: authentication required');
    const world = start({ given: LOGIN, script: { [BUILD]: unasked } });
    expect(await codesOf(world.built)).toEqual(['build.push-denied']);
    expect(world.builds()).toHaveLength(2);
    const without = start({ script: { [BUILD]: unasked } });
    expect(await codesOf(without.built)).toEqual(['build.push-denied']);
    expect(without.builds()).toHaveLength(1);
  });

  it.each([500, 503, 429])('that only seems to refuse a login, and answers %s, is in trouble', async (registry) => {
    const unasked = failing('unauthorized: authentication required');
    const world = start({ given: LOGIN, registry, script: { [BUILD]: [unasked, unasked, unasked, pushed] } });
    expect((await world.built).digest).toBe(DIGEST);
    expect(world.notes).toHaveLength(3);
  });
});

describe('a cache', () => {
  const given: Partial<RawInputs> = { 'cache-from': 'user/app:cache', 'cache-to': 'type=inline' };

  it('that fails is left out, with a warning, and the image is built all the same', async () => {
    const world = start({ given, script: { [BUILD]: [CACHE_FAILS, pushed] } });
    expect((await world.built).digest).toBe(DIGEST);
    const [first, second] = world.builds();
    expect(valuesOf(first?.argv ?? [], '--cache-to')).toHaveLength(1);
    expect(second?.argv.filter((word) => word.startsWith('--cache'))).toEqual([]);
    expect([world.warnings.length, world.clock.now()]).toEqual([1, 0]);
  });

  it('does not use up the tries of the push', async () => {
    const script = { [BUILD]: [CACHE_FAILS, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, pushed] };
    expect((await start({ given, script }).built).digest).toBe(DIGEST);
  });

  it('that keeps docker from beginning is left out too', async () => {
    // As with a folder that cannot be made, recorded with buildx 0.38: no word of a cache.
    const lines = [
      '#0 building with "x" instance using docker-container driver',
      'ERROR: failed to build: mkdir /proc/nope: no such file or directory',
    ];
    const script = { [BUILD]: [printing(lines), pushed] };
    const world = start({ given, script });
    expect((await world.built).digest).toBe(DIGEST);
    expect([world.builds().length, world.warnings.length]).toEqual([2, 1]);
  });

  it('that had nothing to do with it is kept', async () => {
    const output = Array.from({ length: 100 }, (_, at) => `#5 0.197 line ${at}`);
    // As BuildKit 0.34 ends: more lines than are shown, and none says which step it was.
    const end = [
      '------',
      ' > [2/2] RUN ["/prog"]:',
      ...output.slice(-10).map((text) => text.replace('#5 ', '')),
      ...['------', 'Dockerfile:3', '--------------------', '   1 |     FROM scratch', '   2 |     COPY prog /prog'],
      ...['   3 | >>> RUN ["/prog"]', '   4 |     ', '--------------------'],
      'ERROR: failed to build: failed to solve: process "/prog" did not complete successfully: exit code: 3',
    ];
    const world = start({ given, script: { [BUILD]: printing([...output, ...end]) } });
    expect(await codesOf(world.built)).toEqual(['build.failed']);
    expect([world.builds().length, world.warnings]).toEqual([1, []]);
  });

  it('that was not asked for is nothing to leave out', async () => {
    const world = start({ script: { [BUILD]: CACHE_FAILS } });
    expect(await codesOf(world.built)).toEqual(['build.failed']);
    expect(world.builds()).toHaveLength(1);
  });

  it("of GitHub's is left out, with a warning, where the runner offers none", async () => {
    const world = start({ given: { 'cache-from': 'type=gha\nuser/app:cache', 'cache-to': 'type=gha' } });
    await world.built;
    const [{ argv = [] } = {}] = world.builds();
    expect(argv.filter((word) => word.startsWith('type='))).toEqual(['type=registry,ref=user/app:cache']);
    expect([world.warnings.length, world.removed]).toEqual([1, []]);
  });

  it("of GitHub's is used where the runner offers one, by a builder that can", async () => {
    process.env.ACTIONS_RUNTIME_TOKEN = 'token';
    process.env.ACTIONS_RESULTS_URL = 'https://results';
    const world = start({ given: { 'cache-to': 'type=gha,mode=max' } });
    await world.built;
    const [{ argv = [], environment = {} } = {}] = world.builds();
    expect(valuesOf(argv, '--cache-to')).toEqual(['type=gha,mode=max,scope=user/app,ignore-error=true']);
    expect(valuesOf(argv, '--builder')).toEqual(world.removed);
    expect(environment.BUILDX_CONFIG?.startsWith(folder)).toBe(true);
    expect([world.removed.length, world.warnings]).toEqual([1, []]);
  });
});

describe('an older buildx, which takes no login from its environment,', () => {
  const old: Script = { [VERSION]: OLD_BUILDX };

  it('is asked once more with a docker configuration of the run', async () => {
    const world = start({ given: LOGIN, script: { ...old, [BUILD]: [DENIED, pushed] } });
    const { login } = await world.built;
    expect(login.DOCKER_CONFIG).toBe(loginFolderIn(folder));
    expect(world.builds()[1]?.environment).toMatchObject(login);
    expect(statSync(join(loginFolderIn(folder), 'config.json')).mode & 0o777).toBe(0o600);
    expect([world.builds().length, world.clock.now()]).toEqual([2, 0]);
    expect(world.notes).toEqual([expect.stringContaining('v0.25.0')]);
  });

  it('may still be refused, and is asked no third time', async () => {
    const world = start({ given: LOGIN, script: { ...old, [BUILD]: DENIED } });
    expect(await codesOf(world.built)).toEqual(['build.push-denied']);
    expect(world.builds()).toHaveLength(2);
  });

  it('keeps the login where the registry is in trouble after that', async () => {
    const world = start({ given: LOGIN, script: { ...old, [BUILD]: [DENIED, UNAVAILABLE, pushed] } });
    await world.built;
    const [, second, third] = world.builds();
    expect(third?.environment).toEqual(second?.environment);
  });

  it('can be asked to push once more in the same run', async () => {
    const world = start({ given: LOGIN, script: { ...old, [BUILD]: [DENIED, pushed, DENIED, pushed] } });
    await world.built;
    expect((await settled(buildAndPush(world.config, world.tools), world.clock)).digest).toBe(DIGEST);
  });

  it.each<[string, Partial<RawInputs>, Script]>([
    ['there is no login', {}, old],
    ['it is no matter of a login', LOGIN, { ...old, [BUILD]: failing('tag invalid: immutable') }],
    ['buildx is new', LOGIN, {}],
    ['buildx does not say', LOGIN, { [VERSION]: exited(0, 'github.com/docker/buildx v0.0.0+unknown') }],
  ])('is not meant where %s: no password is written to a file', async (_, given, script) => {
    const world = start({ given, script: { [BUILD]: DENIED, ...script } });
    expect((await failureOf(world.built)).length).toBe(1);
    expect([existsSync(loginFolderIn(folder)), world.builds().length]).toEqual([false, 1]);
  });

  it('gets a builder of the run beside it', async () => {
    const world = start({ given: { ...LOGIN, sbom: 'true' }, script: { ...old, [BUILD]: [DENIED, pushed] } });
    await world.built;
    expect(world.builds()[1]?.environment).toMatchObject({
      DOCKER_CONFIG: loginFolderIn(folder),
      BUILDX_CONFIG: join(folder, 'buildx'),
    });
  });
});

describe('an image that the registry has', () => {
  const labels = { [REVISION_LABEL]: RUN.sha, [BUILD_ARGS_LABEL]: hashBuildArgs([], {}) };
  const there = exited(
    0,
    JSON.stringify({ manifest: { digest: DIGEST }, image: { rootfs: {}, config: { Labels: labels } } }),
  );

  it('is not built again where that is wanted', async () => {
    const world = start({ given: { 'skip-existing': 'true' }, script: { [LOOK]: there } });
    expect(await world.built).toEqual({ digest: DIGEST, isExisting: true, login: {} });
    expect([world.builds(), world.notes.length]).toEqual([[], 1]);
  });

  it('is built again where that is not wanted, and nobody looks', async () => {
    const world = start({ script: { [LOOK]: there } });
    expect((await world.built).isExisting).toBeUndefined();
    expect([world.builds().length, world.processes.of(LOOK)]).toEqual([1, []]);
  });

  it('and is another is built', async () => {
    const world = start({ given: { 'skip-existing': 'true', 'build-args': 'A=1' }, script: { [LOOK]: there } });
    expect((await world.built).isExisting).toBeUndefined();
  });
});

describe('a registry that says nothing', () => {
  beforeEach(
    () => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'] }),
  );
  afterEach(() => void jest.useRealTimers());

  const MINUTE = 60_000;
  const hanging =
    (...lines: string[]): Act =>
    (_, { onLine, signal }) => {
      for (const each of lines) onLine?.(each);
      // What docker says of being ended.
      signal.addEventListener('abort', () => onLine?.('ERROR: failed to build: got SIGTERM/SIGINT, forcing shutdown'));
      return new Promise(() => {});
    };
  const engine = ['#6 DONE 0.1s', head, '#7 pushing layer 401218cd38e8'];
  const buildkit = ['#6 exporting to image', '#6 pushing layers'];

  it.each<[string, number, string[]]>([
    ['the engine', 3 * MINUTE, engine],
    ['the engine, after a layer', 3 * MINUTE, [...engine, '#7 pushing layer 401218cd38e8 1.1MB / 9.4MB 0.3s']],
    ['BuildKit', 15 * MINUTE, buildkit],
    [
      'BuildKit, at the manifest',
      15 * MINUTE,
      [...buildkit, '#6 pushing layers 0.3s done', '#6 pushing manifest for user/app:v1@sha256:1'],
    ],
    // As a token server that hangs was seen to leave it.
    [
      'BuildKit, after a login',
      15 * MINUTE,
      [
        ...buildkit,
        '#6 ...',
        '',
        '#7 [auth] user/app:pull,push token for x',
        '#7 DONE 0.0s',
        '',
        '#6 exporting to image',
      ],
    ],
  ])('by %s is ended after %i ms, and tried again', async (_, ms, lines) => {
    const world = start({ script: { [BUILD]: [hanging(...lines), pushed] } });
    await until(() => world.lines.length === lines.length);
    await jest.advanceTimersByTimeAsync(ms - 1);
    expect([world.notes, world.builds().length]).toEqual([[], 1]);
    await jest.advanceTimersByTimeAsync(1);
    expect((await world.built).digest).toBe(DIGEST);
    expect(world.notes).toEqual([expect.stringMatching(/said nothing for minutes.*attempt 2 of 2/)]);
  });

  it('each time is told of as what it is, with what docker waited for', async () => {
    const world = start({ script: { [BUILD]: hanging(...engine) } });
    const ended = failureOf(world.building);
    // No more often: an engine never gives the request up, and each later push waits for it.
    for (let tries = 1; tries <= 2; tries++) {
      await until(() => world.builds().length === tries);
      await jest.advanceTimersByTimeAsync(3 * MINUTE);
      if (tries < 2) await until(() => world.clock.sleeping > 0);
      world.clock.pass(30_000);
    }
    const problems = await ended;
    expect(problems).toMatchObject([{ code: 'build.silent', params: { tries: 2 } }]);
    expect(textOf(problems)).toContain('pushing layer 401218cd38e8');
    expect([textOf(problems), ...world.notes].join('\n')).not.toMatch(/SIGINT/);
  });

  it('but of a cache is ended too, and the image is built without it', async () => {
    const lines = [
      ...buildkit,
      '#6 pushing layers 0.2s done',
      '#6 DONE 1.2s',
      '#9 exporting cache to registry',
      '#9 sending cache export',
    ];
    const world = start({
      given: { 'cache-to': 'user/app:cache' },
      script: { [INSPECT]: exited(0, 'Driver: docker-container\n'), [BUILD]: [hanging(...lines), pushed] },
    });
    await until(() => world.lines.length === lines.length);
    await jest.advanceTimersByTimeAsync(15 * MINUTE);
    expect((await world.built).digest).toBe(DIGEST);
    expect([world.warnings.length, world.notes]).toEqual([1, []]);
    expect(world.warnings[0]).not.toMatch(/SIGINT/);
    expect(world.builds()[1]?.argv.filter((word) => word.startsWith('--cache'))).toEqual([]);
  });

  it('but of a base image is ended too: docker waits for ever for its registry', async () => {
    const line = '#3 [internal] load metadata for docker.io/library/alpine:latest';
    const world = start({ script: { [BUILD]: [hanging('#2 DONE 0.0s', line), pushed] } });
    await until(() => world.lines.length === 2);
    await jest.advanceTimersByTimeAsync(3 * MINUTE);
    expect((await world.built).digest).toBe(DIGEST);
  });

  it('for less than that is let be, as long as something comes', async () => {
    const world = start({
      script: {
        [BUILD]: async (call, options) => {
          for (let each = 0; each < 10; each++) {
            options.onLine?.(`#7 pushing layer 401218cd38e8 ${each}MB / 9.4MB`);
            await new Promise((resolve) => setTimeout(resolve, 2 * MINUTE));
          }
          return typeof pushed === 'function' ? pushed(call, options) : pushed;
        },
      },
    });
    await until(() => world.lines.length === 1);
    await jest.advanceTimersByTimeAsync(20 * MINUTE);
    expect((await world.built).digest).toBe(DIGEST);
    expect(world.builds()).toHaveLength(1);
  });

  it.each([
    ['a step of the Dockerfile', ['#5 [2/2] RUN make', '#5 1.0 making']],
    ['a program that prints what looks like a push', ['#5 1.0 pushing layers', '#5 1.0 #7 pushing layer x']],
    ['nothing at all yet', []],
  ])('is no push while it is %s: that may be silent for as long as it likes', async (_, lines) => {
    const world = start({ script: { [BUILD]: hanging(...lines) } });
    await until(() => world.builds().length === 1);
    await jest.advanceTimersByTimeAsync(5 * 60 * MINUTE);
    expect(world.notes).toEqual([]);
    world.cancel.abort();
    expect(await codesOf(world.building)).toEqual(['run.cancelled']);
  });

  it('leaves no timer behind when it has ended', async () => {
    const world = start({
      script: {
        [BUILD]: (call, options) => {
          for (const each of engine) options.onLine?.(each);
          return typeof pushed === 'function' ? pushed(call, options) : pushed;
        },
      },
    });
    await world.built;
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('a cancel', () => {
  const scenarios: [string, Options][] = [
    ['is plain', {}],
    ['looks for the image first', { given: { 'skip-existing': 'true' } }],
    ['needs a builder', { given: { sbom: 'true' } }],
    ['needs a builder for its cache', { given: { 'cache-to': 'user/app:cache' } }],
    [
      'pulls again',
      { given: { sbom: 'true' }, script: { 'docker pull': exited(1), 'docker image inspect': exited(1) } },
    ],
    ['pushes again', { script: { [BUILD]: UNAVAILABLE } }],
    ['builds without its cache', { given: { 'cache-to': 'type=inline' }, script: { [BUILD]: [CACHE_FAILS, pushed] } }],
    ['logs in by a file', { given: LOGIN, script: { [VERSION]: OLD_BUILDX, [BUILD]: [DENIED, pushed] } }],
  ];

  it.each(scenarios)('ends a build that %s, at whichever command it comes', async (_, options) => {
    const dry = start(options);
    await failureOf(dry.built);
    for (const [answered, { argv }] of dry.processes.calls.entries()) {
      // What needs no network is not cancelled: it ends by itself.
      if (argv.includes('version')) continue;
      const world = start({ ...options, answered });
      const ended = failureOf(world.built);
      await until(() => world.processes.calls.length > answered);
      world.cancel.abort();
      expect([argv.join(' '), await ended]).toEqual([argv.join(' '), [{ code: 'run.cancelled', params: {} }]]);
    }
  });

  it('ends the pause before another push', async () => {
    const world = start({ script: { [BUILD]: UNAVAILABLE } });
    await until(() => world.clock.sleeping > 0);
    world.cancel.abort();
    expect(await codesOf(world.building)).toEqual(['run.cancelled']);
    expect(world.builds()).toHaveLength(1);
  });

  it('before anything has begun starts nothing that goes on', async () => {
    const world = start({ answered: 0 });
    world.cancel.abort();
    expect(await codesOf(world.building)).toEqual(['run.cancelled']);
  });
});

describe('what is secret', () => {
  const password = fc
    .string({ unit: 'binary', minLength: 8, maxLength: 30 })
    .filter((each) => !each.includes('\0') && each.trim() === each);

  it('stands in no word of a command, in nothing that is said, and only in the environment that needs it', async () => {
    await fc.assert(
      fc.asyncProperty(password, password, password, fc.boolean(), async (first, further, value, isOld) => {
        fc.pre(new Set([first, further, value]).size === 3);
        for (const each of readdirSync(folder)) rmSync(join(folder, each), { recursive: true });
        const [one, two, three] = [`1${first}`, `2${further}`, `3${value}`];
        const otherLogins = [{ registry: 'ghcr.io', username: 'robot', password: new Secret(two) }];
        const world = start({
          given: {
            ...{ 'registry-username': 'user', 'registry-password': one, 'skip-existing': 'true', sbom: 'true' },
            secrets: `"npm=${three.replaceAll('"', '""')}"`,
          },
          otherLogins,
          script: {
            [BUILD]: [DENIED, UNAVAILABLE, failing('denied: no')],
            ...(isOld && { [VERSION]: OLD_BUILDX }),
            'docker pull': [exited(1, '', 'no'), exited(0)],
            'docker image inspect': exited(1),
          },
        });
        const problems = await failureOf(world.built);
        const logins = [`user:${one}`, `robot:${two}`];
        const encoded = logins.map((each) => Buffer.from(each).toString('base64'));
        const secrets = [one, two, three, ...encoded];
        const said = [textOf(problems), ...world.notes, ...world.warnings].join('\n');
        for (const secret of secrets) expect(said).not.toContain(secret);
        for (const { argv, environment } of world.processes.calls) {
          for (const secret of secrets) expect(argv.join('\n')).not.toContain(secret);
          const isBuild = argv.includes('build');
          const reaches = isBuild || ['imagetools', 'pull', 'create'].some((word) => argv.includes(word));
          const values = Object.values(environment);
          expect(values.includes(three)).toBe(isBuild);
          if (!reaches) for (const each of encoded) expect(values.join('\n')).not.toContain(each);
          for (const secret of [one, two]) expect(values).not.toContain(secret);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('but not set is left out, with a warning that does not tell its variable', async () => {
    process.env.IS_SET = 'x';
    try {
      const world = start({ given: { 'secret-envs': 'one=IS_SET,two=hunter2', secrets: 'three=x' } });
      await world.built;
      const options = valuesOf(world.builds()[0]?.argv ?? [], '--secret');
      expect(options.map((option) => option.split(',')[0]).sort()).toEqual(['id=one', 'id=three']);
      expect(world.warnings).toEqual([expect.stringContaining('"two"')]);
      expect(world.warnings.join()).not.toContain('hunter2');
      // Those that are left still find their values.
      const [{ argv = [], environment = {} } = {}] = world.builds();
      const three = valuesOf(argv, '--secret').find((option) => option.startsWith('id=three')) ?? '';
      expect(environment[three.replace('id=three,env=', '')]).toBe('x');
    } finally {
      delete process.env.IS_SET;
    }
  });

  it('is in no file, where buildx is new', async () => {
    const world = start({
      given: { ...LOGIN, secrets: 'npm=third-hunter2' },
      script: { [BUILD]: [UNAVAILABLE, pushed] },
    });
    await world.built;
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(['metadata.json']);
    expect(readFileSync(join(folder, 'metadata.json'), 'utf8')).not.toContain('hunter2');
  });

  it('of further registries is there for the build, beside what the user has set', async () => {
    process.env.DOCKER_AUTH_CONFIG = '{"auths":{"quay.io":{"auth":"eDp5"}}}';
    const otherLogins = [{ registry: 'ghcr.io', username: 'robot', password: new Secret('x') }];
    const world = start({ given: LOGIN, otherLogins });
    await world.built;
    const [build] = world.builds();
    expect(build && authsOf(build).sort()).toEqual(['ghcr.io', 'https://index.docker.io/v1/', 'quay.io']);
  });

  it('of further registries is there also where the image needs no login', async () => {
    const world = start({ otherLogins: [{ registry: 'ghcr.io', username: 'robot', password: new Secret('x') }] });
    await world.built;
    const [build] = world.builds();
    expect(build && authsOf(build)).toEqual(['ghcr.io']);
  });

  it.each(['a\nb', 'say "hi"', 'a=b,c', '🙂', '$(id)'])('and is %j reaches the build byte by byte', async (value) => {
    const world = start({ given: { secrets: `"npm=${value.replaceAll('"', '""')}"` } });
    await world.built;
    const [{ argv = [], environment = {} } = {}] = world.builds();
    const [option = ''] = valuesOf(argv, '--secret');
    expect(environment[option.replace('id=npm,env=', '')]).toBe(value);
  });
});
