import type { Deployment } from 'kubernetes-types/apps/v1';
import { App, kubectl } from './harness';

jest.setTimeout(240_000);

/** A second Deployment beside the app, of the same image. */
function worker(app: App) {
  const labels = { app: 'worker' };
  const containers = [{ name: 'app', image: `${app.repository}:first`, imagePullPolicy: 'Always' }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'worker' },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
}

/** As if another run were at work on the worker. */
function holdWorker(app: App): void {
  const run = 'https://example.org/other';
  const other = { id: 'other', run, image: '', at: '', outcome: 'open', container: 'app' };
  const hold = JSON.stringify({ id: 'other', url: run });
  const own = Object.entries({ hold, history: JSON.stringify([other]), id: 'other' });
  const words = own.map(([key, value]) => `deploy-action.medibird.github.io/${key}=${value}`);
  kubectl('annotate', 'deployment/worker', ...words, '--overwrite', '-n', app.namespace);
}

describe('several containers of one workload', () => {
  let app: App;
  /** The images of the pod template, by container. */
  const images = () => {
    const { containers = [], initContainers = [] } = app.deployment().spec?.template.spec ?? {};
    return Object.fromEntries([...initContainers, ...containers].map(({ name, image = '' }) => [name, image]));
  };
  const container = () => `app\nmigrate\nproxy=${app.repository}:proxy-2`;

  beforeAll(async () => {
    app = await App.install();
    const env = [{ name: 'PORT', value: '9090' }];
    const proxy = { name: 'proxy', image: `${app.repository}:first`, env };
    await app.build('proxy-2');
    const migrate = { name: 'migrate', image: `${app.repository}:first`, command: ['/server', 'init'] };
    const patch = { spec: { template: { spec: { initContainers: [migrate], containers: [proxy] } } } };
    kubectl('patch', 'deployment/app', '-n', app.namespace, '--type=strategic', `--patch=${JSON.stringify(patch)}`);
    kubectl('rollout', 'status', 'deployment/app', '-n', app.namespace, '--timeout=60s');
  });
  afterAll(() => app.remove());

  it('get their images by one change, an init container too', async () => {
    const run = await app.run('good', { container: container() });
    expect(run.outputs.outcome).toBe('deployed');
    const { image } = run.outputs;
    expect(images()).toEqual({ migrate: image, app: image, proxy: `${app.repository}:proxy-2` });
    expect(run.log).toContain('Container "proxy": ');
    expect(await app.serves('good')).toBe('good');
  });

  it('have nothing to change where all of them have their image already', async () =>
    expect((await app.run('good', { container: container() })).outputs.outcome).toBe('unchanged'));

  it('are a change where only one of the others differs, and are all put back where one of them is bad', async () => {
    const before = images();
    app.dockerfile('ENV INIT_EXIT_CODE=3');
    const run = await app.run('bad', { container: container() });
    expect(run.outputs.outcome).toBe('failed-rolled-back');
    expect(run.outputs.cause).toContain('init container "migrate"');
    expect(images()).toEqual(before);
    app.dockerfile();
    const other = await app.run('good', { container: `app\nmigrate\nproxy=${app.repository}:first` });
    expect(other.outputs.outcome).toBe('deployed');
    expect(images().proxy).toBe(`${app.repository}:first`);
    expect(images().app).toBe(before.app);
  });

  it('go back together', async () => {
    const run = await app.run('good', { container: container(), operation: 'rollback' });
    expect(run.outputs.outcome).toBe('rolled-back');
    expect(images().proxy).toBe(`${app.repository}:proxy-2`);
  });

  it('are refused by name where the workload has none of that name, before the build has ended', async () => {
    const run = await app.run('good', { container: `${container()}\nsidecar` });
    expect(run.outputs.outcome).toBe('refused');
    expect(run.log).toMatch(/::error.*no container "sidecar"/);
  });
});

describe('several workloads of one image', () => {
  let app: App;
  const both = { deployment: 'app\nworker', soak: '2s' };
  const imageOf = (name: string) => {
    const text = kubectl('get', `deployment/${name}`, '-n', app.namespace, '-o', 'json');
    return (JSON.parse(text) as Deployment).spec?.template.spec?.containers[0]?.image;
  };
  const crash = (name: string, at: string) => {
    const set = `CRASH_AFTER=${at}`;
    kubectl('set', 'env', `deployment/${name}`, set, '-n', app.namespace);
    kubectl('rollout', 'status', `deployment/${name}`, '-n', app.namespace, '--timeout=60s');
  };

  beforeAll(async () => {
    app = await App.install();
    app.apply(worker(app));
    // What is set here is not overridden by what an image brings.
    crash('app', '1000h');
  });
  afterAll(() => app.remove());

  it('are updated and verified in one step', async () => {
    const run = await app.run('good', both);
    expect(run.outputs).toMatchObject({ outcome: 'deployed' });
    expect([imageOf('app'), imageOf('worker')]).toEqual([run.outputs.image, run.outputs.image]);
    expect(run.log).toMatch(/^app: .*new pod 1\/1 is ready/m);
    expect(run.log).toMatch(/^worker: .*new pod 1\/1 is ready/m);
    expect(run.summary).toMatch(/^## ✅.*app, worker/m);
    expect(run.summary).toMatch(/^### ✅.*worker/m);
    expect(run.outputs.revision?.split('\n')).toHaveLength(2);
  });

  it('are all put back where one of them is bad', async () => {
    const before = [imageOf('app'), imageOf('worker')];
    app.dockerfile('ENV CRASH_AFTER=0s');
    const run = await app.run('bad', both);
    expect({ exit: run.exitCode, outcome: run.outputs.outcome }).toEqual({ exit: 1, outcome: 'failed-rolled-back' });
    expect([imageOf('app'), imageOf('worker')]).toEqual(before);
    expect(run.summary).toContain('came in one step with worker, which failed');
    expect(run.outputs.cause).toContain('starts and then ends');
    expect(await app.serves('good')).toBe('good');
  });

  it('are told apart by a plan, and nothing is changed', async () => {
    const run = await app.run('bad', { ...both, 'dry-run': 'true' });
    expect(run.outputs.outcome).toBe('planned');
    expect(run.log).toContain('worker: Change the container "app" of deployment/worker');
    expect(imageOf('worker')).toContain(':good@');
  });

  it('are restarted, and rolled back, together', async () => {
    app.dockerfile();
    expect((await app.run('next', both)).outputs.outcome).toBe('deployed');
    expect((await app.run('next', { ...both, operation: 'restart' })).outputs.outcome).toBe('restarted');
    const back = await app.run('next', { ...both, operation: 'rollback' });
    expect(back.outputs.outcome).toBe('rolled-back');
    expect([imageOf('app'), imageOf('worker')].every((image) => image?.includes(':good@'))).toBe(true);
  });

  it('are all refused where one is missing, and nothing is changed', async () => {
    const before = imageOf('app');
    const run = await app.run('more', { deployment: 'app\nwrker' });
    expect(run.outputs.outcome).toBe('refused');
    expect(run.log).toMatch(/::error.*wrker/);
    expect(imageOf('app')).toBe(before);
  });

  it('are put back where another one of them is in the hands of another run until the end', async () => {
    const before = imageOf('app');
    holdWorker(app);
    const run = await app.run('held', { ...both, timeout: '8s' });
    expect(run.outputs.outcome).toBe('failed-rolled-back');
    expect(run.log).toContain('https://example.org/other');
    expect(imageOf('app')).toBe(before);
  });
});

describe('a StatefulSet in one step with a Deployment', () => {
  let app: App;
  beforeAll(async () => {
    app = await App.install({ kind: 'StatefulSet', replicas: 2 });
    app.apply(worker(app));
    holdWorker(app);
  });
  afterAll(() => app.remove());

  it('has its broken pod ended where it goes back because the other one could not be written', async () => {
    app.dockerfile('ENV CRASH_AFTER=0s');
    const run = await app.run('bad', { deployment: 'statefulset/app\nworker', soak: '2s', timeout: '25s' });
    expect({ outcome: run.outputs.outcome, log: run.log }).toMatchObject({ outcome: 'failed-rolled-back' });
    expect(app.statefulSet().status).toMatchObject({ readyReplicas: 2, updatedReplicas: 2 });
  });
});
