import { chooseBuilder, needsOf, removeBuilder } from '../../src/image/builder';
import { type Caches, cachesOf } from '../../src/image/cache';
import type { Login } from '../../src/inputs/config';
import type { RawInputs } from '../../src/inputs/names';
import { problemsOf } from '../../src/kubectl/explain';
import { Secret } from '../../src/system/secret';
import { configOf, RUN } from '../inputs/sample';
import { ManualClock } from '../transport/manual-clock';
import { type Call, exited, FakeProcesses, type Script, valuesOf } from './processes';
import { settled, until } from './settled';

// Recorded with buildx 0.38.2 and Docker 20.10.
const inspected = (driver: string) =>
  exited(
    0,
    `Name:          mine\nDriver:        ${driver}\n\nNodes:\nName:             mine0\nEndpoint:         default\n`,
  );
const CLASSIC = exited(
  0,
  '[["Backing Filesystem","extfs"],["Supports d_type","true"],["Native Overlay Diff","true"]]\n',
);
const CONTAINERD = exited(0, '[["driver-type","io.containerd.snapshotter.v1"]]\n');
const NAME = `deploy-action-${RUN.id}`;
const FOLDER = '/run-folder';
const OWN = { BUILDX_CONFIG: `${FOLDER}/buildx` };

const [INSPECT, INFO, PULL, IMAGE, CREATE] = [
  'docker buildx inspect',
  'docker info',
  'docker pull',
  'docker image inspect',
  'docker buildx create',
];
/** An engine with its own builder, on which everything works. */
const ENGINE: Script = {
  [INSPECT]: inspected('docker'),
  [INFO]: CLASSIC,
  [PULL]: exited(0),
  [IMAGE]: exited(0, '[]'),
  [CREATE]: exited(0, `${NAME}\n`),
};
const REFUSED = exited(1, '', 'dial tcp: lookup registry-1.docker.io: no such host');

function choose(given: Partial<RawInputs>, script: Script = {}, otherLogins: readonly Login[] = []) {
  const clock = new ManualClock();
  const cancel = new AbortController();
  const processes = new FakeProcesses({ ...ENGINE, ...script }, clock);
  const said: { notes: string[]; warnings: string[] } = { notes: [], warnings: [] };
  /** The builders that the post step will remove, and how many programs had been started by then. */
  const removed: [builder: string, calls: number][] = [];
  const config = configOf({ tags: 'v1', ...given }, RUN, otherLogins);
  const caches = cachesOf(config.build, 'user/app');
  const choosing = chooseBuilder(config, caches, {
    processes,
    clock,
    folder: FOLDER,
    signal: cancel.signal,
    note: (text) => void said.notes.push(text),
    warn: (text) => void said.warnings.push(text),
    removeLater: (builder) => void removed.push([builder, processes.calls.length]),
  });
  return {
    choosing,
    get builder() {
      return settled(choosing, clock);
    },
    ...{ processes, clock, cancel, removed, caches, ...said },
  };
}

const commands = ({ processes }: { processes: FakeProcesses }) =>
  processes.calls.map(({ argv }) => argv.slice(0, argv[1] === 'buildx' || argv[1] === 'image' ? 3 : 2).join(' '));
const failureOf = async (failing: Promise<unknown>) => {
  const error = await failing.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error === undefined ? [] : problemsOf(error);
};

const NEEDY: [needs: string[], given: Partial<RawInputs>][] = [
  [['platforms'], { platforms: 'linux/amd64,linux/arm64' }],
  [['attestations'], { provenance: 'true' }],
  [['attestations'], { sbom: 'true' }],
  [['cache'], { 'cache-to': 'type=registry,ref=user/app:cache' }],
  [['cache'], { 'cache-from': 'type=gha' }],
  [
    ['platforms', 'attestations', 'cache'],
    { platforms: 'linux/amd64,linux/arm64', sbom: 'true', 'cache-to': 'type=gha' },
  ],
];

describe("what the engine's own builder cannot do", () => {
  it.each(NEEDY)('%j of %j', (needs, given) => {
    const { build } = configOf(given);
    expect(needsOf(build, cachesOf(build, 'user/app'))).toEqual(needs);
  });

  it.each<Partial<RawInputs>>([
    {},
    { platforms: 'linux/arm64' },
    { provenance: 'false', sbom: 'false' },
    { 'cache-from': 'user/app:cache', 'cache-to': 'type=inline' },
    { network: 'host', 'no-cache': 'true', target: 'x' },
  ])('is nothing of %j', (given) => {
    const { build } = configOf(given);
    expect(needsOf(build, cachesOf(build, 'user/app'))).toEqual([]);
  });
});

describe("docker's current builder is used", () => {
  it.each<Partial<RawInputs>>([{}, { platforms: 'linux/arm64' }, { 'cache-from': 'user/app:cache' }])(
    'and nothing is asked or booted for %j',
    async (given) => {
      const world = choose(given, {});
      expect(await world.builder).toEqual({ environment: {}, caches: world.caches });
      expect([commands(world), world.removed, world.notes]).toEqual([[], [], []]);
    },
  );

  it.each(NEEDY)("where it is BuildKit's own, for %j", async (_, given) => {
    const world = choose(given, { [INSPECT]: inspected('docker-container') });
    expect(await world.builder).toEqual({ environment: {}, caches: world.caches });
    expect([commands(world).sort(), world.removed]).toEqual([[INSPECT, INFO], []]);
  });

  it.each(NEEDY)("where the engine keeps its images in containerd's store, for %j", async (_, given) => {
    const world = choose(given, { [INFO]: CONTAINERD });
    expect(await world.builder).toEqual({ environment: {}, caches: world.caches });
    expect(world.removed).toEqual([]);
  });
});

describe('a builder of the user is used', () => {
  it('unseen where the engine could do it too', async () => {
    const world = choose({ builder: 'mine' });
    expect(await world.builder).toEqual({ name: 'mine', environment: {}, caches: world.caches });
    expect(commands(world)).toEqual([]);
  });

  it.each(NEEDY)("where it is BuildKit's, for %j", async (_, given) => {
    const world = choose({ ...given, builder: 'mine' }, { [`${INSPECT} mine`]: inspected('docker-container') });
    expect(await world.builder).toEqual({ name: 'mine', environment: {}, caches: world.caches });
    expect(world.removed).toEqual([]);
  });

  it.each(NEEDY)('and never another in its stead, where it cannot do %j', async (needs, given) => {
    const world = choose({ ...given, builder: 'mine' });
    const problems = await failureOf(world.builder);
    // A cache never fails a deploy.
    if (needs.join() === 'cache') expect([problems, world.warnings.length]).toEqual([[], 1]);
    else expect(problems).toEqual([{ code: 'build.builder-cannot', params: { builder: 'mine', needs } }]);
    expect([commands(world).includes(CREATE), world.removed]).toEqual([false, []]);
  });

  it('and said to be missing where it is', async () => {
    const stderr = 'ERROR: no builder "mine" found';
    const world = choose({ builder: 'mine', sbom: 'true' }, { [INSPECT]: exited(1, '', stderr) });
    expect(await failureOf(world.builder)).toEqual([
      { code: 'build.no-builder', params: { builder: 'mine', detail: stderr } },
    ]);
  });
});

describe('a temporary builder', () => {
  const NEED: Partial<RawInputs> = { platforms: 'linux/amd64,linux/arm64' };

  it('is made of an image that is pulled beforehand', async () => {
    const world = choose(NEED);
    expect(await world.builder).toEqual({ name: NAME, environment: OWN, caches: world.caches });
    expect(commands(world).slice(2)).toEqual([PULL, CREATE]);
    expect(world.notes).toEqual([expect.stringContaining(NAME)]);
  });

  it("is written down in the run's own folder: the user's list of builders stays as it is", async () => {
    const world = choose(NEED);
    await world.builder;
    const [create] = world.processes.of(CREATE);
    expect(create?.environment).toMatchObject(OWN);
    expect(create?.argv).not.toContain('--use');
    expect(valuesOf(create?.argv ?? [], '--name')).toEqual([NAME]);
    expect(valuesOf(create?.argv ?? [], '--driver')).toEqual(['docker-container']);
  });

  it('will be removed by the post step from before it is there', async () => {
    const world = choose(NEED);
    await world.builder;
    const created = world.processes.calls.findIndex(({ argv }) => argv.includes('create'));
    expect(world.removed).toEqual([[NAME, created]]);
  });

  it.each<[string, Partial<RawInputs>, Script]>([
    ['another can do it', {}, { [INFO]: CONTAINERD }],
    ['its image is not to be had', { ...NEED }, { [PULL]: REFUSED, [IMAGE]: exited(1) }],
  ])('is not removed where none was made: %s', async (_, given, script) => {
    const world = choose(given, script);
    await failureOf(world.builder);
    expect(world.removed).toEqual([]);
  });

  it('is made anew where docker has no current builder that can be looked at', async () => {
    const world = choose(NEED, { [INSPECT]: exited(1, '', 'ERROR: no such context') });
    expect((await world.builder).name).toBe(NAME);
  });

  it.each<[Partial<RawInputs>, string[], string[]]>([
    [NEED, [], []],
    [{ ...NEED, image: 'localhost:5000/app' }, ['network=host'], []],
    [{ ...NEED, image: '127.0.0.1:5000/app' }, ['network=host'], []],
    [{ ...NEED, tags: 'v1,localhost:5000/app:v1' }, ['network=host'], []],
    [{ ...NEED, image: 'localhost.example.org/app' }, [], []],
    [{ ...NEED, network: 'none' }, [], []],
    [{ ...NEED, network: 'host' }, ['network=host'], ['--allow-insecure-entitlement network.host']],
  ])('for %j has the options %j, and its daemon %j', async (given, options, flags) => {
    const world = choose(given);
    await world.builder;
    const [{ argv = [] } = {}] = world.processes.of(CREATE);
    expect([valuesOf(argv, '--driver-opt'), valuesOf(argv, '--buildkitd-flags')]).toEqual([options, flags]);
  });

  describe('whose image', () => {
    it('is not to be had at once, is pulled again after a pause', async () => {
      const world = choose(NEED, { [PULL]: [REFUSED, REFUSED, exited(0)], [IMAGE]: exited(1) });
      expect((await world.builder).name).toBe(NAME);
      expect(world.processes.of(PULL).map(({ at }) => at)).toEqual([0, 3_000, 9_000]);
      expect(world.notes.slice(1)).toEqual([
        expect.stringMatching(/no such host.*attempt 2/),
        expect.stringMatching(/no such host.*attempt 3/),
      ]);
    });

    it('cannot be pulled but is there, is used as it is', async () => {
      const world = choose(NEED, { [PULL]: REFUSED });
      expect((await world.builder).name).toBe(NAME);
      expect([world.processes.of(PULL).length, world.clock.now()]).toEqual([1, 0]);
    });

    it('cannot be had, is told of, and nothing was made', async () => {
      const world = choose(NEED, { [PULL]: REFUSED, [IMAGE]: exited(1) });
      expect(await failureOf(world.builder)).toMatchObject([
        { code: 'build.no-buildkit', params: { detail: expect.stringContaining('no such host') } },
      ]);
      expect([world.processes.of(PULL).length, world.processes.of(CREATE)]).toEqual([3, []]);
    });
  });

  it('that does not boot is told of', async () => {
    const stderr = 'ERROR: Error response from daemon: privileged mode is incompatible with user namespaces';
    const world = choose(NEED, { [CREATE]: exited(1, '', stderr) });
    expect(await failureOf(world.builder)).toEqual([{ code: 'build.no-boot', params: { detail: stderr } }]);
    expect(world.removed).toHaveLength(1);
  });
});

describe('where only the caches need a builder, and there is none,', () => {
  const given: Partial<RawInputs> = { 'cache-from': 'user/app:cache\ntype=gha', 'cache-to': 'type=gha\ntype=inline' };
  const left: Caches = { from: ['type=registry,ref=user/app:cache'], to: ['type=inline'] };

  it.each<[string, Script]>([
    ['whose image cannot be had', { [PULL]: REFUSED, [IMAGE]: exited(1) }],
    ['that boots', { [CREATE]: exited(1, '', 'no') }],
    ['that boots in time', { [CREATE]: { kind: 'cancelled' } }],
  ])('%s, it is built with the caches that the engine can use, and a warning', async (_, script) => {
    const world = choose(given, script);
    expect(await world.builder).toEqual({ environment: {}, caches: left });
    expect(world.warnings).toHaveLength(1);
  });

  it('the builder of the user is kept', async () => {
    const world = choose({ ...given, builder: 'mine' });
    expect(await world.builder).toEqual({ name: 'mine', environment: {}, caches: left });
    expect(world.warnings).toHaveLength(1);
  });
});

describe('a login', () => {
  const other = { registry: 'docker.io', username: 'robot', password: new Secret('further-hunter2') };
  const given: Partial<RawInputs> = {
    image: 'ghcr.io/user/app',
    sbom: 'true',
    'registry-username': 'user',
    'registry-password': 'first-hunter2',
    secrets: 'npm=third-hunter2',
  };
  const shown = ({ argv, environment }: Call) => JSON.stringify([argv, environment]);
  const encoded = ['user:first-hunter2', 'robot:further-hunter2'].map((each) => Buffer.from(each).toString('base64'));

  it('is there for the pull', async () => {
    const world = choose(given, {}, [other]);
    await world.builder;
    const [pull] = world.processes.of(PULL);
    expect(pull?.environment.DOCKER_AUTH_CONFIG).toContain(encoded[1]);
  });

  it('stands in no word of a command, and in no environment but those that pull', async () => {
    const world = choose(given, { [PULL]: [REFUSED, exited(0)], [IMAGE]: exited(1) }, [other]);
    await world.builder;
    const pulls = [...world.processes.of(PULL), ...world.processes.of(CREATE)];
    for (const call of world.processes.calls) {
      for (const secret of ['hunter2', ...encoded]) {
        expect(call.argv.join(' ')).not.toContain(secret);
        if (!pulls.includes(call)) expect(shown(call)).not.toContain(secret);
      }
    }
    // What is given for the build alone is not there before it.
    for (const call of world.processes.calls) expect(shown(call)).not.toContain('third-hunter2');
  });
});

describe('a cancel', () => {
  const hangs = () => new Promise<never>(() => {});
  const pulling: Script = { [PULL]: REFUSED, [IMAGE]: exited(1) };

  it.each<[string, Partial<RawInputs>, Script, string]>([
    ["while docker's builder is looked at", { sbom: 'true' }, { [INSPECT]: hangs, [INFO]: hangs }, INFO],
    ["while the user's builder is looked at", { sbom: 'true', builder: 'mine' }, { [INSPECT]: hangs }, INSPECT],
    ['in the pull', { sbom: 'true' }, { [PULL]: hangs }, PULL],
    ['while the image is looked for', { sbom: 'true' }, { ...pulling, [IMAGE]: hangs }, IMAGE],
    ['while it boots', { sbom: 'true' }, { [CREATE]: hangs }, CREATE],
    ['where only the caches need it', { 'cache-to': 'type=gha' }, { [CREATE]: hangs }, CREATE],
  ])('%s ends it, and is told as nothing else', async (_, given, script, words) => {
    const world = choose(given, script);
    await until(() => world.processes.of(words).length > 0);
    const before = world.processes.calls.length;
    world.cancel.abort();
    expect(await failureOf(world.choosing)).toEqual([{ code: 'run.cancelled', params: {} }]);
    expect([world.processes.calls.length, world.warnings]).toEqual([before, []]);
  });

  it('ends the pause before another pull', async () => {
    const world = choose({ sbom: 'true' }, pulling);
    await until(() => world.clock.sleeping > 0);
    world.cancel.abort();
    expect(await failureOf(world.choosing)).toEqual([{ code: 'run.cancelled', params: {} }]);
    expect(world.processes.of(PULL)).toHaveLength(1);
  });
});

describe('the removal of a builder', () => {
  const RM = `docker buildx rm --force ${NAME}`;
  const CONTAINER = `buildx_buildkit_${NAME}0`;

  it('is left to buildx, by what is written down of it', async () => {
    const processes = new FakeProcesses({ [RM]: exited(0) });
    await removeBuilder(NAME, FOLDER, processes);
    expect(processes.calls.map(({ argv, environment }) => [argv.join(' '), environment])).toEqual([[RM, OWN]]);
  });

  it('takes the container and its volume where nothing was written down yet', async () => {
    const processes = new FakeProcesses({ docker: exited(1) });
    await removeBuilder(NAME, FOLDER, processes);
    expect(processes.calls.map(({ argv }) => argv.join(' '))).toEqual([
      RM,
      `docker rm --force --volumes ${CONTAINER}`,
      `docker volume rm --force ${CONTAINER}_state`,
    ]);
  });
});
