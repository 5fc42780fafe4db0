import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loginEnvironment } from '../../src/image/login';
import { Secret } from '../../src/system/secret';
import { type Hub, startHub } from '../../testbed/hub';
import { App, testbed } from './harness';

jest.setTimeout(120_000);

const execute = promisify(execFile);
const username = 'caringnote';
/** One user's access tokens. A refusal of the last one is another registry's way; the one before is refused as by Docker Hub. */
const WRITES = 'dckr_pat_writes';
const READS = 'dckr_pat_reads';
const IS_GRANTED_LESS = 'dckr_pat_is-granted-less';
const accounts = [
  { username, password: WRITES },
  { username, password: READS, mayWrite: false },
  { username, password: IS_GRANTED_LESS, mayWrite: false, refuses: false },
];
const isPrivate = (name: string) => name.includes('private');
const login = (registry: string, password = WRITES) =>
  loginEnvironment([{ registry, username, password: new Secret(password) }]);

describe('a registry that is logged in to as Docker Hub is', () => {
  let hub: Hub;
  let app: App;
  beforeAll(async () => {
    hub = await startHub(testbed('REGISTRY'), { accounts, isPrivate });
    app = new App();
    app.undo(hub.stop);
    app.undo(() => removeImages(hub.address));
    app.repository = `${hub.address}/${username}/${app.namespace}`;
    Object.assign(process.env, login(hub.address));
    await app.install().finally(() => delete process.env.DOCKER_AUTH_CONFIG);
    hub.logins.length = 0;
    hub.asked.length = 0;
  });
  afterAll(() => app.remove());

  const inputs = (password: string, more = {}) => ({
    'registry-username': username,
    'registry-password': password,
    ...more,
  });

  it('is pushed to with an access token that may write, and the node pulls without a login', async () => {
    const result = await app.run('second', inputs(WRITES));
    expect({ outcome: result.outputs.outcome, exit: result.exitCode }).toEqual({ outcome: 'deployed', exit: 0 });
    expect(await app.serves('second')).toBe('second');
    const scope = `repository:${username}/${app.namespace}`;
    const [asUser, asAnybody] = [
      { how: 'basic', username, status: 200 },
      { how: 'anonymous', username: '', status: 200 },
    ];
    for (const [client, login, granted] of [
      [/^node$/, asUser, 'pull,push'],
      [/^docker\//, asUser, 'push,pull'],
      [/^containerd\//, asAnybody, 'pull'],
    ] as const) {
      const given = { ...login, client: expect.stringMatching(client), granted: [`${scope}:${granted}`] };
      expect(hub.logins).toContainEqual(expect.objectContaining(given));
    }
    const got = { username: '', path: expect.stringContaining('/manifests/sha256:'), status: 200 };
    expect(hub.asked).toContainEqual(expect.objectContaining(got));
    const puts = hub.asked.filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/'));
    expect(puts).toEqual([expect.objectContaining({ username, status: 201 })]);
    expect(shown(result)).not.toContain(WRITES);
  });

  describe('where the push will be refused', () => {
    // The build never ends by itself, so whoever waits for it hangs.
    beforeAll(() => app.dockerfile('RUN ["/server"]'));
    beforeEach(() => {
      hub.logins.length = 0;
      hub.asked.length = 0;
    });
    const own = () => `${hub.address}/${username}/${app.namespace}`;

    it.each<[string, () => [password: string, image: string], RegExp]>([
      [
        'a wrong password',
        () => ['dckr_pat_wrong', own()],
        /refused the login of "caringnote": the user name or the password is wrong.*Check "registry-username"/s,
      ],
      [
        'an access token for reading',
        () => [READS, own()],
        /The access token in "registry-password" may read, but not write to "\S+".*Make one that may write/s,
      ],
      [
        'an access token for reading, which is given what it may',
        () => [IS_GRANTED_LESS, own()],
        /The access token in "registry-password" may read, but not write to "\S+".*Make one that may write/s,
      ],
      [
        "somebody else's repository",
        () => [WRITES, `${hub.address}/somebody/app`],
        /may read, but not write to "\S+\/somebody\/app".*check that "image" names a repository that "caringnote" may push to/s,
      ],
      [
        "somebody else's private repository",
        () => [WRITES, `${hub.address}/somebody/private-app`],
        /does not let "caringnote" push to "\S+\/somebody\/private-app".*Check that the repository exists/s,
      ],
    ])('%s ends it in seconds, before the build', async (mistake, given, message) => {
      const [password, image] = given();
      const before = app.deployment();
      const result = await app.run('never', inputs(password, { image, container: 'app' }));
      process.stdout.write(`refused: ${mistake}: ${result.seconds.toFixed(1)} s\n`);
      const errors = result.log.split('\n').filter((line) => line.startsWith('::error::'));
      expect(errors).toHaveLength(1);
      expect(errors[0]?.replaceAll('%0A', '\n')).toMatch(message);
      expect({ outcome: result.outputs.outcome, exit: result.exitCode }).toEqual({ outcome: 'refused', exit: 1 });
      expect(result.seconds).toBeLessThan(10);
      expect(hub.asked.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
      expect(app.deployment().metadata?.resourceVersion).toBe(before.metadata?.resourceVersion);
      expect(shown(result)).not.toContain(password);
    });
  });
});

describe('the server itself', () => {
  const path = `${username}/private-${randomBytes(4).toString('hex')}`;
  const [push, pull] = [`repository:${path}:pull,push`, `repository:${path}:pull`];
  let hub: Hub;
  beforeAll(async () => {
    hub = await startHub(testbed('REGISTRY'), { accounts, isPrivate });
  });
  afterAll(() => hub.stop());

  const ask = (at: string, init: RequestInit = {}) => fetch(`http://${hub.address}${at}`, init);
  const form = (fields: Record<string, string>) =>
    ask('/token', { method: 'POST', body: new URLSearchParams({ service: 'registry.docker.io', ...fields }) });
  const bearer = async (answer: Response) => {
    const { token, access_token } = (await answer.json()) as { token?: string; access_token: string };
    return { authorization: `Bearer ${token ?? access_token}` };
  };

  it('says where a token is to be had, and for what', async () => {
    const realm = `Bearer realm="http://${hub.address}/token",service="registry.docker.io"`;
    const asked = [
      await ask('/v2/'),
      await ask(`/v2/${path}/manifests/x`),
      await ask(`/v2/${path}/blobs/uploads/?mount=sha256:0&from=library/x`, { method: 'POST' }),
      await ask(`/v2/${path}/manifests/x`, { headers: { authorization: 'Bearer a.b.c' } }),
      await ask(`/v2/${path}/manifests/x`, { method: 'PUT', headers: await bearer(await ask(`/token?scope=${pull}`)) }),
    ];
    expect(asked.map(({ status, headers }) => [status, headers.get('www-authenticate')])).toEqual([
      [401, realm],
      [401, `${realm},scope="${pull}"`],
      [401, `${realm},scope="${push} repository:library/x:pull"`],
      [401, `${realm},scope="${pull}",error="invalid_token"`],
      [401, `${realm},scope="${push}",error="insufficient_scope"`],
    ]);
  });

  it('gives anybody a token, and each what they may', async () => {
    const other = 'repository:library/nginx:pull,push';
    const headers = { authorization: `Basic ${Buffer.from(`${username}:${WRITES}`).toString('base64')}` };
    hub.logins.length = 0;
    await ask(`/token?scope=${push}&scope=${other}`);
    await ask(`/token?scope=${push}&scope=${other}`, { headers });
    await form({ grant_type: 'password', username, password: IS_GRANTED_LESS, scope: `${push} ${other}` });
    expect(hub.logins.map(({ how, granted }) => [how, ...granted])).toEqual([
      ['anonymous', `repository:${path}:`, 'repository:library/nginx:pull'],
      ['basic', push, 'repository:library/nginx:pull'],
      ['password', pull, 'repository:library/nginx:pull'],
    ]);
  });

  it('knows a login again by its refresh token', async () => {
    const first = await form({ grant_type: 'password', username, password: WRITES, access_type: 'offline' });
    const { refresh_token } = (await first.json()) as { refresh_token: string };
    const headers = await bearer(await form({ grant_type: 'refresh_token', refresh_token, scope: push }));
    expect((await ask(`/v2/${path}/blobs/uploads/`, { method: 'POST', headers })).status).toBe(202);
    expect((await form({ grant_type: 'refresh_token', refresh_token: 'x', scope: push })).status).toBe(401);
  });

  it('gives out so many manifests without a login, and more with one', async () => {
    const [base, name] = [`repository:${username}/base:pull`, `${username}/base`];
    const withToken = async (init?: RequestInit) => ({
      headers: await bearer(await ask(`/token?scope=${base}`, init)),
    });
    const headers = { authorization: `Basic ${Buffer.from(`${username}:${READS}`).toString('base64')}` };
    hub.limitPulls(1);
    const get = async (init: RequestInit) => (await ask(`/v2/${name}/manifests/none`, init)).status;
    expect([
      await get(await withToken()),
      await get(await withToken()),
      await get(await withToken({ headers })),
    ]).toEqual([404, 429, 404]);
  });
});

/** Docker Hub has a name, an address and a key in docker's configuration that differ. A builder is told that all of it is here. */
describe.each([
  ['a form', true, 'password'],
  ['a header, where it takes no form', false, 'basic'],
])('Docker Hub by its own name, which is told the login in %s', (_, takesForms, how) => {
  const name = `hub-${randomBytes(4).toString('hex')}`;
  const image = `${username}/private-${name}`;
  let folder: string;
  let hub: Hub;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hub-'));
    hub = await startHub(testbed('REGISTRY'), { accounts, isPrivate, takesForms });
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
    writeFileSync(join(folder, 'buildkitd.toml'), '[registry."docker.io"]\n  http = true\n');
    await buildx([
      'create',
      ...['--name', name, '--driver', 'docker-container', '--buildkitd-config', join(folder, 'buildkitd.toml')],
      // The builder reaches whatever speaks plain HTTP through the hub, and nothing else is told of it.
      ...['--driver-opt', 'network=host', '--driver-opt', `env.http_proxy=http://${hub.address}`],
    ]);
  });
  beforeEach(() => {
    hub.logins.length = 0;
    hub.asked.length = 0;
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await buildx(['rm', '--force', name]).finally(hub.stop);
  });

  const push = (environment: Record<string, string>) => {
    const options = [
      '--builder',
      name,
      '--push',
      '--provenance=false',
      '--metadata-file',
      join(folder, 'metadata.json'),
    ];
    return buildx(['build', ...options, '--tag', image, folder], environment);
  };
  const digest = () =>
    JSON.parse(readFileSync(join(folder, 'metadata.json'), 'utf8'))['containerimage.digest'] as string;
  const read = (environment: Record<string, string>) =>
    buildx(['imagetools', 'inspect', '--builder', name, '--raw', `${image}@${digest()}`], {
      ...environment,
      http_proxy: `http://${hub.address}`,
    });
  const scope = `repository:${image}:pull,push`;

  it('is not pushed to without a login', async () => {
    await expect(push({})).rejects.toThrow(/push access denied|insufficient_scope/);
    const nothing = expect.objectContaining({ how: 'anonymous', status: 200, granted: [`repository:${image}:`] });
    expect(hub.logins).toEqual(hub.logins.map(() => nothing));
    expect(hub.logins).not.toEqual([]);
  });

  it('is not pushed to with a wrong password', async () => {
    await expect(push(login('docker.io', 'wrong'))).rejects.toThrow('401 Unauthorized: incorrect username or password');
    expect(new Set(hub.logins.map(({ status }) => status))).toEqual(new Set([401]));
  });

  it('is not pushed to with an access token for reading', async () => {
    await expect(push(login('docker.io', READS))).rejects.toThrow(
      '401 Unauthorized: access token has insufficient scopes',
    );
  });

  it('is pushed to with the login', async () => {
    await push(login('docker.io'));
    expect(hub.logins).toContainEqual(
      expect.objectContaining({ how, username, scopes: [scope], status: 200, granted: [scope] }),
    );
    expect(hub.logins.filter((each) => each.username !== username)).toEqual([]);
    expect(new Set(hub.asked.map(({ host }) => host))).toEqual(new Set(['registry-1.docker.io']));
    const kept = await fetch(`http://${testbed('REGISTRY')}/v2/${image}/manifests/${digest()}`, { headers: ACCEPT });
    expect(kept.status).toBe(200);
  });

  it('is read with the login, and not without one', async () => {
    const { stdout } = await read(login('docker.io'));
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 2, layers: [expect.anything()] });
    expect(hub.logins).toContainEqual(
      expect.objectContaining({ how, username, granted: [`repository:${image}:pull`] }),
    );
    await expect(read({})).rejects.toThrow();
  });
});

/** What people read; the runner itself is told what to keep from them. */
function shown({ log, summary }: Awaited<ReturnType<App['run']>>): string {
  return log.replace(/^::add-mask::.*$/gm, '') + summary;
}

const ACCEPT = { accept: 'application/vnd.oci.image.manifest.v1+json' };

function buildx(words: readonly string[], environment: Record<string, string> = {}) {
  return execute('docker', ['buildx', ...words], { env: { ...process.env, ...environment } });
}

/** What the engine keeps of what it has pushed there. */
function removeImages(address: string): void {
  const filter = ['--filter', `reference=${address}/*/*`, '--format', '{{.Repository}}:{{.Tag}}'];
  const images = execFileSync('docker', ['image', 'ls', ...filter], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);
  if (images.length > 0) execFileSync('docker', ['image', 'rm', ...images], { stdio: 'ignore' });
}
