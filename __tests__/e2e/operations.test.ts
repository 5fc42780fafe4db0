import { App, kubectl, testbed } from './harness';

jest.setTimeout(240_000);

const PREFIX = 'deploy-action.medibird.github.io';

interface Entry {
  readonly image: string;
  readonly outcome: string;
  readonly revision?: string;
}

function historyOf(app: App): Entry[] {
  return JSON.parse(app.deployment().metadata?.annotations?.[`${PREFIX}/history`] ?? '[]') as Entry[];
}

function imageOf(app: App): string {
  return app.deployment().spec?.template.spec?.containers[0]?.image ?? '';
}

/** By hand there is no checkout: whoever would build anything finds nothing to build. */
const byHand = (operation: string, version = '') => ({ operation, version, context: 'nowhere', 'build-args': '' });

describe('by hand', () => {
  let app: App;
  const images: Record<string, string> = {};
  beforeAll(async () => {
    app = await App.install();
    for (const [tag, more] of [
      ['good', ''],
      ['bad', 'ENV CRASH_AFTER=0s'],
      ['better', ''],
    ] as const) {
      app.dockerfile(more);
      images[tag] = (await app.run(tag)).outputs.image ?? '';
    }
  });
  afterAll(() => app.remove());

  it('a plan of a rollback shows what there is to choose and what would change, and changes nothing', async () => {
    const before = app.deployment().metadata?.resourceVersion;
    const plan = await app.run('any', { ...byHand('rollback'), 'dry-run': 'true' });
    expect([plan.exitCode, plan.outputs.outcome, plan.outputs.image]).toEqual([0, 'planned', images.good]);
    expect(plan.log).toMatch(/revision 5 +deployed +\S*:better/);
    expect(plan.log).toMatch(/failed-rolled-back +\S*:bad/);
    expect(plan.summary).toContain(`- image: ${images.better}\n+ image: ${images.good}`);
    expect(app.deployment().metadata?.resourceVersion).toBe(before);
  });

  it('a rollback lands on the version that served before, not on the bad one between', async () => {
    const back = await app.run('any', byHand('rollback'));
    expect([back.exitCode, back.outputs.outcome, back.outputs.image]).toEqual([0, 'rolled-back', images.good]);
    expect([imageOf(app), await app.serves('good')]).toEqual([images.good, 'good']);
    expect(historyOf(app).at(-1)).toMatchObject({ image: images.good, outcome: 'rolled-back' });
  });

  it('a rollback goes to a revision, and to none that failed or never was', async () => {
    const revision = historyOf(app).find(({ image }) => image === images.better)?.revision;
    const back = await app.run('any', byHand('rollback', revision));
    expect([back.outputs.outcome, imageOf(app)]).toEqual(['rolled-back', images.better]);
    const refused = await Promise.all(['bad', 'v9'].map((version) => app.run('any', byHand('rollback', version))));
    expect(refused.map(({ outputs }) => outputs.outcome)).toEqual(['refused', 'refused']);
    expect(refused[0]?.outputs.cause).toContain('failed when it ran here last');
    expect(refused[1]?.outputs.cause).toContain('No version "v9" has run here');
    expect(imageOf(app)).toBe(images.better);
  });

  it('a redeploy takes an image of the registry, but none built with other build arguments unless that is meant', async () => {
    const refused = await app.run('any', byHand('redeploy', 'good'));
    expect([refused.outputs.outcome, imageOf(app)]).toEqual(['refused', images.better]);
    expect(refused.outputs.cause).toContain('was built with other build arguments');
    const meant = await app.run('any', { ...byHand('redeploy', 'good'), 'allow-other-build-args': 'true' });
    expect([meant.outputs.outcome, imageOf(app)]).toEqual(['deployed', images.good]);
    const digest = images.good?.split('@')[1] ?? '';
    const again = await app.run('any', byHand('redeploy', digest));
    expect([again.outputs.outcome, again.outputs.digest]).toEqual(['unchanged', digest]);
    const missing = await app.run('any', byHand('redeploy', 'v9'));
    expect(missing.outputs.cause).toContain(`The registry has no image ${app.repository}:v9`);
  });

  it('a redeploy finds a commit where its tag is made of one', async () => {
    const commit = 'b'.repeat(40);
    app.dockerfile();
    await app.run(`staging-${commit}`, { 'build-args': 'VERSION=good' });
    const ours = { GITHUB_SHA: 'c'.repeat(40) };
    const more = { ...byHand('redeploy', commit), tags: `staging-${ours.GITHUB_SHA}`, 'dry-run': 'true' };
    const { outputs } = await app.run('any', more, { environment: ours });
    expect([outputs.outcome, outputs.image]).toEqual(['planned', expect.stringContaining(`:staging-${commit}@`)]);
  });

  it('a restart gives new pods of the same image', async () => {
    const [image, pods] = [imageOf(app), app.pods().map(({ metadata }) => metadata?.uid)];
    const restarted = await app.run('any', byHand('restart'));
    expect([restarted.exitCode, restarted.outputs.outcome, imageOf(app)]).toEqual([0, 'restarted', image]);
    const now = app.pods().filter(({ metadata }) => !metadata?.deletionTimestamp);
    expect(now.some(({ metadata }) => pods.includes(metadata?.uid))).toBe(false);
    expect(now).toHaveLength(1);
  });

  it('a plan of a deploy builds and pushes nothing', async () => {
    const plan = await app.run('planned', { 'dry-run': 'true' });
    expect([plan.exitCode, plan.outputs.outcome]).toEqual([0, 'planned']);
    expect(plan.log).toContain(`push it as ${app.repository}:planned`);
    const asked = await fetch(`http://${testbed('REGISTRY')}/v2/${app.namespace}/manifests/planned`);
    expect(asked.status).toBe(404);
    const wrong = await app.run('planned', { 'dry-run': 'true', container: 'nope' });
    expect(wrong.outputs.outcome).toBe('refused');
  });

  it('a version that somebody set by other means is told of, and can be gone back from', async () => {
    kubectl('set', 'image', 'deployment/app', `app=${images.better}`, '-n', app.namespace);
    kubectl('rollout', 'status', 'deployment/app', '-n', app.namespace, '--timeout=60s');
    const plan = await app.run('any', { ...byHand('rollback'), 'dry-run': 'true' });
    expect(plan.log).toMatch(/::warning::What runs is \S*:better.* but the last that was deployed here was/);
  });
});

describe('a restart that does not come up', () => {
  let app: App;
  const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { A: 'b' } };
  beforeAll(async () => {
    app = await App.install({ objects: [settings], container: { envFrom: [{ configMapRef: { name: 'settings' } }] } });
  });
  afterAll(() => app.remove());

  it('is taken back: the pods that were there serve on, and nothing is held against their image', async () => {
    const [good, pods] = [await app.run('good'), app.pods().map(({ metadata }) => metadata?.uid)];
    kubectl('delete', 'configmap/settings', '-n', app.namespace);
    const restarted = await app.run('any', byHand('restart'));
    expect([restarted.exitCode, restarted.outputs.outcome]).toEqual([1, 'failed-rolled-back']);
    expect(restarted.outputs.cause).toContain('settings');
    expect([imageOf(app), await app.version()]).toEqual([good.outputs.image, 'good']);
    const now = app.pods().filter(({ metadata }) => !metadata?.deletionTimestamp);
    expect(now.every(({ metadata }) => pods.includes(metadata?.uid))).toBe(true);
    expect(historyOf(app).at(-1)?.outcome).toBe('restart-failed-rolled-back');
    app.apply(settings);
    const again = await app.run('any', byHand('restart'));
    expect(again.outputs.outcome).toBe('restarted');
  });
});
