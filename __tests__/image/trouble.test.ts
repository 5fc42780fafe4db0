import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  explainTrouble,
  isCacheTrouble,
  mayLackLogin,
  mayPass,
  type Trouble,
  type TroubleKind,
  troubleOf,
} from '../../src/image/trouble';
import type { RawInputs } from '../../src/inputs/names';
import { explain } from '../../src/words/words';
import { configOf } from '../inputs/sample';

/** What docker printed last where a registry failed at a stage of a push; scripts/record-push.js makes them. */
const FOLDER = join(__dirname, '../fixtures/push');

interface Recording {
  /** Its stage and fault, such as `upload-start-503`. */
  readonly what: string;
  readonly lines: readonly string[];
  /** It hung; these are the lines until it was killed. */
  readonly isKilled: boolean;
}

const recordings: [name: string, Recording][] = readdirSync(FOLDER).map((file) => {
  const lines = readFileSync(join(FOLDER, file), 'utf8').trimEnd().split('\n');
  lines.pop();
  const name = file.replace('.txt', '');
  const what = name.replace(/^docker-(?:container-)?/, '').replace(/-once$/, '');
  const kill = lines.findIndex((text) => text.startsWith('[killed after'));
  return [name, { what, lines: lines.slice(0, kill < 0 ? undefined : kill), isKilled: kill >= 0 }];
});
const ended = recordings.filter(([, { isKilled }]) => !isKilled);
/** Nothing tells what a build waits for before its first line. */
const hung = recordings.filter(([, { isKilled, what }]) => isKilled && !what.startsWith('cache-from'));

const each = (stages: readonly string[], faults: readonly string[]) =>
  stages.flatMap((stage) => faults.map((fault) => `${stage}-${fault}`));
const PUSH = [
  'token',
  'manifest-read',
  'blob-check',
  'upload-start',
  'upload',
  'upload-commit',
  'manifest',
  'read-back',
];
const BROKEN = ['500', '502', '503', 'reset', 'truncate'];
const LIMITED = ['rate-limit', 'rate-limit-retry-after', 'rate-limit-json', 'secondary-rate-limit'];
const REFUSED = ['denied', 'forbidden', 'forbidden-package', 'harbor-denied'];
const MISSING = ['missing-repository', 'missing-project'];

/** What each fault is, at each stage. */
const KINDS: Readonly<Partial<Record<TroubleKind, readonly string[]>>> = {
  registry: [
    ...each([...PUSH, 'base'], BROKEN),
    ...each(['upload'], ['500-midway', 'rate-limit-midway', 'reset-midway']),
    ...['ping-reset', 'ping-hang', 'address-refused', 'base-address-refused'],
  ],
  'no-registry': ['address-unknown', 'base-address-unknown'],
  'push-limit': [...each(PUSH, LIMITED), 'upload-rate-limit-midway'],
  'pull-limit': each(['base'], [...LIMITED, 'pull-limit']),
  'push-denied': [...each(PUSH, REFUSED), 'token-pull-only', 'token-wrong-password', 'no-login'],
  'push-read-only': ['token-read-only'],
  'push-missing': each(['upload-start', 'manifest'], MISSING),
  'push-failed': [...each(['manifest', 'upload'], ['immutable-tag', 'too-large']), ...each(['blob-check'], MISSING)],
  'base-denied': [...each(['base'], [...REFUSED, ...MISSING]), 'base-missing', 'base-no-login'],
  cache: [...each(['cache-to'], [...BROKEN, ...LIMITED, ...REFUSED, ...MISSING]), 'cache-not-supported'],
  step: ['run-fails', 'run-missing', 'run-says-denied', 'run-says-unavailable', 'copy-missing', 'syntax'],
};
/** Where the words do not tell a refusal from a registry in trouble: the engine says `unauthorized` to both. */
const UNCLEAR = /^(?:ping-|no-login$|(?:manifest|read-back)-denied$)/;

function expectedOf(what: string): TroubleKind[] {
  const found = Object.entries(KINDS).filter(([, faults]) => faults.includes(what));
  const kinds = found.map(([kind]) => kind as TroubleKind);
  // Harbor's full quota says `denied`, and that the quota is full.
  if (what.endsWith('-quota')) return ['push-denied', 'push-failed'];
  return UNCLEAR.test(what) ? [...kinds, 'push-unasked'] : kinds;
}

describe('the recordings', () => {
  it.each(ended)('%s is known for what it is', (_, { what, lines }) => {
    expect(expectedOf(what)).toContain(troubleOf(lines).kind);
  });

  it('leave no kind of a registry’s trouble out', () => {
    const seen = new Set(ended.map(([, { lines }]) => troubleOf(lines).kind));
    expect([...seen].sort()).toEqual(expect.arrayContaining(Object.keys(KINDS).sort()));
  });

  it.each(hung)('%s is silent, or its cache is', (_, { what, lines }) => {
    expect(troubleOf(lines, { isSilent: true }).kind).toBe(what.startsWith('cache-to') ? 'cache' : 'silent');
  });

  it.each(ended)('%s is the same whatever the image, its tag and its registry are called', (_, { lines }) => {
    const { kind } = troubleOf(lines);
    const renamed = (name: string, tag: string) =>
      lines.map((text) =>
        text
          .replace(/\bpush-[0-9a-f]{8}\/app\b/g, name)
          .replace(/:latest\b/g, `:${tag}`)
          .replace(/manifests\/latest\b/g, `manifests/${tag}`)
          .replace(/'latest'/g, `'${tag}'`),
      );
    const names = ['team/access-denied', 'timeout/eof', '429/503', 'read-only/unauthorized', 'rate.limit/cache-export'];
    for (const name of names) {
      for (const tag of ['429', '503', 'denied', 'timeout', 'name-unknown']) {
        expect([name, tag, troubleOf(renamed(name, tag)).kind]).toEqual([name, tag, kind]);
      }
    }
  });

  it('are the same whatever a program of the build has printed before', () => {
    const printed = fc.constantFrom(
      '#5 12.3 npm error 401 Unauthorized',
      '#5 0.2 failed to push: denied: requested access to the resource is denied',
      '#5 0.2 ERROR: 503 Service Unavailable',
      '#5 0.2 toomanyrequests: rate limit',
      '#5 0.2 exec format error',
      '#5 0.2 Dockerfile:7',
      '#5 0.2 importing cache',
      '#5 DONE 1.0s',
      '#4 CACHED',
    );
    fc.assert(
      fc.property(fc.constantFrom(...ended), fc.array(printed), ([name, { lines }], before) => {
        expect([name, troubleOf([...before, ...lines]).kind]).toEqual([name, troubleOf(lines).kind]);
      }),
    );
  });

  it('of a push are known as such also where many lines come before their end', () => {
    for (const [name, { what, lines }] of ended) {
      if (what.startsWith('run-')) continue;
      const progress = Array.from(
        { length: 60 },
        (_, at) => `#7 pushing layer 3b08e009c67b ${at}.06MB / 94.4MB ${at}.5s`,
      );
      const end = lines.findLastIndex((text) => text.startsWith(' > pushing'));
      if (end < 0) continue;
      const kept = [...progress, ...lines.slice(end - 1)].slice(-60);
      expect([name, troubleOf(kept).kind]).toEqual([name, troubleOf(lines).kind]);
    }
  });
});

describe('what registries and docker are known to say', () => {
  const push = (text: string) => [
    `ERROR: failed to build: failed to solve: failed to push docker.io/user/app:v1: ${text}`,
  ];
  const engine = (...texts: string[]) => ['#7 pushing user/app:v1 with docker', ...texts];
  const scope =
    'repository does not exist or may require authorization: server message: insufficient_scope: authorization failed';

  it.each<[TroubleKind, string[]]>([
    // Docker Hub: docker/build-push-action#1180, docker/hub-feedback#1611, docker/hub-feedback#1907 and others.
    ['push-denied', push(`push access denied, ${scope}`)],
    ['push-denied', push('server message: insufficient_scope: authorization failed')],
    ['push-denied', engine('ERROR: denied: requested access to the resource is denied', 'View build details: x')],
    ['push-denied', ['#7 pushing a/b:v1 with docker', 'error: denied: requested access to the resource is denied']],
    ['push-denied', engine('ERROR: no basic auth credentials')],
    ['push-limit', engine('ERROR: toomanyrequests: Too Many Requests (HAP429).')],
    [
      'push-read-only',
      push(
        'failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://auth.docker.io/token?scope=repository%3Auser%2Fapp%3Apull%2Cpush&service=registry.docker.io: 401 Unauthorized: access token has insufficient scopes',
      ),
    ],
    ['registry', push('failed to fetch oauth token: Get https://auth.docker.io/token?x: EOF')],
    // GHCR: danger/danger-js#1414, chainguard-images/images#173, virtualcell/vcell#1888.
    ['push-denied', push('denied: permission_denied: write_package')],
    ['push-denied', push('denied: installation not allowed to Create organization package')],
    [
      'push-denied',
      push('unexpected status from HEAD request to https://ghcr.io/v2/a/b/blobs/sha256:1: 403 Forbidden'),
    ],
    [
      'push-limit',
      [
        ...push('unexpected status from POST request to https://ghcr.io/v2/a/b/blobs/uploads/: 429 Too Many Requests'),
        'toomanyrequests: retry-after: 12.5ms, allowed: 2000/minute',
      ],
    ],
    // ECR: actions/starter-workflows#2647, CircleCI-Public/aws-ecr-orb#265, moby/buildkit#3776.
    [
      'push-missing',
      engine("ERROR: name unknown: The repository with name 'x' does not exist in the registry with id '123456789012'"),
    ],
    ['push-denied', engine('ERROR: denied: Your authorization token has expired. Reauthenticate and try again.')],
    [
      'push-denied',
      engine(
        'ERROR: denied: User: arn:aws:iam::1:user/x is not authorized to perform: ecr:InitiateLayerUpload on resource: y',
      ),
    ],
    [
      'push-failed',
      push(
        "tag invalid: The image tag 'v1' already exists in the 'app' repository and cannot be overwritten because the repository is immutable.",
      ),
    ],
    // Google: GoogleCloudPlatform/cymbal-superstore#4, GoogleCloudPlatform/cloud-builders-community#588.
    ['push-missing', engine('ERROR: name unknown: Repository "gcr.io" not found')],
    [
      'push-denied',
      engine(
        'ERROR: denied: Permission "artifactregistry.repositories.uploadArtifacts" denied on resource "projects/p/locations/l/repositories/r" (or it may not exist)',
      ),
    ],
    // Quay: ambient-code/platform#669.
    ['push-denied', engine('ERROR: unauthorized: access to the requested resource is not authorized')],
    // What a network does: docker/build-push-action#251 #761 #1065 #131 #626 and others.
    ...[
      'write tcp 10.0.0.1:1->10.0.0.2:443: write: broken pipe',
      'write tcp 10.0.0.1:1->10.0.0.2:443: use of closed network connection',
      'read tcp 10.0.0.1:1->10.0.0.2:443: read: connection timed out',
      'failed to do request: Head "https://x/v2/a/b/blobs/sha256:1": net/http: TLS handshake timeout',
      'failed to do request: Head "https://x/v2/a/b/blobs/sha256:1": dial tcp: lookup x: i/o timeout',
      'failed to do request: Head "https://x/v2/a/b/blobs/sha256:1": dial tcp: lookup x on 10.0.0.1:53: server misbehaving',
      'failed to authorize: DeadlineExceeded: context deadline exceeded',
      'failed commit on ref "layer-sha256:1": no response',
      'io: read/write on closed pipe',
      'failed to do request: Put "https://x/v2/a/b/blobs/uploads/1": http2: Transport: cannot reuse body, request must be retried',
      'unexpected status from PUT request to https://x/v2/a/b/manifests/v1: 504 Gateway Timeout',
    ].map((text): [TroubleKind, string[]] => ['registry', push(text)]),
    // What several machines have built, a platform each, buildx itself pushes as one.
    [
      'registry',
      [
        '#9 merging manifest list user/app:v1',
        '#9 ERROR: unexpected status from PUT request to https://x/v2/a/b/manifests/v1: 503 Service Unavailable',
        '------',
        ' > merging manifest list user/app:v1:',
        '------',
        'ERROR: failed to build: unexpected status from PUT request to https://x/v2/a/b/manifests/v1: 503 Service Unavailable',
      ],
    ],
    // A base image.
    [
      'base-denied',
      [
        `ERROR: failed to solve: user/base: failed to resolve source metadata for docker.io/user/base:1: pull access denied, ${scope}`,
      ],
    ],
    [
      'pull-limit',
      [
        'ERROR: failed to build: failed to solve: alpine: failed to resolve source metadata for docker.io/library/alpine:latest: failed to copy: httpReadSeeker: failed open: unexpected status from GET request to https://registry-1.docker.io/v2/library/alpine/manifests/sha256:1: 429 Too Many Requests',
        'toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
      ],
    ],
    [
      'registry',
      ['ERROR: failed to solve: failed to fetch anonymous token: Get "https://auth.docker.io/token?x": EOF'],
    ],
    // A cache that may not be written.
    [
      'cache',
      [' > exporting cache to GitHub Actions Cache:', '------', 'ERROR: failed to solve: failed to reserve cache: 503'],
    ],
    ['cache', ['ERROR: failed to build: Cache export is not supported for the docker driver.']],
    // A program of the build that is refused somewhere.
    [
      'step',
      [
        '#9 12.3 npm error 401 Unauthorized',
        'ERROR: failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
      ],
    ],
    [
      'step',
      [
        'ERROR: failed to solve: process "/bin/sh -c curl x || { echo failed to fetch: timeout; exit 1; }" did not complete successfully: exit code: 1',
      ],
    ],
    ['step', ['ERROR: failed to solve: dockerfile parse error on line 3: unknown instruction: FORM']],
    // Recorded with a program for arm64 on amd64: buildx 0.38 with BuildKit 0.34, and with Docker 20.10.
    [
      'emulation',
      [
        '#5 0.072 exec /prog: exec format error',
        '#5 ERROR: process "/prog" did not complete successfully: exit code: 1',
        'ERROR: failed to build: failed to solve: process "/prog" did not complete successfully: exit code: 1',
      ],
    ],
    [
      'emulation',
      [
        '------',
        ' > [2/2] RUN ["/prog"]:',
        '0.177 exec /prog: exec format error',
        '------',
        'ERROR: failed to build: failed to solve: executor failed running [/prog]: exit code: 1',
      ],
    ],
    // No engine, and none for this user. The last two were recorded with buildx 0.38.
    [
      'engine',
      ['ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'],
    ],
    [
      'engine',
      [
        'ERROR: permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://x"',
      ],
    ],
    ['engine', ['ERROR: permission denied while trying to connect to the docker API at unix:///var/run/docker.sock']],
    [
      'engine',
      [
        'ERROR: failed to connect to the docker API at unix:///x.sock; check if the path is correct and if the daemon is running: dial unix /x.sock: connect: no such file or directory',
      ],
    ],
    // Recorded with buildx 0.38.
    ['no-builder', ['ERROR: no builder "mine" found']],
    ['no-builder', ['ERROR: failed to build: no builder "mine" found']],
    ['step', ['ERROR: failed to solve: process "make no builder x found" did not complete successfully: exit code: 1']],
    // What says nothing.
    ['step', []],
    ['step', ['denied: requested access to the resource is denied']],
    ['step', ['ERROR: failed to solve: Get "https://x": dial tcp: lookup x']],
  ])('%s: %j', (kind, lines) => expect(troubleOf(lines).kind).toBe(kind));
});

describe("docker's last word", () => {
  it.each([
    [['ERROR: failed to build: failed to solve: no'], 'no'],
    [['ERROR: failed to solve: rpc error: code = Unknown desc = no'], 'no'],
    [['error: no'], 'no'],
    [['ERROR: one', 'text', 'ERROR: two'], 'two'],
    [['ERROR: errors:', 'denied: a', 'unauthorized: b'], 'errors: denied: a unauthorized: b'],
    [['ERROR: no', 'View build details: docker-desktop://x', 'Learn more: y', 'Check out z'], 'no'],
    [['no error at all'], 'no error at all'],
    [[], ''],
  ])('of %j is %j', (lines, said) => expect(troubleOf(lines).said).toBe(said));

  it('comes with the end of what was printed', () => {
    const lines = Array.from({ length: 100 }, (_, at) => `line ${at}`);
    const { tail } = troubleOf(lines);
    expect(tail.length).toBeGreaterThan(9);
    expect(tail.length).toBeLessThan(31);
    expect(tail).toEqual(lines.slice(-tail.length));
  });
});

const trouble = (kind: TroubleKind, said = 'said'): Trouble => ({ kind, said, tail: ['the', 'tail'] });
const ALL = Object.keys({
  silent: 1,
  registry: 1,
  'no-registry': 1,
  'push-unasked': 1,
  'push-limit': 1,
  'push-denied': 1,
  'push-read-only': 1,
  'push-missing': 1,
  'push-failed': 1,
  'pull-limit': 1,
  'base-denied': 1,
  cache: 1,
  emulation: 1,
  engine: 1,
  'no-builder': 1,
  step: 1,
} satisfies Record<TroubleKind, 1>) as TroubleKind[];

describe('the same build again', () => {
  it('is worth while in trouble that passes, and in no other', () => {
    expect(ALL.filter((kind) => mayPass(trouble(kind))).sort()).toEqual(['push-limit', 'registry', 'silent']);
  });

  it.each(ended)('after %s', (_, { what, lines }) => {
    const passes = /-(?:(?:50\d|reset)(?:-midway)?|truncate|hang|refused)$|rate-limit/.test(what);
    const isOurs = !/^(?:cache|base-pull|base-rate)/.test(what);
    const isUnclear = troubleOf(lines).kind === 'push-unasked';
    expect(mayPass(troubleOf(lines))).toBe(passes && isOurs && !isUnclear);
  });

  it('with a login in a file may help where a registry refused', () => {
    expect(ALL.filter((kind) => mayLackLogin(trouble(kind))).sort()).toEqual(
      ['base-denied', 'pull-limit', 'push-denied', 'push-missing', 'push-unasked'].sort(),
    );
  });

  it('without its caches may help where they failed', () => {
    expect(ALL.filter((kind) => isCacheTrouble(trouble(kind)))).toEqual(['cache']);
  });
});

describe('what a person reads', () => {
  const read = (
    kind: TroubleKind,
    given: Partial<RawInputs> = {},
    { tries = 4, ...more }: Partial<Trouble> & { tries?: number } = {},
  ) => {
    const problem = explainTrouble({ ...trouble(kind), ...more }, configOf({ image: 'user/app', ...given }), tries);
    return { problem, ...explain(problem) };
  };
  const login = { 'registry-username': 'somebody', 'registry-password': 'hunter2' };

  it.each<[TroubleKind, RegExp, RegExp]>([
    ['silent', /nothing for minutes, 4 times.*tail/, /status page/],
    ['registry', /docker\.io.*after 4 tries.*said/, /status page/],
    ['no-registry', /no registry of that name.*said/, /Correct "image"/],
    ['push-limit', /docker\.io.*after 4 tries.*said/, /Wait/],
    ['pull-limit', /base image.*said/, /"registry-username" and "registry-password"/],
    ['push-denied', /refused the push to "user\/app".*said/, /Set "registry-username"/],
    ['push-unasked', /refused the push to "user\/app".*said/, /Set "registry-username"/],
    ['push-read-only', /may read, but not write to "user\/app"/, /Read & Write/],
    ['push-missing', /no repository "user\/app".*said/, /Make "user\/app"/],
    ['push-failed', /"user\/app".*said/, /tag of its own/],
    ['base-denied', /base image.*said/, /FROM line/],
    ['emulation', /another processor/, /setup-qemu-action/],
    ['engine', /Docker engine.*said/, /systemctl start docker/],
    ['no-builder', /builder "mine" is not there.*said/, /leave "builder" out/],
    ['step', /could not be built.*said[\s\S]*the\ntail/, /Dockerfile/],
    ['cache', /could not be built.*said[\s\S]*the\ntail/, /Dockerfile/],
  ])('of %s: %s', (kind, what, next) => {
    const said = read(kind, { builder: 'mine' });
    expect(said.what).toMatch(what);
    expect(said.next).toMatch(next);
  });

  it('is another for each kind of refusal', () => {
    const whats = ALL.filter((kind) => !['push-unasked', 'cache'].includes(kind)).map((kind) => read(kind).what);
    expect(new Set(whats).size).toBe(whats.length);
  });

  it('names the user who was refused, and never the password', () => {
    for (const kind of ALL) {
      const { what, next } = read(kind, login);
      expect(what + next).not.toContain('hunter2');
    }
    for (const kind of ['push-denied', 'push-read-only'] as const) {
      const { what, next } = read(kind, login);
      expect(what + next).toContain('somebody');
    }
  });

  it('says how many times it was tried where it was tried again', () => {
    expect(read('registry', {}, { tries: 1 }).what).not.toMatch(/tries/);
    expect(read('silent', {}, { tries: 1 }).what).not.toMatch(/times/);
  });

  it('of a program for another processor names the platforms', () => {
    expect(read('emulation', { platforms: 'linux/amd64,linux/arm64' }).what).toContain('linux/amd64, linux/arm64');
  });

  it('leads to the line of the Dockerfile where docker names one', () => {
    const at = { file: 'web/Dockerfile', line: 7 };
    expect(read('step', {}, { at }).problem.at).toEqual(at);
    expect(read('step').problem.at).toBeUndefined();
  });

  it('of a registry that says nothing shows what docker waits for', () => {
    for (const [name, { lines }] of hung) {
      const { kind, said, tail } = troubleOf(lines, { isSilent: true });
      const { what } = explain(explainTrouble({ kind, said, tail }, configOf(), 4));
      if (kind === 'silent')
        expect([name, what]).toEqual([name, expect.stringContaining((lines.at(-1) ?? '').slice(0, 60))]);
    }
  });

  it('of a recording holds what docker said', () => {
    for (const [name, { lines }] of ended) {
      const { kind, said, tail } = troubleOf(lines);
      const { what } = explain(explainTrouble({ kind, said, tail }, configOf({ image: 'user/app' }), 1));
      expect([name, what.length > 20]).toEqual([name, true]);
      if (!['push-read-only'].includes(kind))
        expect([name, what]).toEqual([name, expect.stringContaining(said.slice(0, 20))]);
    }
  });
});
