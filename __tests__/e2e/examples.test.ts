import { App, kubectl } from './harness';
import { Act } from './support/act';
import { Repository, written } from './support/repository';

jest.setTimeout(180_000);

const CHECKOUT = 'Run Main actions/checkout@v4';

/** Another job, as a user may add one, that uses what the shared workflow hands on. */
const NEXT_JOB = `
  next:
    needs: deploy
    runs-on: ubuntu-latest
    steps:
      - run: echo "handed on \${{ needs.deploy.outputs.outcome }} \${{ needs.deploy.outputs.image }}"
`;

/** The specification of a worker beside the API, of the same image. */
function workerOf(image: string) {
  const labels = { app: 'worker' };
  const spec = { containers: [{ name: 'app', image }], imagePullSecrets: [{ name: 'registry' }] };
  return { serviceName: 'worker', selector: { matchLabels: labels }, template: { metadata: { labels }, spec } };
}

describe('the examples of workflows', () => {
  let [staging, production] = [] as unknown as [App, App];
  let [act, api, web] = [] as unknown as [Act, Repository, Repository];
  let [one, two] = ['', ''];
  const imageOf = (app: App) => app.deployment().spec?.template.spec?.containers[0]?.image;
  const byHand = (operation: string, more: Record<string, string> = {}) =>
    api.press('by-hand.yml', { operation, environment: 'staging', ...more });

  beforeAll(async () => {
    act = new Act();
    [staging, production] = await Promise.all([
      App.install({ registry: 'private' }),
      App.install({ registry: 'private' }),
    ]);
    const namespaces = { staging: staging.namespace, production: production.namespace };
    const own = (example: string) => written(example, staging.repository, namespaces);
    api = new Repository(act, 'caringnote/caring-note-api', {
      'push.yml': own('push.yml'),
      'by-hand.yml': own('by-hand.yml'),
      'shared.yml': own('shared-api.yml') + NEXT_JOB,
      'merged-pull-request.yml': own('merged-pull-request.yml'),
      'self-hosted.yml': own('self-hosted.yml'),
    });
    web = new Repository(act, 'caringnote/caring-note-web', { 'shared.yml': own('shared-web.yml') });
  });
  afterAll(async () => {
    await Promise.all([staging?.remove(), production?.remove()]);
    for (const each of [api, web, act]) each?.remove();
  });

  it('push.yml deploys what was pushed', async () => {
    one = api.commit('staging', 'one');
    const { code, outputs, log } = await api.push('push.yml');
    expect([code, outputs.outcome]).toEqual([0, 'deployed']);
    expect(log).toContain(CHECKOUT);
    expect(imageOf(staging)).toMatch(new RegExp(`^${staging.repository}:staging-${one}@sha256:[0-9a-f]{64}$`));
    expect(await staging.serves('one')).toBe('one');
  });

  it('shared-api.yml deploys the same way through the shared workflow, which hands its outputs on', async () => {
    two = api.commit('staging', 'two');
    const { code, log } = await api.push('shared.yml');
    expect(code).toBe(0);
    expect(log).toContain(CHECKOUT);
    expect(log).toContain(`handed on deployed ${imageOf(staging)}`);
    expect(imageOf(staging)).toContain(`:staging-${two}@`);
    expect(await staging.serves('two')).toBe('two');
  });

  it('by hand, a plan of a rollback says to which version, changes nothing and needs no checkout', async () => {
    const before = staging.deployment().metadata?.resourceVersion;
    const { code, outputs, log } = await byHand('rollback', { 'dry-run': 'true' });
    expect([code, outputs.outcome, outputs.image]).toEqual([0, 'planned', expect.stringContaining(one)]);
    expect(log).toMatch(new RegExp(`revision 2 +deployed +\\S*:staging-${one}`));
    expect(log).not.toContain(CHECKOUT);
    expect(staging.deployment().metadata?.resourceVersion).toBe(before);
  });

  it('by hand, a rollback brings the version before back', async () => {
    const { code, outputs, log } = await byHand('rollback');
    expect([code, outputs.outcome, outputs.image]).toEqual([0, 'rolled-back', imageOf(staging)]);
    expect(log).not.toContain(CHECKOUT);
    expect(await staging.serves('one')).toBe('one');
  });

  it('by hand, a redeploy takes the commit that a person names', async () => {
    const { code, outputs } = await byHand('redeploy', { version: two });
    expect([code, outputs.outcome, outputs.image]).toEqual([0, 'deployed', imageOf(staging)]);
    expect(await staging.serves('two')).toBe('two');
  });

  it('by hand, a restart gives new pods of the same version', async () => {
    const pods = staging.pods().map(({ metadata }) => metadata?.uid);
    const { code, outputs } = await byHand('restart');
    expect([code, outputs.outcome, imageOf(staging)]).toEqual([0, 'restarted', expect.stringContaining(two)]);
    const now = staging.pods().filter(({ metadata }) => !metadata?.deletionTimestamp);
    expect(now.some(({ metadata }) => pods.includes(metadata?.uid))).toBe(false);
  });

  it('by hand, a deploy checks out', async () => {
    const { outputs, log } = await byHand('deploy', { 'dry-run': 'true' });
    expect([outputs.outcome, log]).toEqual(['planned', expect.stringContaining(CHECKOUT)]);
  });

  it('shared-api.yml goes back by hand, without a checkout', async () => {
    const { code, outputs, log } = await api.press('shared.yml', { operation: 'rollback', version: '2' });
    expect([code, outputs.outcome, outputs.image]).toEqual([0, 'rolled-back', expect.stringContaining(one)]);
    expect(log).not.toContain(CHECKOUT);
  });

  it('manifests.yml applies what the repository has, with the image that was built', async () => {
    // The same Deployment as before, but with an env of its own.
    const [deployment] = (
      staging.manifest('IMAGE', { container: { env: [{ name: 'A', value: 'b' }] } }) as { items: object[] }
    ).items;
    const withManifests = new Repository(act, 'caringnote/caring-note-api', {
      'manifests.yml': written('manifests.yml', staging.repository, {
        staging: staging.namespace,
        production: production.namespace,
      }),
      '../../k8s/staging/app.json': JSON.stringify(deployment),
    });
    try {
      const commit = withManifests.commit('staging', 'manifest');
      const { code, outputs } = await withManifests.push('manifests.yml');
      expect([code, outputs.outcome]).toEqual([0, 'deployed']);
      expect(imageOf(staging)).toContain(`:staging-${commit}@`);
      expect(staging.deployment().spec?.template.spec?.containers[0]?.env).toEqual([{ name: 'A', value: 'b' }]);
    } finally {
      withManifests.remove();
    }
  });

  it('merged-pull-request.yml deploys what was merged, and nothing of a pull request that was closed without', async () => {
    const commit = api.commit('staging', 'merged');
    const before = staging.deployment().metadata?.resourceVersion;
    const closed = await api.close('merged-pull-request.yml', 'staging', { merged: false, merge_commit_sha: commit });
    expect([closed.code, closed.outputs, staging.deployment().metadata?.resourceVersion]).toEqual([0, {}, before]);
    const { code, outputs } = await api.close('merged-pull-request.yml', 'staging', {
      merged: true,
      merge_commit_sha: commit,
    });
    expect([code, outputs.outcome, outputs.image]).toEqual([
      0,
      'deployed',
      expect.stringContaining(`:staging-${commit}@`),
    ]);
    expect(await staging.serves('merged')).toBe('merged');
  });

  it('self-hosted.yml deploys from a runner of our own', async () => {
    api.commit('staging', 'at-home');
    const { code, outputs } = await api.push('self-hosted.yml');
    expect([code, outputs.outcome]).toEqual([0, 'deployed']);
    expect(await staging.serves('at-home')).toBe('at-home');
  });

  it('shared-web.yml builds for each environment, and lets no image of staging into production', async () => {
    const built = web.commit('staging', 'three');
    const first = await web.push('shared.yml');
    web.commit('main', 'four');
    const second = await web.push('shared.yml');
    expect([first.outputs.outcome, second.outputs.outcome]).toEqual(['deployed', 'deployed']);
    expect([await staging.serves('three'), await production.serves('four')]).toEqual(['three', 'four']);
    const slip = await web.press('shared.yml', { operation: 'redeploy', version: `staging-${built}` });
    expect([slip.code, slip.outputs.outcome]).toEqual([1, 'refused']);
    expect(slip.outputs.cause).toContain('was built with other build arguments');
    expect(imageOf(production)).toBe(second.outputs.image);
  });

  it('api-and-worker.yml brings one image to both, the init container too', async () => {
    const both = await App.install({ registry: 'private' });
    const own = written('api-and-worker.yml', both.repository, { staging: both.namespace, production: both.namespace });
    const repository = new Repository(act, 'caringnote/caring-note-api', { 'api-and-worker.yml': own });
    try {
      const image = `${both.repository}:first`;
      both.apply({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'worker' }, spec: workerOf(image) });
      const migrate = { name: 'migrate', image, command: ['/server', 'init'] };
      const patch = JSON.stringify({ spec: { template: { spec: { initContainers: [migrate] } } } });
      kubectl('patch', 'deployment/app', '-n', both.namespace, '--type=strategic', `--patch=${patch}`);
      for (const name of ['deployment/app', 'statefulset/worker'])
        kubectl('rollout', 'status', name, '-n', both.namespace, '--timeout=60s');
      repository.commit('staging', 'together');
      const { code, outputs } = await repository.push('api-and-worker.yml');
      expect([code, outputs.outcome]).toEqual([0, 'deployed']);
      const path = 'jsonpath={..image}';
      const images = kubectl('get', 'deployment/app', 'statefulset/worker', '-n', both.namespace, '-o', path);
      expect(new Set(images.split(' '))).toEqual(new Set([imageOf(both)]));
      expect(await both.serves('together')).toBe('together');
    } finally {
      repository.remove();
      await both.remove();
    }
  });
});
