import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { pullSecret } from '../../testbed/sample-app';
import { App, testbed } from './harness';
import { builder, type Context, contexts, SECRETS_ARE_THERE, secrets, withSecrets } from './support/contexts';
import { type Image, readBytes, readFileNames, readImage } from './support/images';
import { expectSame, labelsOf } from './support/same-image';
import { tellTales } from './support/search';
import { startOvertaking, startTurnstile, type Turnstile } from './support/turnstile';
import { TOOLS, Workspace } from './support/workspace';

jest.setTimeout(120_000);

const execute = promisify(execFile);
type Result = Awaited<ReturnType<App['run']>>;
type Options = Parameters<App['run']>[2];

const APP = [...TOOLS, 'ARG VERSION', 'ENV VERSION=$VERSION'];
const FAILING_STEP = 'RUN echo compiling; \\\n  echo "cannot find the symbol" >&2; exit 3';

const login = () => ({
  username: testbed('PRIVATE_REGISTRY_USER'),
  password: testbed('PRIVATE_REGISTRY_PASSWORD'),
});

describe('a build', () => {
  let app: App;
  let workspace: Workspace;
  beforeAll(async () => {
    app = await App.install();
    app.undo(() => execute('docker', ['buildx', 'rm', '--force', builder]));
    await execute('docker', ['buildx', 'create', '--name', builder, '--driver-opt', 'network=host']);
  });
  afterAll(() => app.remove());
  beforeEach(() => {
    workspace = new Workspace();
    // Without it, the cache of an earlier run of these tests would do the work.
    workspace.file('app/salt', randomBytes(8));
    workspace.dockerfile(APP);
  });
  afterEach(() => workspace.remove());

  /** Deploys from the workspace, as it is committed now. */
  function deploy(tags: string, inputs: Record<string, string> = {}, options: Options = {}): Promise<Result> {
    const environment = { GITHUB_SHA: workspace.commit(), ...options.environment };
    const all = { context: 'app', 'build-args': '', soak: '0s', ...inputs };
    return app.run(tags, all, { workspace: workspace.folder, ...options, environment });
  }

  /** Builds as a workflow does that calls docker itself. */
  async function buildPlainly({ options, environment }: Context): Promise<Image> {
    const reference = `${app.repository}:plain`;
    const argv = ['buildx', 'build', '--push', '--provenance=false', '--tag', reference, ...options, 'app'];
    await execute('docker', argv, { cwd: workspace.folder, env: { ...process.env, ...environment } });
    return readImage(reference);
  }

  describe('gives the image that docker itself gives, but for the labels that are told of', () => {
    it.each(Object.entries(contexts))('%s', async (_, context) => {
      context.prepare(workspace);
      // Where no cache is to be used, there has to be one that could be.
      const before = context.isUncached && (await buildPlainly(context));
      const result = await deploy('step', context.inputs, { environment: context.environment ?? {} });
      expectOutcome(result, 'deployed');
      if (before) expect(result.log).not.toContain('CACHED');
      const { image = '' } = result.outputs;
      expectSame(await readImage(image), before || (await buildPlainly(context)), context);

      const { has, lacks } = context.files ?? { has: ['server'], lacks: [] };
      const names = await readFileNames(image);
      expect(names).toEqual(expect.arrayContaining([...has]));
      expect(names.filter((name) => lacks.includes(name))).toEqual([]);
    });

    it('secrets of each kind, which stand in no layer, history, log or argv', async () => {
      withSecrets.prepare(workspace);
      let processes: string[] = [];
      const onLine = (line: string) => {
        if (/^#\d+ [\d.]+ /.test(line) && line.endsWith(SECRETS_ARE_THERE)) processes = commandLines();
      };
      const { inputs, environment = {} } = withSecrets;
      const result = await deploy('secrets', inputs, { onLine, environment });
      expectOutcome(result, 'deployed');
      const { image = '' } = result.outputs;
      expectSame(await readImage(image), await buildPlainly(withSecrets), withSecrets);

      const builds = processes.filter((words) => words.includes(`\0${app.repository}:secrets\0`));
      expect(builds.join('\n')).toContain('\0id=variable,env=A_SECRET\0');
      const bytes = (await readBytes(image)).toString('latin1');
      expect(bytes).toContain(SECRETS_ARE_THERE);
      const parts = Object.values(secrets).flatMap((each) => each.toString('latin1').match(/[0-9a-f]{24}/g) ?? []);
      expect(parts).toHaveLength(7);
      const places = { image: bytes, argv: processes.join('\n'), shown: shown(result) };
      for (const [place, text] of Object.entries(places)) {
        expect({ place, found: parts.filter((part) => text.includes(part)) }).toEqual({ place, found: [] });
      }
      for (const line of tellTales([], [secrets.value]).filter((each) => !each.startsWith('-----'))) {
        expect(result.log).toContain(`::add-mask::${line}`);
      }
    });
  });

  describe('of a commit that was built before', () => {
    it('gives the same digest, checked out anew and in another run, and nothing is rolled out', async () => {
      const first = await deploy('commit');
      expectOutcome(first, 'deployed');
      const sha = workspace.commit();
      const again = new Workspace();
      again.file('app/salt', readFileSync(`${workspace.folder}/app/salt`));
      again.dockerfile(APP);
      workspace.remove();
      workspace = again;
      expect(workspace.commit()).toBe(sha);
      const second = await deploy('commit', {}, { environment: { GITHUB_RUN_ID: '4243', GITHUB_RUN_ATTEMPT: '2' } });
      expectOutcome(second, 'unchanged');
      expect(second.outputs.digest).toBe(first.outputs.digest);
      expect(labelsOf(await readImage(second.outputs.image ?? ''))).toEqual({
        'io.github.medibird.deploy-action.build-args': expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        'org.opencontainers.image.created': '2024-02-29T03:34:56Z',
        'org.opencontainers.image.revision': sha,
        'org.opencontainers.image.source': 'https://github.com/medibird/example',
        'org.opencontainers.image.title': 'example',
        'org.opencontainers.image.version': 'commit',
      });
    });

    it('is left out by skip-existing, unless the build arguments are others', async () => {
      const deployOnce = async (version: string) => {
        const result = await deploy('kept', { 'skip-existing': 'true', 'build-args': `VERSION=${version}` });
        const { outputs, log, seconds } = result;
        return { outcome: outputs.outcome, digest: outputs.digest, isBuilt: isBuilt(log), seconds };
      };
      const first = await deployOnce('one');
      expect(first).toMatchObject({ outcome: 'deployed', isBuilt: true });
      const second = await deployOnce('one');
      expect(second).toMatchObject({ outcome: 'unchanged', isBuilt: false, digest: first.digest });
      process.stdout.write(`skip-existing: ${first.seconds.toFixed(1)} s, then ${second.seconds.toFixed(1)} s\n`);
      expect(await deployOnce('two')).toMatchObject({ outcome: 'deployed', isBuilt: true });
    });
  });

  it.each<[string, string, RegExp, Record<string, string>]>([
    ['a step that fails', FAILING_STEP, /exit code: 3/, {}],
    ['a word that no Dockerfile has', 'COPYY dist /dist', /unknown instruction: COPYY/, {}],
    ['a file that is not there', 'COPY dist/ /dist/', /"\/dist":? not found/, {}],
    ['a step that fails in a container builder', FAILING_STEP, /exit code: 3/, { builder }],
  ])('that fails names the line of the Dockerfile, at that line: %s', async (_, instruction, said, inputs) => {
    workspace.dockerfile([...TOOLS, 'RUN echo compiling', '', instruction], 'docker/web.Dockerfile');
    const result = await deploy('fails', { file: 'docker/web.Dockerfile', ...inputs });
    expectOutcome(result, 'refused');
    const errors = result.log.split('\n').filter((line) => line.startsWith('::error'));
    const line = TOOLS.length + 3;
    expect(errors).toEqual([expect.stringMatching(`^::error file=docker/web.Dockerfile,line=${line}::`)]);
    const told = errors.join().replaceAll('%0A', '\n').split('\n');
    expect(told[0]).toMatch(/::The image could not be built: /);
    expect(told[0]).toMatch(said);
    expect(told.at(-1)).toMatch(/^What to do: .*Mend the Dockerfile/);
    expect(result.outputs.cause).toMatch(said);
  });

  describe('where the registry wants a password', () => {
    beforeAll(() => {
      app.apply(pullSecret());
      const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
      app.apply({ ...account, imagePullSecrets: [{ name: 'registry' }] });
    });
    const image = () => `${testbed('PRIVATE_REGISTRY')}/${app.namespace}`;

    it('pulls a base image from there by registry-auth, while the image itself goes elsewhere', async () => {
      const base = `${image()}/base:1`;
      const { username, password } = login();
      const auth = Buffer.from(`${username}:${password}`).toString('base64');
      const options = ['--push', '--provenance=false', '--builder', builder, '--tag', base];
      await execute('docker', ['buildx', 'build', ...options, `${workspace.folder}/app`], {
        env: {
          ...process.env,
          DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [testbed('PRIVATE_REGISTRY')]: { auth } } }),
        },
      });
      workspace.dockerfile([`FROM ${base}`, 'LABEL com.example.based=yes']);
      const refused = await deploy('based');
      expectOutcome(refused, 'refused');
      expect(refused.outputs.cause).toMatch(
        /^A base image could not be pulled: it does not exist, or it needs a login/,
      );
      expect(refused.log).toContain('give its login in "registry-auth"');

      const text = `- registry: ${testbed('PRIVATE_REGISTRY')}\n  username: ${username}\n  password: ${password}\n`;
      const result = await deploy('based', { 'registry-auth': text });
      expectOutcome(result, 'deployed');
      expect(labelsOf(await readImage(result.outputs.image ?? ''))).toMatchObject({ 'com.example.based': 'yes' });
      expect(tellTales([login()]).filter((word) => shown(result).includes(word))).toEqual([]);
    });
  });

  describe('by two runs that push one tag at the same time', () => {
    let other: App;
    let turnstile: Turnstile;
    beforeAll(async () => {
      turnstile = await startTurnstile(testbed('REGISTRY'));
      other = await App.install();
    });
    afterAll(async () => {
      await other.remove();
      await turnstile.stop();
    });

    const versionBy = async (target: App, version: string, tag: string, image: string, more = {}) => {
      const all = { image, container: 'app', 'build-args': `VERSION=${version}`, soak: '0s', ...more };
      const result = await target.run(tag, all);
      expectOutcome(result, 'deployed');
      const deployed = result.outputs.image ?? '';
      expect((await readImage(deployed)).config.config.Env).toContain(`VERSION=${version}`);
      expect(target.deployment().spec?.template.spec?.containers[0]?.image).toBe(deployed);
      expect(await target.serves(version)).toBe(version);
      return { digest: result.outputs.digest, isOvertaken: result.log.includes('Another run has pushed the tag') };
    };

    // The engine asks the registry what the tag stands for once it has pushed it. A container builder knows by itself.
    it.each<[string, string, Record<string, string>, boolean[]]>([
      ['on two machines, the other after it but before it looks', 'apart', { builder }, [true, false]],
      ['on one machine', 'together', {}, []],
    ])('each deploys what it has built: %s', async (_, tag, inputs, overtaken) => {
      turnstile.hold(tag, 2, inputs.builder ? /^docker\// : undefined);
      const image = `${turnstile.address}/${app.namespace}`;
      const runs = [[app, {}] as const, [other, inputs] as const].map(([target, more], index) =>
        versionBy(target, `${tag}-by-${index}`, tag, image, more),
      );
      const ended = await Promise.all(runs);
      expect(ended[0]?.digest).not.toBe(ended[1]?.digest);
      if (overtaken.length > 0) expect(ended.map(({ isOvertaken }) => isOvertaken)).toEqual(overtaken);
    });

    // Then the engine knows no manifest for the tag, and docker gives the digest of the image's configuration.
    it('each deploys what it has built: on one machine, the other built before it looks', async () => {
      const registry = await startOvertaking(testbed('REGISTRY'));
      const image = `${registry.address}/${app.namespace}`;
      // An image that the engine has pushed before, anywhere, has a manifest that it knows.
      const between = `built-between-in-${app.namespace}`;
      const first = versionBy(app, 'built-first', 'between', image);
      // Where it fails before that, its own error is the one to see.
      await Promise.race([registry.arrived, first]);
      const ended = await Promise.all([first, versionBy(other, between, 'between', image)]);
      await registry.stop();
      expect(ended.map(({ isOvertaken }) => isOvertaken)).toEqual([true, false]);
      expect(ended[0].digest).not.toBe(ended[1].digest);
    });
  });
});

function expectOutcome({ outputs, exitCode, log }: Result, outcome: string): void {
  if (outputs.outcome !== outcome) process.stdout.write(`${log}\n`);
  const isSuccess = outcome === 'deployed' || outcome === 'unchanged';
  expect({ outcome: outputs.outcome, exit: exitCode }).toEqual({ outcome, exit: isSuccess ? 0 : 1 });
}

/** Whether docker has built anything. What is said of it has to fit. */
function isBuilt(log: string): boolean {
  const isDone = /^#\d+ exporting to image/m.test(log);
  expect(log.includes('is not built again')).toBe(!isDone);
  return isDone;
}

/** What all processes of this machine were called with. */
function commandLines(): string[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      return /^\d+$/.test(name) ? [readFileSync(`/proc/${name}/cmdline`, 'latin1')] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/** What people read. The runner itself is told what to keep from them. */
function shown({ log, postLog, summary, outputs, state }: Result): string {
  return log.replace(/^::add-mask::.*$/gm, '') + postLog + summary + JSON.stringify([outputs, state]);
}
