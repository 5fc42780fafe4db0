import {
  buildArgv,
  loginEnvironment,
  manifestArgv,
  saysPushDenied,
  takesLoginFromEnvironment,
} from '../../src/image/buildx';
import { PLACEHOLDER_DIGEST } from '../../src/image/reference';
import type { RawInputs } from '../../src/inputs/names';
import { Secret } from '../../src/system/secret';
import { configOf } from '../inputs/sample';

const argvOf = (given: Partial<RawInputs>) => {
  const { build, image } = configOf({ image: 'user/app', tags: 'v1', ...given });
  return buildArgv(build, image.references, '/run/metadata.json');
};
const ALWAYS = ['docker', 'buildx', 'build', '--push', '--provenance=false', '--progress=plain'];
const METADATA = ['--metadata-file', '/run/metadata.json'];

describe('the build', () => {
  it('of the least that a user writes', () => {
    expect(argvOf({})).toEqual([...ALWAYS, ...METADATA, '--tag', 'user/app:v1', '--', '.']);
  });

  it.each<[Partial<RawInputs>, string[]]>([
    [{ file: 'web/Dockerfile' }, ['--file', 'web/Dockerfile']],
    [{ file: '--push=false' }, ['--file', '--push=false']],
    [{ target: 'runtime' }, ['--target', 'runtime']],
    [{ 'build-args': 'A=1\nB=$(id); rm' }, ['--build-arg', 'A=1', '--build-arg', 'B=$(id); rm']],
    [{ 'build-args': '"A=1\n2"' }, ['--build-arg', 'A=1\n2']],
    [{ labels: 'a=b\nc=' }, ['--label', 'a=b', '--label', 'c=']],
    [{ 'no-cache': 'true' }, ['--no-cache']],
    [{ pull: 'true' }, ['--pull']],
    [{ 'no-cache': 'true', pull: 'true' }, ['--no-cache', '--pull']],
  ])('with %j adds %j', (given, added) => {
    expect(argvOf(given)).toEqual([...ALWAYS, ...METADATA, '--tag', 'user/app:v1', ...added, '--', '.']);
  });

  it('pushes every tag', () => {
    const argv = argvOf({ tags: 'v1,latest,ghcr.io/user/app:v1' });
    const tags = argv.filter((_, index) => argv[index - 1] === '--tag');
    expect(tags).toEqual(['user/app:v1', 'user/app:latest', 'ghcr.io/user/app:v1']);
  });

  it.each(['--push', '-f', 'a b'])('takes the folder %j for a folder', (context) => {
    expect(argvOf({ context }).slice(-2)).toEqual(['--', context]);
  });

  it('never has the password among its words', () => {
    expect(argvOf({ 'registry-username': 'u', 'registry-password': 'hunter2' }).join(' ')).not.toContain('hunter2');
  });
});

it('the manifest is read by its digest', () => {
  const { repository } = configOf({ image: 'docker.io/user/app' }).image;
  expect(manifestArgv(repository, PLACEHOLDER_DIGEST)).toEqual([
    ...['docker', 'buildx', 'imagetools', 'inspect', '--raw'],
    `user/app@${PLACEHOLDER_DIGEST}`,
  ]);
});

describe('the login', () => {
  const read = (registry: string, username: string, password: string) => {
    const { DOCKER_AUTH_CONFIG = '', ...others } = loginEnvironment(registry, {
      username,
      password: new Secret(password),
    });
    expect(others).toEqual({});
    const { auths } = JSON.parse(DOCKER_AUTH_CONFIG) as { auths: Record<string, { auth: string }> };
    return Object.entries(auths).map(([key, { auth }]) => [key, Buffer.from(auth, 'base64').toString()]);
  };

  it.each([
    ['{"auths":{"ghcr.io":{"auth":"eDp5"}}}', ['ghcr.io', 'docker.test']],
    ['{"auths":{"docker.test":{"auth":"eDp5"}}}', ['docker.test']],
    ['{"auths":null}', ['docker.test']],
    ['junk', ['docker.test']],
    ['', ['docker.test']],
  ])('leaves the logins of other registries in %j', (present, keys) => {
    const { DOCKER_AUTH_CONFIG = '' } = loginEnvironment(
      'docker.test',
      { username: 'u', password: new Secret('p') },
      present,
    );
    const { auths } = JSON.parse(DOCKER_AUTH_CONFIG) as { auths: Record<string, { auth: string }> };
    expect(Object.keys(auths)).toEqual(keys);
    expect(auths['docker.test']?.auth).toBe(Buffer.from('u:p').toString('base64'));
  });

  it.each([
    ['docker.io', 'https://index.docker.io/v1/'],
    ['ghcr.io', 'ghcr.io'],
    ['localhost:5000', 'localhost:5000'],
  ])('for %s stands under %s', (registry, key) => expect(read(registry, 'u', 'p')).toEqual([[key, 'u:p']]));

  it.each(['p:q', 'with "quotes"', 'a\nb', '비밀번호 🙂', '$(id)'])('carries the password %j as it is', (password) =>
    expect(read('ghcr.io', 'robot$x', password)).toEqual([['ghcr.io', `robot$x:${password}`]]),
  );
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

describe('whether the registry refused the push', () => {
  // Put together from reports on docker/build-push-action and from memory; none was recorded with a registry here.
  const scope =
    'repository does not exist or may require authorization: server message: insufficient_scope: authorization failed';
  it.each([
    [
      true,
      [`ERROR: failed to build: failed to solve: failed to push docker.io/user/app:v1: push access denied, ${scope}`],
    ],
    [
      true,
      ['ERROR: failed to solve: failed to push user/app:v1: server message: insufficient_scope: authorization failed'],
    ],
    [
      true,
      [
        'ERROR: failed to build: failed to solve: failed to push ghcr.io/a/b:v1: denied: permission_denied: write_package',
      ],
    ],
    [
      true,
      [
        'ERROR: failed to solve: failed to push ghcr.io/a/b:v1: unexpected status from HEAD request to https://ghcr.io/v2/: 403 Forbidden',
      ],
    ],
    [
      true,
      [
        '#7 pushing user/app:v1 with docker',
        'ERROR: denied: requested access to the resource is denied',
        'View build details: x',
      ],
    ],
    [true, ['error: denied: requested access to the resource is denied']],
    [true, ['ERROR: failed to build: unauthorized: authentication required']],
    [true, ['ERROR: no basic auth credentials']],
    [
      false,
      [
        `ERROR: failed to solve: user/base: failed to resolve source metadata for docker.io/user/base:1: pull access denied, ${scope}`,
      ],
    ],
    [
      false,
      [
        '#9 12.3 npm error 401 Unauthorized',
        'ERROR: failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
      ],
    ],
    [
      false,
      [
        'ERROR: failed to solve: failed to push user/app:v1: unexpected status from PUT request to https://x: 500 Internal Server Error',
      ],
    ],
    [false, ['denied: requested access to the resource is denied']],
    [false, ['ERROR: failed to solve: Get "https://x": dial tcp: i/o timeout']],
    [false, []],
  ])('%s: %j', (denied, lines) => expect(saysPushDenied(lines)).toBe(denied));
});
