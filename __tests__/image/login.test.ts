import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  loginEnvironment,
  loginFolder,
  loginFolderIn,
  loginsOf,
  takesLoginFromEnvironment,
} from '../../src/image/login';
import type { Login } from '../../src/inputs/config';
import { Secret } from '../../src/system/secret';
import { configOf, RUN } from '../inputs/sample';

const login = (registry: string, username = 'u', password = 'p'): Login => ({
  registry,
  username,
  password: new Secret(password),
});
const auth = (username = 'u', password = 'p') => ({
  auth: Buffer.from(`${username}:${password}`).toString('base64'),
});
const HUB = 'https://index.docker.io/v1/';

interface DockerConfig {
  readonly auths: Readonly<Record<string, { auth: string }>>;
  readonly [name: string]: unknown;
}

describe('the logins of a run', () => {
  const other = login('ghcr.io', 'robot');

  it('are that of the image and the further ones', () => {
    const given = { image: 'reg.example/a/b', 'registry-username': 'me', 'registry-password': 'x' };
    const logins = loginsOf(configOf(given, RUN, [other]).image);
    expect(logins.map(({ registry, username }) => [registry, username])).toEqual([
      ['reg.example', 'me'],
      ['ghcr.io', 'robot'],
    ]);
  });

  it('are the further ones where the image has none', () => {
    expect(loginsOf(configOf({}, RUN, [other]).image)).toEqual([other]);
    expect(loginsOf(configOf().image)).toEqual([]);
  });
});

describe('the login by the environment', () => {
  const read = (logins: readonly Login[], present?: string) => {
    const { DOCKER_AUTH_CONFIG = '', ...others } = loginEnvironment(logins, present);
    expect(others).toEqual({});
    return (JSON.parse(DOCKER_AUTH_CONFIG) as DockerConfig).auths;
  };

  it.each([
    ['docker.io', HUB],
    ['ghcr.io', 'ghcr.io'],
    ['localhost:5000', 'localhost:5000'],
  ])('for %s stands under %s', (registry, key) => expect(read([login(registry)])).toEqual({ [key]: auth() }));

  it('has every login', () => {
    expect(read([login('docker.io', 'a', 'b'), login('ghcr.io', 'c', 'd')])).toEqual({
      [HUB]: auth('a', 'b'),
      'ghcr.io': auth('c', 'd'),
    });
  });

  it('is empty where there is none, so that what the user has set stays', () => {
    expect(loginEnvironment([], '{"auths":{"ghcr.io":{"auth":"eDp5"}}}')).toEqual({});
  });

  it.each([
    ['{"auths":{"ghcr.io":{"auth":"eDp5"}}}', { 'ghcr.io': { auth: 'eDp5' }, 'docker.test': auth() }],
    ['{"auths":{"docker.test":{"auth":"eDp5"}}}', { 'docker.test': auth() }],
    // docker takes no login at all from a variable in which one has more than it knows, as Kubernetes' secrets do, or nothing to decode.
    [
      '{"auths":{"ghcr.io":{"username":"x","password":"y","email":"z","auth":"eDp5"}}}',
      { 'ghcr.io': { auth: 'eDp5' }, 'docker.test': auth() },
    ],
    [
      '{"auths":{"a.test":{"username":"x","password":"y"},"b.test":{"auth":""},"c.test":null,"d.test":{"auth":7}}}',
      { 'docker.test': auth() },
    ],
    [
      '{"auths":{"a.test":{"auth":"no base64"},"b.test":{"auth":"eA=="},"c.test":{"auth":"Ong="},"d.test":{"auth":"eDp4eA"}}}',
      { 'docker.test': auth() },
    ],
    ['{"auths":null}', { 'docker.test': auth() }],
    ['null', { 'docker.test': auth() }],
    ['"x"', { 'docker.test': auth() }],
    ['junk', { 'docker.test': auth() }],
    ['', { 'docker.test': auth() }],
    [undefined, { 'docker.test': auth() }],
  ])('leaves the logins of other registries in %j', (present, auths) =>
    expect(read([login('docker.test')], present)).toEqual(auths),
  );

  it('carries any password as it is', () => {
    const decode = ({ auth: text }: { auth: string }) => Buffer.from(text, 'base64').toString();
    for (const password of ['p:q', 'with "quotes"', 'a\nb', '비밀번호 🙂', '$(id)', 'a=b,c'])
      expect(decode(read([login('ghcr.io', 'robot$x', password)])['ghcr.io'] ?? auth())).toBe(`robot$x:${password}`);
    fc.assert(
      fc.property(fc.string(), (password) => {
        expect(decode(read([login('ghcr.io', 'u', password)])['ghcr.io'] ?? auth('', ''))).toBe(`u:${password}`);
      }),
    );
  });
});

describe('whether buildx takes a login from its environment', () => {
  it.each([
    ['github.com/docker/buildx v0.38.0 a1b2c3d', true],
    ['github.com/docker/buildx v0.26.0 a1b2c3d', true],
    ['github.com/docker/buildx v0.26.0-rc1 a1b2c3d', true],
    ['github.com/docker/buildx v0.25.0 a1b2c3d', false],
    ['github.com/docker/buildx v0.9.1 ed00243', false],
    ['github.com/docker/buildx 0.10.5 0.10.5-0ubuntu1~22.04.1', false],
    ['github.com/docker/buildx v0.30.1-desktop.1 1.2.3', true],
    ['github.com/docker/buildx v1.0.0 a1b2c3d', true],
    ['github.com/docker/buildx v0.0.0+unknown', undefined],
    ['github.com/docker/buildx', undefined],
    ['', undefined],
  ])('%s: %s', (output, takes) => expect(takesLoginFromEnvironment(output)).toBe(takes));
});

describe('the login folder, for an older buildx', () => {
  const before = { ...process.env };
  let shared: string;
  let folder: string;

  beforeEach(() => {
    shared = mkdtempSync(join(tmpdir(), 'shared-'));
    folder = mkdtempSync(join(tmpdir(), 'run-'));
    process.env.DOCKER_CONFIG = shared;
    delete process.env.BUILDX_CONFIG;
  });
  afterEach(() => {
    for (const name of ['DOCKER_CONFIG', 'BUILDX_CONFIG']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    for (const each of [shared, folder]) rmSync(each, { recursive: true });
  });

  const make = async (logins: readonly Login[], config?: string) => {
    if (config !== undefined) writeFileSync(join(shared, 'config.json'), config);
    const environment = await loginFolder(logins, folder);
    const own = environment.DOCKER_CONFIG ?? '';
    const text = readFileSync(join(own, 'config.json'), 'utf8');
    return { environment, own, config: JSON.parse(text) as DockerConfig };
  };

  it('is where docker is told to look, inside the folder of the run', async () => {
    const { environment, own } = await make([login('ghcr.io')]);
    expect(own).toBe(loginFolderIn(folder));
    expect(own.startsWith(folder)).toBe(true);
    expect(environment).toEqual({ DOCKER_CONFIG: own, BUILDX_CONFIG: join(shared, 'buildx') });
  });

  it.each(['0022', '0000', '0077'])('is for the user alone, also with the umask %s', async (umask) => {
    const old = process.umask(Number.parseInt(umask, 8));
    try {
      const { own } = await make([login('ghcr.io')]);
      expect((statSync(own).mode & 0o777).toString(8)).toBe('700');
      expect((statSync(join(own, 'config.json')).mode & 0o777).toString(8)).toBe('600');
    } finally {
      process.umask(old);
    }
  });

  it("leaves the user's own list of builders to the user", async () => {
    process.env.BUILDX_CONFIG = '/builders';
    expect((await make([login('ghcr.io')])).environment.BUILDX_CONFIG).toBe('/builders');
  });

  it("has the user's plugins and contexts", async () => {
    for (const name of ['cli-plugins', 'contexts']) mkdirSync(join(shared, name));
    writeFileSync(join(shared, 'cli-plugins/docker-buildx'), 'plugin');
    const { own } = await make([login('ghcr.io')]);
    expect(readFileSync(join(own, 'cli-plugins/docker-buildx'), 'utf8')).toBe('plugin');
    expect(readlinkSync(join(own, 'contexts'))).toBe(join(shared, 'contexts'));
  });

  it("keeps what the user's configuration has, and puts the logins on top", async () => {
    const present = {
      auths: { 'quay.io': { auth: 'eDp5' }, 'ghcr.io': { auth: 'b2xkOm9sZA==' } },
      proxies: { default: { httpProxy: 'http://proxy:3128' } },
      currentContext: 'remote',
      HttpHeaders: { 'X-Meta': 'a' },
    };
    const { config } = await make([login('ghcr.io'), login('docker.io')], JSON.stringify(present));
    expect(config).toEqual({
      ...present,
      auths: { 'quay.io': { auth: 'eDp5' }, 'ghcr.io': auth(), [HUB]: auth() },
      credHelpers: { 'ghcr.io': '', [HUB]: '' },
    });
  });

  it('asks no program for the passwords of its own registries, and for others as before', async () => {
    const present = { credsStore: 'desktop', credHelpers: { 'ghcr.io': 'gh', 'quay.io': 'quay' } };
    const { config } = await make([login('ghcr.io')], JSON.stringify(present));
    expect(config).toMatchObject({ credsStore: 'desktop', credHelpers: { 'ghcr.io': '', 'quay.io': 'quay' } });
  });

  it.each(['', 'junk', 'null', '"x"', '{"auths":null,"credHelpers":"x"}'])(
    'has the logins where the configuration is %j',
    async (text) => {
      const { config } = await make([login('ghcr.io')], text);
      expect([config.auths, config.credHelpers]).toMatchObject([{ 'ghcr.io': auth() }, { 'ghcr.io': '' }]);
    },
  );

  it('has the logins where there is no configuration yet', async () => {
    expect((await make([login('ghcr.io')])).config).toEqual({
      auths: { 'ghcr.io': auth() },
      credHelpers: { 'ghcr.io': '' },
    });
  });

  it("changes nothing of the user's", async () => {
    const text = '{ "auths": { "quay.io": { "auth": "eDp5" } } }\n';
    await make([login('ghcr.io')], text);
    expect(readdirSync(shared)).toEqual(['config.json']);
    expect(readFileSync(join(shared, 'config.json'), 'utf8')).toBe(text);
  });

  it('can be made again, as for a second push of one run', async () => {
    await make([login('ghcr.io', 'u', 'first')]);
    expect((await make([login('ghcr.io', 'u', 'second')])).config.auths).toEqual({ 'ghcr.io': auth('u', 'second') });
  });

  it('is that of the home folder where docker was told of no other', async () => {
    delete process.env.DOCKER_CONFIG;
    const environment = await loginFolder([login('ghcr.io')], folder);
    expect(environment.BUILDX_CONFIG).toBe(join(homedir(), '.docker/buildx'));
    expect(readlinkSync(join(environment.DOCKER_CONFIG ?? '', 'cli-plugins'))).toBe(
      join(homedir(), '.docker/cli-plugins'),
    );
  });
});
