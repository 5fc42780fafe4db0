import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loginEnvironment } from '../../src/image/login';
import { Secret } from '../../src/system/secret';
import { startPushFaults } from '../../testbed/push-faults';
import { App, testbed } from './harness';

jest.setTimeout(180_000);

const execute = promisify(execFile);
type Registry = Awaited<ReturnType<typeof startPushFaults>>;
type Stage = Parameters<Registry['fail']>[0];
type Fault = Parameters<Registry['fail']>[1];
type Inputs = Record<string, string> & { file?: string };
type Result = Awaited<ReturnType<App['run']>>;
type Seen = Registry['requests'];

const login = { username: 'deployer', password: 'correct-horse' };
const inputs: Inputs = { 'registry-username': login.username, 'registry-password': login.password };
/** By their User-Agent; the node's containerd is an older one than BuildKit's. */
const ENGINE = /^docker\//;
const BUILDKIT = /^(?:buildkit\/|containerd\/2\.)/;
/** More than one chunk, so that there is a middle. */
const LAYER_BYTES = 3 * 2 ** 20;
/** At a time: a deploy mostly waits, for the registry to be well again. */
const LANES = 4;

const FAULTS = { 500: '500', 429: 'rate-limit', reset: 'reset', cut: 'truncate' } as const;
const MIDWAY = { 500: '500-midway', 429: 'rate-limit-midway', reset: 'reset-midway', cut: 'truncate' } as const;
type Manner = keyof typeof FAULTS;
type Plan = Partial<Record<Stage, Manner>>;

/** Of the requests that a push makes, as the engine makes them and as BuildKit does. */
const stages = {
  engine: ['ping', 'token', 'blob-check', 'upload-start', 'upload', 'upload-commit', 'manifest', 'read-back'],
  buildkit: ['token', 'read-back', 'blob-check', 'upload-start', 'upload', 'manifest'],
} satisfies Record<string, Stage[]>;

/**
 * What fails once in each deploy: all in all every stage in every way. The builders try most of it again by themselves; the
 * first fault of a plan takes another attempt of the step.
 */
const plans: Readonly<Record<keyof typeof stages, readonly Plan[]>> = {
  engine: [
    { ping: 500, 'blob-check': 500 },
    { ping: 429, 'upload-start': 500 },
    { ping: 'reset', upload: 500, 'blob-check': 429 },
    { ping: 'cut', 'upload-commit': 500 },
    { token: 429, 'upload-start': 'reset', 'read-back': 500 },
    { 'upload-start': 429, token: 500, 'read-back': 429 },
    { upload: 429, 'upload-commit': 'reset' },
    { 'upload-commit': 429, token: 'reset' },
    { manifest: 500, token: 'cut', 'blob-check': 'cut' },
    { manifest: 429, upload: 'cut' },
    { manifest: 'reset', 'upload-start': 'cut' },
    { manifest: 'cut', 'upload-commit': 'cut' },
    { 'read-back': 'reset', 'blob-check': 'reset' },
    { 'read-back': 'cut' },
  ],
  buildkit: [
    { token: 429, 'blob-check': 'reset', 'upload-start': 500, upload: 'reset', manifest: 500 },
    { 'read-back': 'cut', token: 500, 'upload-start': 429, manifest: 429 },
    { 'blob-check': 'cut', token: 'reset', 'read-back': 500, 'upload-start': 'reset', manifest: 'reset' },
    { upload: 500, token: 'cut', 'upload-start': 'cut', manifest: 'cut' },
    { upload: 429, 'read-back': 429, 'blob-check': 500 },
    { upload: 'cut', 'read-back': 'reset', 'blob-check': 429 },
  ],
};

/** A registry that fails in the middle of a layer and recovers: the engine sends it again by itself. */
const recovery: Deploy = { builder: 'engine', plan: { upload: 'reset' }, attempts: [1] };

interface Deploy {
  readonly builder: keyof typeof stages;
  readonly plan: Plan;
  /** How many the step may take. */
  readonly attempts: readonly number[];
}

/** In the middle of a layer it is chance whether a builder hears the answer, or finds that it cannot send the rest and begins anew. */
function attemptsFor(plan: Plan): number[] {
  const [[stage, manner] = []] = Object.entries(plan);
  return stage === 'upload' && manner !== 'cut' ? [1, 2] : [2];
}

interface Done {
  readonly result: Result;
  /** What the registry was asked meanwhile. */
  readonly seen: Seen;
}

/** An app whose registry can fail. */
class Lane {
  readonly app = new App();

  constructor(readonly registry: Registry) {
    this.app.undo(registry.stop);
    this.app.undo(() => removeImages(this.app.repository));
    this.app.repository = `${registry.address}/${this.app.namespace}`;
  }

  static async open(): Promise<Lane> {
    return new Lane(await startPushFaults(testbed('REGISTRY'), login));
  }

  async deploy({ builder, plan }: Deploy, name: string): Promise<Done> {
    this.registry.mend();
    const agent = builder === 'engine' ? ENGINE : BUILDKIT;
    for (const [stage, manner] of Object.entries(plan) as [Stage, Manner][])
      this.registry.fail(stage, (stage === 'upload' ? MIDWAY : FAULTS)[manner], { times: 1, agent });
    this.app.file('salt', randomBytes(LAYER_BYTES));
    this.app.dockerfile('COPY salt /salt');
    const before = this.registry.requests.length;
    const more = { soak: '0s', ...inputs, ...(builder === 'buildkit' && { builder: name }) };
    const result = await this.app.run(`v${randomBytes(4).toString('hex')}`, more);
    return { result, seen: this.registry.requests.slice(before) };
  }
}

describe('a registry that fails', () => {
  const builder = `faults-${randomBytes(4).toString('hex')}`;
  const lanes: Lane[] = [];
  beforeAll(async () => {
    const open = await Promise.all(Array.from({ length: LANES }, Lane.open));
    lanes.push(...open);
    lanes[0]?.app.undo(() => execute('docker', ['buildx', 'rm', '--force', builder]));
    Object.assign(process.env, loginTo(open));
    await Promise.all([
      ...open.map(({ app }) => app.install()),
      execute('docker', ['buildx', 'create', '--name', builder, '--driver-opt', 'network=host', '--bootstrap']),
    ]).finally(() => delete process.env.DOCKER_AUTH_CONFIG);
  });
  afterAll(() => Promise.all(lanes.map(({ app }) => app.remove())));

  describe('once', () => {
    const both = ['buildkit', 'engine'] as const;
    const deploys = [
      recovery,
      ...both.flatMap((builder) => plans[builder].map((plan) => ({ builder, plan, attempts: attemptsFor(plan) }))),
    ].map((deploy): [string, Deploy] => [`${deploy.builder}: ${print(deploy.plan)}`, deploy]);
    const done = new Map<string, Done>();
    beforeAll(async () => {
      const waiting = [...deploys];
      const work = async (lane: Lane) => {
        for (let next = waiting.shift(); next; next = waiting.shift())
          done.set(next[0], await lane.deploy(next[1], builder));
      };
      await Promise.all(lanes.map(work));
    });

    it.each(both)('is, between all deploys, each stage of a push by %s in each way', (builder) => {
      const mine = deploys.filter(([, deploy]) => deploy.builder === builder);
      const all = stages[builder].flatMap((stage) => Object.keys(FAULTS).map((manner) => `${stage} ${manner}`));
      expect(all.filter((each) => !mine.some(([name]) => name.split(/: |, /).includes(each)))).toEqual([]);
    });

    it.each(deploys)('keeps no version from being deployed: %s', (name, { builder, plan, attempts }) => {
      const { result, seen } = done.get(name) as Done;
      process.stdout.write(`${name}: ${result.seconds.toFixed(1)} s\n`);
      if (result.outputs.outcome !== 'deployed') process.stdout.write(`${result.log}\n`);
      expect({ outcome: result.outputs.outcome, exit: result.exitCode }).toEqual({ outcome: 'deployed', exit: 0 });
      const failed = seen.filter(({ fault }) => fault).map(({ stage }) => stage);
      expect(failed.toSorted()).toEqual(Object.keys(plan).toSorted());
      const notes = result.log.match(/^The registry is in trouble .*\(attempt .*$/gm) ?? [];
      expect(attempts).toContain(notes.length + 1);
      if (notes[0]) expect(notes[0]).toMatch(/\(.+\)\. Trying again in 3 s \(attempt 2 of 4\)/);
      const { layers, manifests } = pushes(seen);
      // The engine looks for a layer before and after it sends it; where it does not see it, it sends it again.
      expect(layers).toBeLessThanOrEqual('blob-check' in plan ? 2 : 1);
      // It reads what it has pushed; where it could not, the next attempt puts the same manifest there again.
      const isUnread = builder === 'engine' && ['reset', 'cut'].includes(String(plan['read-back']));
      expect(manifests).toBe(isUnread ? 2 : 1);
    });
  });

  describe('always, and will not be helped by another attempt', () => {
    const base = `base-${randomBytes(4).toString('hex')}`;
    let before: string | undefined;
    beforeAll(async () => {
      const [{ app, registry }] = lanes as [Lane];
      app.dockerfile('COPY salt /salt');
      const options = ['--push', '--provenance=false', '--tag', `${testbed('REGISTRY')}/${base}:1`];
      const { context = '' } = app.inputs('base');
      app.undo(() => removeImages(`${testbed('REGISTRY')}/${base}`));
      await execute('docker', ['buildx', 'build', ...options, context]);
      app.file('limited.Dockerfile', `FROM ${registry.address}/${base}:1\n`);
      before = app.deployment().metadata?.resourceVersion;
    });

    it.each<[string, Stage, Fault, Inputs, RegExp]>([
      [
        'a push that is denied',
        'upload-start',
        'forbidden-package',
        inputs,
        /^The registry refused the push to "\S+" by "deployer": denied: permission_denied: write_package/,
      ],
      [
        'a repository that is missing',
        'upload-start',
        'missing-repository',
        inputs,
        /^The registry has no repository "\S+": name unknown: The repository with name '\S+' does not exist/,
      ],
      [
        'an access token for reading, that docker itself is logged in with',
        'token',
        'read-only',
        {},
        /^The access token that docker is logged in with may read, but not write to "\S+"/,
      ],
      [
        "a base image beyond the registry's limit",
        'manifest-read',
        'pull-limit',
        { ...inputs, file: 'limited.Dockerfile' },
        /^The registry gives out no more images for now, so a base image could not be pulled: .*pull rate limit/,
      ],
    ])('is told at once, in words of its own: %s', async (mistake, stage, fault, given, message) => {
      const [{ app, registry }] = lanes as [Lane];
      registry.mend();
      registry.fail(stage, fault, { agent: /^(?!node)/ });
      const start = registry.requests.length;
      const environment = 'registry-password' in given ? {} : loginTo(lanes);
      app.file('salt', randomBytes(LAYER_BYTES));
      const { context = '' } = app.inputs('never');
      const file = given.file && { file: join(context, given.file) };
      const result = await app.run('never', { ...given, ...file }, { environment });
      process.stdout.write(`refused: ${mistake}: ${result.seconds.toFixed(1)} s\n`);
      expect({ outcome: result.outputs.outcome, exit: result.exitCode }).toEqual({ outcome: 'refused', exit: 1 });
      expect(result.outputs.cause).toMatch(message);
      expect(result.log.match(/^::error::.*What to do: /gm)).toHaveLength(1);
      expect(result.log).not.toMatch(/Trying again/);
      expect(
        registry.requests.slice(start).filter(({ method, stage }) => method === 'PUT' && stage === 'manifest'),
      ).toEqual([]);
      expect(app.deployment().metadata?.resourceVersion).toBe(before);
    });
  });
});

/** How often the registry has taken the layer that was sent most often, and a manifest. */
function pushes(seen: Seen): { layers: number; manifests: number } {
  const taken = seen.filter(({ method, status }) => method === 'PUT' && status === 201);
  const digests = taken.map(({ path }) => /[?&]digest=([^&]+)/.exec(path)?.[1]).filter(Boolean);
  const times = digests.map((digest) => digests.filter((each) => each === digest).length);
  return { layers: Math.max(...times), manifests: taken.filter(({ stage }) => stage === 'manifest').length };
}

function loginTo(lanes: readonly Lane[]) {
  const password = new Secret(login.password);
  return loginEnvironment(lanes.map(({ registry }) => ({ registry: registry.address, ...login, password })));
}

function print(plan: Plan): string {
  return Object.entries(plan)
    .map(([stage, manner]) => `${stage} ${manner}`)
    .join(', ');
}

/** What the engine keeps of what it has pushed there. */
async function removeImages(repository: string): Promise<void> {
  const argv = ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', repository];
  const images = (await execute('docker', argv)).stdout.split('\n').filter(Boolean);
  if (images.length > 0) await execute('docker', ['image', 'rm', ...images]);
}
