import { randomBytes } from 'node:crypto';
import { pullSecret } from '../../testbed/sample-app';
import { App, testbed } from './harness';
import { DockerFolder } from './support/docker-folder';
import { readIndex } from './support/images';
import { SERVER, TOOLS, Workspace } from './support/workspace';

jest.setTimeout(120_000);

type Result = Awaited<ReturnType<App['run']>>;
type Inputs = Record<string, string>;

const OWN_BUILDER = /starting the temporary builder (deploy-action-[\w-]+)/;

describe('the step', () => {
  let app: App;
  let workspace: Workspace;
  beforeAll(async () => {
    app = await App.install();
  });
  afterAll(() => app.remove());
  beforeEach(() => {
    workspace = new Workspace();
    workspace.file('app/salt', randomBytes(8));
    // Without RUN: nothing here runs programs for another processor.
    workspace.dockerfile([...SERVER, 'COPY salt /']);
  });
  afterEach(() => workspace.remove());

  function deploy(tags: string, inputs: Inputs, environment: Inputs = {}) {
    const all = { context: 'app', 'build-args': '', soak: '0s', ...inputs };
    const sha = { GITHUB_SHA: workspace.commit() };
    return app.run(tags, all, { workspace: workspace.folder, environment: { ...sha, ...environment } });
  }

  describe('makes a builder of its own', () => {
    let docker: DockerFolder;
    beforeAll(() => {
      docker = new DockerFolder({ oldBuildx: true });
      app.apply(pullSecret());
      const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
      app.apply({ ...account, imagePullSecrets: [{ name: 'registry' }] });
    });
    afterAll(() => docker.remove());

    it('for a cache in a registry that wants a login, from which the next one takes all steps, with an old buildx too', async () => {
      workspace.dockerfile([...TOOLS, 'RUN echo built >/built']);
      const repository = `${testbed('PRIVATE_REGISTRY')}/${app.namespace}`;
      const cache = `type=registry,ref=${repository}:cache`;
      const inputs = {
        image: repository,
        container: 'app',
        'registry-username': testbed('PRIVATE_REGISTRY_USER'),
        'registry-password': testbed('PRIVATE_REGISTRY_PASSWORD'),
        'cache-from': cache,
        'cache-to': `${cache},mode=max`,
        'skip-existing': 'true',
      };
      // One takes no login from its environment, the other has no need of a file.
      const first = await deploy('cached', inputs, docker.environment);
      expectDeployed(first, { hasBuilder: true });
      const second = await deploy('cached-again', inputs);
      expectDeployed(second, { hasBuilder: true });
      expect(OWN_BUILDER.exec(second.log)?.[1]).not.toBe(OWN_BUILDER.exec(first.log)?.[1]);
      // A build without the login would have done all steps, and only the one after it would have found them done.
      expect({ first: cachedSteps(first), second: cachedSteps(second) }).toEqual({ first: 0, second: 3 });
      expect([first, second].map(({ log }) => log.match(/^#\d+ building with/gm)?.length)).toEqual([1, 1]);
      process.stdout.write(`registry cache: ${first.seconds.toFixed(1)} s, then ${second.seconds.toFixed(1)} s\n`);

      const third = await deploy('cached-again', inputs, docker.environment);
      expect(third.outputs).toMatchObject({ outcome: 'unchanged', digest: second.outputs.digest });
      expect(third.log).toContain('is not built again');
      expect(third.log).not.toMatch(OWN_BUILDER);
      expect(docker.changes()).toEqual([]);
    });

    it('for several platforms and attestations, and deploys the index', async () => {
      const result = await deploy('index', { platforms: 'linux/amd64,linux/arm64', provenance: 'mode=max' });
      expectDeployed(result, { hasBuilder: true });
      const { image = '', digest = '' } = result.outputs;
      const index = await readIndex(image);
      expect(index.digest).toBe(digest);
      const attestations = ['unknown/unknown', 'unknown/unknown'];
      expect(index.platforms.toSorted()).toEqual(['linux/amd64', 'linux/arm64', ...attestations]);
      expect(app.deployment().spec?.template.spec?.containers[0]?.image).toBe(image);
    });
  });

  it.each<[string, () => { inputs: Inputs; environment?: Inputs; warning?: RegExp }]>([
    [
      "GitHub's, to which the job's token does not fit",
      () => ({
        inputs: { 'cache-to': 'type=gha,mode=max' },
        environment: { ACTIONS_RUNTIME_TOKEN: 'of-no-kind', ACTIONS_RESULTS_URL: 'http://127.0.0.1:1/' },
        warning: /The build's cache does not work, so the image is built without it: .*token/,
      }),
    ],
    [
      'read from a registry that is not there, and written to one that wants a login',
      () => {
        const ref = `${testbed('PRIVATE_REGISTRY')}/${app.namespace}:nobodys-cache`;
        return { inputs: { 'cache-from': '127.0.0.1:1/nobody:cache', 'cache-to': `type=registry,ref=${ref}` } };
      },
    ],
  ])('deploys without a cache that does not work: %s', async (what, given) => {
    const { inputs, environment, warning } = given();
    const result = await deploy('uncached', inputs, environment);
    expectDeployed(result, { hasBuilder: true });
    if (warning) expect(result.log).toMatch(new RegExp(`^::warning::${warning.source}`, 'm'));
    process.stdout.write(`a cache ${what}: ${result.seconds.toFixed(1)} s\n`);
  });

  it.each<[string, Inputs, RegExp]>([
    [
      'the engine’s own, for several platforms',
      { builder: 'default', platforms: 'linux/amd64,linux/arm64' },
      /^The builder "default" is the Docker engine's own, and that cannot do what is asked: an image for several platforms \("platforms"\)/,
    ],
    ['one that is not there', { builder: 'nobody' }, /^The builder "nobody" is not there: .*no builder "nobody" found/],
  ])('refuses a builder that will not do, in words: %s', async (_, inputs, cause) => {
    const result = await deploy('refused', inputs);
    expect({ outcome: result.outputs.outcome, exit: result.exitCode }).toEqual({ outcome: 'refused', exit: 1 });
    expect(result.outputs.cause).toMatch(cause);
    expect(result.log).toMatch(/^::error::The builder .*%0AWhat to do: .*leave "builder" out/im);
    expect(result.log).not.toMatch(OWN_BUILDER);
  });
});

function expectDeployed({ outputs, exitCode, log }: Result, { hasBuilder }: { hasBuilder: boolean }): void {
  if (outputs.outcome !== 'deployed') process.stdout.write(`${log}\n`);
  expect({ outcome: outputs.outcome, exit: exitCode }).toEqual({ outcome: 'deployed', exit: 0 });
  expect(OWN_BUILDER.test(log)).toBe(hasBuilder);
}

/** How many steps of the Dockerfile came out of the cache. */
function cachedSteps({ log }: Result): number {
  const steps = [...log.matchAll(/^(#\d+) \[(?:\S+ )?\d+\/\d+\] /gm)].map(([, step]) => step);
  return new Set(steps.filter((step) => log.includes(`\n${step} CACHED\n`))).size;
}
