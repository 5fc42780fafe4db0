import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { buildArgv, imageArgv, manifestArgv, parseDriver, secretEnvironment } from '../../src/image/buildx';
import { PLACEHOLDER_DIGEST } from '../../src/image/reference';
import type { BuildSecret } from '../../src/inputs/config';
import type { RawInputs } from '../../src/inputs/names';
import { Secret } from '../../src/system/secret';
import { configOf } from '../inputs/sample';
import { valuesOf } from './processes';

const NONE = { labels: [], caches: { from: [], to: [] }, metadataFile: '/run/metadata.json' };
const argvOf = (given: Partial<RawInputs>, options: Partial<Parameters<typeof buildArgv>[1]> = {}) => {
  const { build, image } = configOf({ image: 'user/app', tags: 'v1', ...given });
  return buildArgv(build, { references: image.references, ...NONE, ...options });
};
const BEGIN = ['docker', 'buildx', 'build', '--push', '--progress=plain', '--metadata-file', '/run/metadata.json'];
const PLAIN = '--provenance=false';
const TAG = ['--tag', 'user/app:v1'];

describe('the build', () => {
  it('of the least that a user writes', () => {
    expect(argvOf({})).toEqual([...BEGIN, PLAIN, ...TAG, '--', '.']);
  });

  it.each<[Partial<RawInputs>, string[]]>([
    [{ file: 'web/Dockerfile' }, ['--file', './web/Dockerfile']],
    [{ file: '--push=false' }, ['--file', './--push=false']],
    [{ target: 'runtime' }, ['--target', 'runtime']],
    [{ platforms: 'linux/amd64' }, ['--platform', 'linux/amd64']],
    [{ platforms: 'linux/amd64\nlinux/arm/v7' }, ['--platform', 'linux/amd64,linux/arm/v7']],
    [{ 'build-args': 'A=1\nB=$(id); rm' }, ['--build-arg', 'A=1', '--build-arg', 'B=$(id); rm']],
    [{ 'build-args': '"A=1\n2"' }, ['--build-arg', 'A=1\n2']],
    [{ 'build-args': 'A=1,2\n--push=false' }, ['--build-arg', 'A=1,2', '--build-arg', '--push=false']],
    [{ 'build-contexts': 'base=docker-image://alpine' }, ['--build-context', 'base=docker-image://alpine']],
    [{ 'secret-envs': 'npm=NPM_TOKEN' }, ['--secret', 'id=npm,env=NPM_TOKEN']],
    [{ 'secret-files': 'npm=./.npmrc' }, ['--secret', 'id=npm,src=./.npmrc']],
    [{ 'secret-files': '"npm=a,""b"""' }, ['--secret', 'id=npm,"src=a,""b"""']],
    [{ secrets: 'npm=hunter2' }, ['--secret', 'id=npm,env=DEPLOY_ACTION_BUILD_SECRET_0']],
    [{ network: 'none' }, ['--network', 'none']],
    [{ network: 'host' }, ['--network', 'host', '--allow', 'network.host']],
    [{ 'no-cache': 'true' }, ['--no-cache']],
    [{ pull: 'true' }, ['--pull']],
    [{ 'no-cache': 'true', pull: 'true' }, ['--no-cache', '--pull']],
  ])('with %j adds %j', (given, added) => {
    expect(argvOf(given)).toEqual([...BEGIN, PLAIN, ...TAG, ...added, '--', '.']);
  });

  it.each<[Partial<RawInputs>, string[]]>([
    [{ provenance: 'true' }, ['--provenance=true']],
    [{ provenance: 'mode=max' }, ['--provenance=mode=max']],
    [{ provenance: 'false', sbom: 'false' }, [PLAIN]],
    [{ sbom: 'true' }, [PLAIN, '--sbom=true']],
    [{ sbom: 'generator=docker/scout' }, [PLAIN, '--sbom=generator=docker/scout']],
  ])('with %j attests by %j', (given, attested) => {
    expect(argvOf(given)).toEqual([...BEGIN, ...attested, ...TAG, '--', '.']);
  });

  it('has what the run adds to it: labels, caches and a builder', () => {
    const argv = argvOf(
      {},
      { labels: ['a=b', 'c='], caches: { from: ['type=gha', 'user/app:cache'], to: ['type=inline'] }, builder: 'mine' },
    );
    expect(valuesOf(argv, '--label')).toEqual(['a=b', 'c=']);
    expect(valuesOf(argv, '--cache-from')).toEqual(['type=gha', 'user/app:cache']);
    expect(valuesOf(argv, '--cache-to')).toEqual(['type=inline']);
    expect(valuesOf(argv, '--builder')).toEqual(['mine']);
  });

  it('pushes every tag', () => {
    const argv = argvOf({ tags: 'v1,latest,ghcr.io/user/app:v1' });
    expect(valuesOf(argv, '--tag')).toEqual(['user/app:v1', 'user/app:latest', 'ghcr.io/user/app:v1']);
  });

  it.each(['--push', '-f', 'a b'])('takes the folder %j for a folder', (context) => {
    expect(argvOf({ context }).slice(-2)).toEqual(['--', `./${context}`]);
  });

  it('never has the password among its words', () => {
    expect(argvOf({ 'registry-username': 'u', 'registry-password': 'hunter2' }).join(' ')).not.toContain('hunter2');
  });
});

describe('a build secret', () => {
  const id = fc.stringMatching(/^[\w.-]{1,12}$/);
  const value = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter((each) => !each.includes('\0'));
  const build = configOf().build;
  const argv = (secrets: readonly BuildSecret[]) =>
    buildArgv({ ...build, secrets }, { references: configOf().image.references, ...NONE });
  const fields = (option: string) => (parse(option) as string[][]).flat();

  it.each([
    'a\nb',
    'a\r\nb',
    'say "hi"',
    'a=b=c',
    'a,b',
    ',',
    '비밀 🙂',
    '$(id)',
    "it's",
    '--push',
    ' x ',
    'id=x,env=PATH',
  ])('with the value %j is found by its name alone', (text) => {
    const secrets = [
      { id: 'other', env: 'X' },
      { id: 'mine', value: new Secret(text) },
    ];
    expect(valuesOf(argv(secrets), '--secret')[1]).toBe('id=mine,env=DEPLOY_ACTION_BUILD_SECRET_1');
    expect(secretEnvironment(secrets)).toEqual({ DEPLOY_ACTION_BUILD_SECRET_1: text });
  });

  it('whatever its value, is in the environment byte by byte, and changes no word of the command', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ id, value })), (given) => {
        const secrets = given.map((each) => ({ id: each.id, value: new Secret(each.value) }));
        const others = given.map((each) => ({ id: each.id, value: new Secret('another') }));
        expect(argv(secrets)).toEqual(argv(others));
        expect(Object.values(secretEnvironment(secrets))).toEqual(given.map((each) => each.value));
      }),
    );
  });

  it('of a file is read by buildx as it was written, whatever the name', () => {
    const name = fc.string({ minLength: 1, maxLength: 30 }).filter((each) => !/[\0\r]/.test(each));
    fc.assert(
      fc.property(id, name, (secret, file) => {
        const [option = ''] = valuesOf(argv([{ id: secret, file }]), '--secret');
        expect(fields(option)).toEqual([`id=${secret}`, `src=${file}`]);
        expect(secretEnvironment([{ id: secret, file }])).toEqual({});
      }),
    );
  });

  it('has a variable of its own, also beside others of other kinds', () => {
    const secrets = [
      { id: 'a', value: new Secret('one') },
      { id: 'b', file: 'f' },
      { id: 'c', env: 'V' },
      { id: 'd', value: new Secret('two') },
    ];
    const environment = secretEnvironment(secrets);
    const options = valuesOf(argv(secrets), '--secret').map((option) => fields(option)[1]?.replace('env=', ''));
    expect([options[0], options[3]]).toEqual(Object.keys(environment));
    expect(Object.values(environment)).toEqual(['one', 'two']);
  });
});

describe('an image that is looked at', () => {
  const { repository } = configOf({ image: 'docker.io/user/app' }).image;

  it('by its digest, shows its manifest byte by byte', () => {
    expect(manifestArgv(repository, PLACEHOLDER_DIGEST)).toEqual([
      ...['docker', 'buildx', 'imagetools', 'inspect', '--raw'],
      `user/app@${PLACEHOLDER_DIGEST}`,
    ]);
  });

  it('by its tag, shows what that stands for', () => {
    expect(imageArgv('user/app:v1')).toEqual([
      ...['docker', 'buildx', 'imagetools', 'inspect', '--format', '{{json .}}'],
      'user/app:v1',
    ]);
  });
});

describe('the driver of a builder', () => {
  // Recorded with buildx 0.38.2.
  const inspected = (driver: string) =>
    `Name:          mine\nDriver:        ${driver}\nLast Activity: 2026-11-23 12:15:51 +0000 UTC\n\nNodes:\nName:             mine0\nEndpoint:         default\nDriver Options:   network="host"\nStatus:           running\n`;

  it.each([
    [inspected('docker'), 'docker'],
    [inspected('docker-container'), 'docker-container'],
    [inspected('kubernetes').replaceAll('\n', '\r\n'), 'kubernetes'],
    ['Name: mine\n', undefined],
    ['', undefined],
  ])('%j: %s', (output, driver) => expect(parseDriver(output)).toBe(driver));
});
