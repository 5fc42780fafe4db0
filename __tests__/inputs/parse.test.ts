import fc from 'fast-check';
import { INPUTS, type InputName, type RawInputs, SECRET_INPUTS } from '../../src/inputs/names';
import { parseInputs } from '../../src/inputs/parse';
import { codesOf, configOf, FINGERPRINT, problemsOf, RUN, rawInputs, textOf } from './sample';

const KNOWN = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPWm0VoHZCM5ni2BmzkQwTYGI6RBVBZVKWgEmPjTVk0';
const OTHER = `SHA256:${'B'.repeat(42)}E`;

describe('the least that a user writes', () => {
  it('becomes a configuration with the documented defaults', () => {
    const config = configOf();
    expect(config).toEqual({
      image: {
        repository: { registry: 'docker.io', path: 'caringnote/caring-note-api' },
        references: [{ repository: { registry: 'docker.io', path: 'caringnote/caring-note-api' }, tag: RUN.sha }],
        otherLogins: [],
      },
      build: {
        ...{ context: '.', buildArgs: [], buildContexts: [], secrets: [], labels: [], platforms: [] },
        ...{ cacheFrom: [], cacheTo: [], noCache: false, pull: false, skipExisting: false },
      },
      host: {
        host: '203.0.113.7',
        port: 22,
        username: 'deployer',
        key: config.host.key,
        hostKeys: { trusted: [{ fingerprint: FINGERPRINT, type: undefined }], revoked: [] },
        kubectl: ['kubectl'],
      },
      workload: { kind: 'deployment', name: 'caring-note-api', namespace: 'default', containers: [] },
      workloads: [{ kind: 'deployment', name: 'caring-note-api', namespace: 'default', containers: [] }],
      verdict: { timeoutMs: 600_000, maxRestarts: 2, rollbackOnFailure: true },
      operation: { kind: 'deploy' },
      isDryRun: false,
      run: RUN,
    });
    expect(config.host.key.reveal()).toBe(rawInputs()['ssh-key']);
  });

  it.each([['a\nb\nc\nd'], ['a\na'], ['a, a']])(
    'names each workload once, and no more than can be watched at a time: %j',
    (deployment) =>
      expect(problemsOf({ deployment })).toEqual([
        { code: 'input.workloads', params: expect.objectContaining({ most: 3 }) },
      ]),
  );

  it.each([['app\napp'], ['proxy=nginx:1']])(
    'names each container once, and one that gets what is built: %j',
    (container) => expect(problemsOf({ container })).toMatchObject([{ code: 'input.containers' }]),
  );

  it.each(['image', 'ssh-host', 'ssh-username', 'deployment'] as const)('cannot do without %s', (name) => {
    expect(problemsOf({ [name]: ' \n' })).toEqual([{ code: 'input.missing', params: { name } }]);
  });

  it.each([
    ['ssh-key', 'ssh.key-empty'],
    ['ssh-host-key', 'ssh.host-key-missing'],
  ] as const)('cannot do without %s', (name, code) => expect(codesOf({ [name]: '\n' })).toEqual([code]));
});

/** What each input becomes where it is right: the part of the configuration that it sets. */
const RIGHT: [Partial<RawInputs>, (config: ReturnType<typeof configOf>) => unknown, unknown][] = [
  [{ operation: 'restart' }, ({ operation }) => operation.kind, 'restart'],
  [{ 'dry-run': 'true' }, ({ isDryRun }) => isDryRun, true],
  [
    { operation: 'redeploy', version: 'v1', 'allow-other-build-args': 'true' },
    ({ operation }) => operation,
    { kind: 'redeploy', version: 'v1', allowOtherBuildArgs: true },
  ],
  [{ image: 'nginx' }, ({ image }) => image.repository, { registry: 'docker.io', path: 'library/nginx' }],
  [{ image: 'ghcr.io/a/b' }, ({ image }) => image.repository, { registry: 'ghcr.io', path: 'a/b' }],
  [{ image: ' a/b \n' }, ({ image }) => image.repository.path, 'a/b'],
  [{ context: './web' }, ({ build }) => build.context, './web'],
  [{ context: 'a b/$(c);d' }, ({ build }) => build.context, 'a b/$(c);d'],
  [{ context: '--push' }, ({ build }) => build.context, '--push'],
  [{ file: 'web/Dockerfile.한국' }, ({ build }) => build.file, 'web/Dockerfile.한국'],
  [{ target: 'runtime-1.2' }, ({ build }) => build.target, 'runtime-1.2'],
  [{ 'build-args': 'API=https://x/?a=b,c\nB' }, ({ build }) => build.buildArgs, ['API=https://x/?a=b,c', 'B']],
  [{ 'build-args': '"A=1\n2"\nB=' }, ({ build }) => build.buildArgs, ['A=1\n2', 'B=']],
  [{ 'build-args': 'A=$(id);::set-output::' }, ({ build }) => build.buildArgs, ['A=$(id);::set-output::']],
  [{ 'build-contexts': 'base=docker-image://alpine:3\nlib=../lib,x' }, ({ build }) => build.buildContexts.length, 2],
  [{ secrets: 'npm=x' }, ({ build }) => build.secrets.map(({ id }) => id), ['npm']],
  [{ 'secret-envs': 'npm=NPM_TOKEN' }, ({ build }) => build.secrets, [{ id: 'npm', env: 'NPM_TOKEN' }]],
  [{ 'secret-files': 'npm=./.npmrc' }, ({ build }) => build.secrets, [{ id: 'npm', file: './.npmrc' }]],
  [{ labels: 'a.b/c=d\ne=\nf' }, ({ build }) => build.labels, ['a.b/c=d', 'e=', 'f']],
  [{ platforms: 'linux/amd64, linux/arm/v7' }, ({ build }) => build.platforms, ['linux/amd64', 'linux/arm/v7']],
  [{ 'cache-from': 'type=gha\nuser/app:c' }, ({ build }) => build.cacheFrom, ['type=gha', 'user/app:c']],
  [{ 'cache-to': 'type=gha,mode=max' }, ({ build }) => build.cacheTo, ['type=gha,mode=max']],
  [{ builder: 'builder-1_x.y' }, ({ build }) => build.builder, 'builder-1_x.y'],
  [{ network: 'host' }, ({ build }) => build.network, 'host'],
  [{ provenance: 'mode=max' }, ({ build }) => build.provenance, 'mode=max'],
  [{ provenance: 'true' }, ({ build }) => build.provenance, 'true'],
  [{ provenance: 'False' }, ({ build }) => build.provenance, undefined],
  [{ sbom: 'generator=docker/scout:latest' }, ({ build }) => build.sbom, 'generator=docker/scout:latest'],
  [{ 'skip-existing': 'true' }, ({ build }) => build.skipExisting, true],
  [{ 'no-cache': 'true' }, ({ build }) => build.noCache, true],
  [{ 'no-cache': 'True' }, ({ build }) => build.noCache, true],
  [{ 'no-cache': 'FALSE' }, ({ build }) => build.noCache, false],
  [{ pull: 'TRUE' }, ({ build }) => build.pull, true],
  [{ pull: 'false' }, ({ build }) => build.pull, false],
  [{ 'ssh-host': 'deploy.example.org' }, ({ host }) => host.host, 'deploy.example.org'],
  [{ 'ssh-host': 'fe80::1%eth0' }, ({ host }) => host.host, 'fe80::1%eth0'],
  [{ 'ssh-port': '2222' }, ({ host }) => host.port, 2222],
  [{ 'ssh-port': '65535' }, ({ host }) => host.port, 65_535],
  [{ 'ssh-username': 'ubuntu.2_x-y$' }, ({ host }) => host.username, 'ubuntu.2_x-y$'],
  [{ 'ssh-passphrase': ' two words ' }, ({ host }) => host.passphrase?.reveal(), 'two words'],
  [{ 'ssh-host-key': `${FINGERPRINT}\n${OTHER}` }, ({ host }) => host.hostKeys.trusted.length, 2],
  [{ kubectl: 'sudo  k3s kubectl' }, ({ host }) => host.kubectl, ['sudo', 'k3s', 'kubectl']],
  [{ kubectl: '/usr/bin/kubectl --context=a@b' }, ({ host }) => host.kubectl, ['/usr/bin/kubectl', '--context=a@b']],
  [{ deployment: 'deployment/web' }, ({ workload }) => workload.name, 'web'],
  [{ deployment: 'api\ndeploy/worker' }, ({ workloads }) => workloads.map(({ name }) => name), ['api', 'worker']],
  [{ deployment: 'deploy/web' }, ({ workload }) => workload.name, 'web'],
  [{ deployment: 'deployments.apps/web.v2' }, ({ workload }) => workload.name, 'web.v2'],
  [{ deployment: 'web' }, ({ workload }) => workload.kind, 'deployment'],
  [{ deployment: 'deploy/web' }, ({ workload }) => workload.kind, 'deployment'],
  [{ deployment: 'statefulset/db' }, ({ workload }) => [workload.kind, workload.name], ['statefulset', 'db']],
  [{ deployment: 'sts/db' }, ({ workload }) => [workload.kind, workload.name], ['statefulset', 'db']],
  [{ deployment: 'statefulsets.apps/db' }, ({ workload }) => [workload.kind, workload.name], ['statefulset', 'db']],
  [{ container: 'app-1' }, ({ workload }) => workload.containers, [{ name: 'app-1' }]],
  [
    { container: 'api\nmigrate\nproxy=nginx:1.27' },
    ({ workload }) => workload.containers,
    [{ name: 'api' }, { name: 'migrate' }, { name: 'proxy', image: 'nginx:1.27' }],
  ],
  [{ namespace: 'caring-note-staging' }, ({ workload }) => workload.namespace, 'caring-note-staging'],
  [{ timeout: '1h30m' }, ({ verdict }) => verdict.timeoutMs, 5_400_000],
  [{ timeout: '6h' }, ({ verdict }) => verdict.timeoutMs, 21_600_000],
  [{ soak: '45s' }, ({ verdict }) => verdict.soakMs, 45_000],
  [{ soak: '0s' }, ({ verdict }) => verdict.soakMs, 0],
  [{ 'max-restarts': '0' }, ({ verdict }) => verdict.maxRestarts, 0],
  [{ 'max-restarts': '10' }, ({ verdict }) => verdict.maxRestarts, 10],
  [{ 'rollback-on-failure': 'false' }, ({ verdict }) => verdict.rollbackOnFailure, false],
  [{ 'rollback-on-failure': '' }, ({ verdict }) => verdict.rollbackOnFailure, true],
  [{ 'verify-path': '/healthz?full=1' }, ({ verdict }) => verdict.verifyPath, { path: '/healthz?full=1' }],
  [{ 'verify-path': ':8080/' }, ({ verdict }) => verdict.verifyPath, { path: '/', port: 8080 }],
  [{ 'verify-url': 'https://api.example.org/x' }, ({ verdict }) => verdict.verifyUrl, 'https://api.example.org/x'],
  [
    { 'environment-url': 'https://api.example.org/한?a=b' },
    (config) => config.environmentUrl,
    'https://api.example.org/한?a=b',
  ],
  [{ 'github-deployment': 'true', 'github-token': 'ghs_1' }, (config) => config.githubToken?.reveal(), 'ghs_1'],
  [{ 'github-deployment': 'false', 'github-token': 'ghs_1' }, (config) => config.githubToken, undefined],
];

describe('a right input reaches the configuration', () => {
  it.each(RIGHT)('%j', (given, part, value) => expect(part(configOf(given))).toEqual(value));

  it('and every input but the ones below has such a case', () => {
    const elsewhere: InputName[] = [
      'tags',
      'registry-username',
      'registry-password',
      'registry-auth',
      'ssh-key',
      'manifests',
      'language',
    ];
    expect(INPUTS.filter((name) => !elsewhere.includes(name) && !RIGHT.some(([given]) => name in given))).toEqual([]);
  });

  it('with both halves of a login', () => {
    const given = { 'registry-username': 'caringnote', 'registry-password': 'dckr_pat_x\n' };
    const { credentials } = configOf(given).image;
    expect([credentials?.username, credentials?.password.reveal()]).toEqual(['caringnote', 'dckr_pat_x']);
  });
});

const shape = (input: InputName) => [{ code: 'input.shape', params: expect.objectContaining({ input }) }];
const control = (name: InputName) => [{ code: 'input.control', params: { name } }];

describe('a wrong input is refused, by its name', () => {
  it.each<[InputName, string[]]>([
    ['context', ['https://github.com/a/b.git', 'git@github.com:a/b.git', 'github.com/a/b', 'ssh://x', '-']],
    ['target', ['a b', '-x', '$(id)', 'a;b', '--push', '한']],
    ['builder', ['a b', '-x', '$(id)', 'a/b', '한']],
    ['network', ['a b', '--push', 'host;id']],
    ['platforms', ['linux//amd64', 'linux/arm/v7/x', 'linux/amd64 --push', '/amd64', '한']],
    ['provenance', ['yes', 'max', 'mode=', 'mode=max --push', '$(id)']],
    ['sbom', ['yes', 'generator=', '--push']],
    ['no-cache', ['yes', '1', 'on', 'tRUE', 'true;id']],
    ['skip-existing', ['yes', '1']],
    ['pull', ['always', '0']],
    [
      'ssh-host',
      [
        'https://a.example',
        'root@a.example',
        'a.example:22',
        'a b',
        '-oProxyCommand=id',
        'a;b',
        '$(id)',
        'a\0b',
        '한국.kr',
        'x'.repeat(254),
        'a'.repeat(300),
        '[::1]',
      ],
    ],
    ['ssh-port', ['0', '65536', '22a', '-22', '2 2', '1e3', '٢٢', '999999', '22\n23']],
    ['ssh-username', ['a b', '-l', 'a;b', '$(id)', 'a\nb', 'a\0b', '사용자', 'x'.repeat(66), 'a/b', '::debug::a']],
    [
      'kubectl',
      [
        'kubectl; id',
        'kubectl $(id)',
        'kubectl | sh',
        '`id`',
        "sh -c 'kubectl'",
        'kubectl && id',
        'kubectl > x',
        '~/kubectl',
        '한',
      ],
    ],
    [
      'deployment',
      [
        'Web',
        'web_1',
        ',',
        'daemonset/web',
        'statefulset/',
        'statefulset/Web',
        'web/',
        '-web',
        'web-',
        'a..b',
        'a b',
        '$(id)',
        'a;b',
        'a'.repeat(254),
        '한',
        'a%2fb',
        '..',
        'a\0',
      ],
    ],
    ['namespace', ['Default', 'a.b', 'a_b', '-a', 'a'.repeat(64), 'a b', 'a\nb', '../x', 'a;b', '한']],
    ['container', ['App', 'a.b', 'a b', 'a\nB', '$(id)', '*', 'a'.repeat(64)]],
    ['timeout', ['0s', '7h', '6h1s', '999h']],
    [
      'environment-url',
      [
        'api.example.org',
        'ftp://a',
        'javascript:alert(1)',
        'https://',
        'https://a b',
        'https://a"b',
        'https://<a>',
        '//a',
      ],
    ],
  ])('%s', (name, texts) => {
    for (const text of texts) expect([text, problemsOf({ [name]: text })]).toEqual([text, shape(name)]);
  });

  it.each<InputName>([
    'context',
    'file',
    'target',
    'builder',
    'network',
    'provenance',
    'sbom',
    'registry-username',
    'kubectl',
    'verify-path',
    'verify-url',
    'environment-url',
    'github-token',
  ])('%s that holds a control character', (name) => {
    const login: Partial<RawInputs> =
      name === 'registry-username'
        ? { 'registry-password': 'x' }
        : { 'github-deployment': 'true', 'github-token': 'x' };
    for (const character of ['\n', '\r', '\0', '\x1b', '\t', '\x7f']) {
      const problems = problemsOf({ ...login, [name]: `a${character}::set-output name=x::y` });
      expect(problems.filter(({ code }) => code === 'input.control')).toEqual(control(name));
    }
  });

  it.each<InputName>(['timeout', 'soak'])('%s that is no duration', (name) => {
    for (const given of ['10', '10 m', 'ten', '-1m', '1m\n2m']) {
      expect(problemsOf({ [name]: given })).toEqual([{ code: 'input.duration', params: { name, given } }]);
    }
  });

  it.each([
    [
      'image.name',
      [
        'https://docker.io/a/b',
        'a/b:v1',
        'a//b',
        'a/',
        '/a',
        'a b',
        'a;b',
        '$(id)',
        '한국',
        'a'.repeat(300),
        'a@sha256:0',
        '-a',
        'a..b',
      ],
    ],
    ['image.capitals', ['User/app', 'user/App', 'App']],
  ])('image: %s', (code, texts) => {
    for (const image of texts) expect([image, codesOf({ image })]).toEqual([image, [code]]);
  });

  it.each<[string, InputName, string, unknown]>([
    ['without a name', 'build-args', 'A=1\n=2', { name: 'build-args', entry: 2 }],
    ['with a space in its name', 'build-args', 'A B=1', { name: 'build-args', entry: 1 }],
    ['without a name', 'labels', 'a=b\n=c', { name: 'labels', entry: 2 }],
    ['without a value', 'build-contexts', 'a', { name: 'build-contexts', entry: 1 }],
  ])('an entry %s', (_, name, text, params) => {
    expect(problemsOf({ [name]: text })).toEqual([{ code: 'input.keyed', params }]);
  });

  it.each<InputName>(['build-args', 'labels', 'cache-from', 'tags'])('a NUL in "%s"', (name) => {
    expect(problemsOf({ [name]: 'a=1\0' })).toEqual([{ code: 'input.nul', params: { name } }]);
  });

  it.each<InputName>([
    ...(['tags', 'build-args', 'build-contexts', 'secrets', 'secret-envs', 'secret-files', 'labels'] as const),
    ...(['platforms', 'cache-from', 'cache-to'] as const),
  ])('%s with a quote that is never closed', (name) => {
    expect(codesOf({ [name]: '"a=1\nb=2' })[0]).toBe('input.list');
  });

  it('a user name without a password, and the other way round', () => {
    const missing = (given: Partial<RawInputs>) => problemsOf(given).map(({ params }) => params);
    expect(missing({ 'registry-username': 'a' })).toEqual([{ missing: 'registry-password' }]);
    expect(missing({ 'registry-password': 'a' })).toEqual([{ missing: 'registry-username' }]);
  });

  it('a soak that is not shorter than the timeout', () => {
    expect(codesOf({ soak: '10m' })).toEqual(['input.soak']);
    expect(codesOf({ soak: '30s', timeout: '30s' })).toEqual(['input.soak']);
    expect(codesOf({ soak: '29s', timeout: '30s' })).toEqual([]);
  });
});

describe('tags', () => {
  const printed = (tags: string, image = 'user/app') =>
    configOf({ image, tags }).image.references.map(
      ({ repository, tag }) => `${repository.registry}/${repository.path}:${tag}`,
    );

  it.each<[string, string[]]>([
    ['', [`docker.io/user/app:${RUN.sha}`]],
    ['v1', ['docker.io/user/app:v1']],
    ['v1, latest', ['docker.io/user/app:v1', 'docker.io/user/app:latest']],
    ['v1\nlatest\n', ['docker.io/user/app:v1', 'docker.io/user/app:latest']],
    ['user/app:v1', ['docker.io/user/app:v1']],
    ['docker.io/user/app:v1', ['docker.io/user/app:v1']],
    ['v1,ghcr.io/user/app:v1', ['docker.io/user/app:v1', 'ghcr.io/user/app:v1']],
    ['ghcr.io/user/app:v1\nv1', ['docker.io/user/app:v1', 'ghcr.io/user/app:v1']],
  ])('%j are pushed with the first one of "image" in front', (tags, references) =>
    expect(printed(tags)).toEqual(references),
  );

  it.each([
    ['input.tags', ['-v1', '.v1', 'v 1', 'v1;id', '$(id)', 'v'.repeat(129), '한']],
    [
      'image.tagless',
      ['user/app', 'ghcr.io/user/app', `user/app@sha256:${'0'.repeat(64)}`, `user/app:v1@sha256:${'0'.repeat(64)}`],
    ],
    ['image.no-own-tag', ['other/app:v1', 'ghcr.io/user/app:v1', 'app:v1']],
    ['input.tags', ['User/app:v1', 'https://ghcr.io/user/app:v1', 'user//app:v1', 'user/app@sha256:123']],
  ])('are refused as %s', (code, texts) => {
    for (const tags of texts) expect([tags, codesOf({ image: 'user/app', tags })]).toEqual([tags, [code]]);
  });

  it('fall back to a problem, not to nothing, where there is no commit', () => {
    expect(problemsOf({}, { ...RUN, sha: '' }).map(({ code }) => code)).toEqual(['input.tags']);
  });
});

describe('the token for GitHub', () => {
  it('is kept as a secret', () => {
    const config = configOf({ 'github-deployment': 'true', 'github-token': ' ghs_token\n' });
    expect(config.githubToken?.reveal()).toBe('ghs_token');
    expect(JSON.stringify(config)).not.toContain('ghs_token');
  });

  it('is missed where the run is to be shown, and it is empty', () =>
    expect(problemsOf({ 'github-deployment': 'true' })).toEqual([
      { code: 'input.missing', params: { name: 'github-token' } },
    ]));
});

describe('all problems', () => {
  it('are told at once', () => {
    const everythingWrong: RawInputs = {
      operation: 'undo',
      version: 'a b',
      'dry-run': 'maybe',
      'allow-other-build-args': 'maybe',
      image: 'User/app',
      tags: '-x',
      'registry-username': '',
      'registry-password': 'p',
      'registry-auth': '',
      context: 'https://github.com/a/b',
      file: 'a\nb',
      target: 'a b',
      'build-args': '=1',
      'build-contexts': '=1',
      secrets: '=1',
      'secret-envs': '=1',
      'secret-files': '=1',
      labels: '=x',
      platforms: 'a b',
      'cache-from': '"',
      'cache-to': '"',
      'no-cache': 'maybe',
      pull: 'maybe',
      builder: 'a b',
      network: 'a b',
      provenance: 'maybe',
      sbom: 'maybe',
      'skip-existing': 'maybe',
      'ssh-host': 'a b',
      'ssh-port': 'x',
      'ssh-username': 'a b',
      'ssh-key': '',
      'ssh-passphrase': '',
      'ssh-host-key': 'nonsense',
      kubectl: 'a;b',
      deployment: 'A',
      container: 'A',
      namespace: 'A',
      manifests: '',
      timeout: 'x',
      soak: 'x',
      'max-restarts': 'x',
      'rollback-on-failure': 'x',
      'verify-path': 'x',
      'verify-url': 'x',
      'environment-url': 'x',
      'github-deployment': 'x',
      'github-token': '',
      language: 'x',
    };
    const problems = problemsOf(everythingWrong);
    // A passphrase alone cannot be wrong, nor a token; a login is one thing, and further ones are read elsewhere, as manifests are.
    expect(problems).toHaveLength(INPUTS.length - 5);
    expect(new Set(problems.map((each) => JSON.stringify(each))).size).toBe(problems.length);
  });

  it('do not breed others', () => {
    expect(codesOf({ timeout: 'soon', soak: '20m' })).toEqual(['input.duration']);
    expect(codesOf({ image: 'User/app', tags: 'v1' })).toEqual(['image.capitals']);
    expect(codesOf({ 'ssh-host': 'a b', 'ssh-host-key': `h.example ${KNOWN}` })).toEqual(['input.shape']);
    expect(codesOf({ 'ssh-port': 'x', 'ssh-host-key': `[203.0.113.7]:2222 ${KNOWN}` })).toEqual(['input.shape']);
  });

  it('include that the key is for another host, where the host is known', () => {
    expect(codesOf({ 'ssh-host-key': `h.example ${KNOWN}` })).toEqual(['ssh.host-key-other-host']);
  });

  it('never show a secret, wherever it was pasted by mistake in the secret inputs', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9+/=$;"'`\n]{12,60}$/).filter((text) => text.trim().length > 8);
    const wrong = fc.constantFrom<Partial<RawInputs>>(
      {},
      { image: 'User/app' },
      { 'ssh-host': 'a b', deployment: '' },
      { 'registry-username': 'somebody' },
      { 'registry-username': 'a\nb', timeout: 'x' },
    );
    fc.assert(
      fc.property(fc.constantFrom(...SECRET_INPUTS), secret, wrong, (name, value, given) => {
        const raw = rawInputs({ ...given, [name]: value });
        const parsed = parseInputs(raw, RUN);
        const shown = 'problems' in parsed ? textOf(parsed.problems) : JSON.stringify(parsed.config);
        expect(shown).not.toContain(value.trim());
        for (const line of value.split('\n').filter((part) => part.length > 8)) expect(shown).not.toContain(line);
      }),
    );
  });

  it('never show a build argument or label, which may be meant to be secret', () => {
    const value = fc.stringMatching(/^[A-Za-z0-9+/]{8,40}$/);
    fc.assert(
      fc.property(fc.constantFrom<InputName>('build-args', 'labels'), value, value, (name, one, other) => {
        const shown = textOf(problemsOf({ [name]: `A=${one}\n${one} ${other}\n=${other}` }));
        expect(shown).toContain('Entry 2');
        expect([one, other].filter((part) => shown.includes(part))).toEqual([]);
      }),
    );
  });
});

describe('anything at all', () => {
  it('gives a configuration or problems, and never throws', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom('a', 'a/b', '1s', 'true', '\0'));
    const inputs = fc.record(Object.fromEntries(INPUTS.map((name) => [name, text])) as Record<InputName, typeof text>);
    fc.assert(
      fc.property(inputs, (raw) => {
        const parsed = parseInputs(raw, RUN);
        if ('problems' in parsed) expect(parsed.problems.length).toBeGreaterThan(0);
        else expect(parsed.config.image.references.length).toBeGreaterThan(0);
      }),
    );
  });
});
