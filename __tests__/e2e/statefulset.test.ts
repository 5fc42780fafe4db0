import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { App, kubectl } from './harness';

jest.setTimeout(180_000);

const ready = ({ status }: ReturnType<App['pods']>[number]) =>
  status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') ?? false;

/** The tag that each pod runs, by the pod's name, of those that are ready. */
function tagsOf(app: App): Record<string, string> {
  return Object.fromEntries(
    app
      .pods()
      .filter(ready)
      .map(({ metadata, spec }) => [
        metadata?.name,
        /:([\w.-]+)(?:@|$)/.exec((spec?.containers[0]?.image ?? '').split('/').at(-1) ?? '')?.[1],
      ]),
  );
}

const uidsOf = (app: App) => app.pods().map(({ metadata }) => metadata?.uid);

/** Changes its update strategy as its owner would. */
function setStrategy(app: App, updateStrategy: object): void {
  kubectl('patch', 'statefulset/app', '-n', app.namespace, '-p', JSON.stringify({ spec: { updateStrategy } }));
}

describe('a StatefulSet', () => {
  let app: App;
  beforeAll(async () => {
    app = await App.install({ kind: 'StatefulSet', replicas: 2 });
  });
  afterAll(() => app.remove());

  it('is deployed, pod by pod, and says so beforehand', async () => {
    const result = await app.run('good');
    expect({ exit: result.exitCode, outcome: result.outputs.outcome }).toEqual({ exit: 0, outcome: 'deployed' });
    expect(result.outputs.revision).toBe(app.statefulSet().status?.updateRevision);
    expect(result.log).toContain('The StatefulSet has 2 replicas (RollingUpdate)');
    expect(result.log).toContain('Its pods are replaced one by one');
    expect(tagsOf(app)).toEqual({ 'app-0': 'good', 'app-1': 'good' });
    expect(await app.serves('good')).toBe('good');
  });

  it('is told of by a plan, which changes nothing', async () => {
    const before = app.statefulSet();
    const result = await app.run('next', { 'dry-run': 'true' });
    expect(result.outputs.outcome).toBe('planned');
    expect(result.log).toContain('Change the container "app" of statefulset/app');
    expect(result.log).toMatch(/^- image: \S+:good@/m);
    expect(app.statefulSet()).toEqual(before);
  });

  it('that runs the image already is only looked at', async () => {
    const before = uidsOf(app);
    const result = await app.run('good');
    expect(result.outputs.outcome).toBe('unchanged');
    expect(uidsOf(app)).toEqual(before);
  });

  it('has its broken pod ended when the version before is put back: by itself it would wait for it', async () => {
    app.dockerfile('ENV CRASH_AFTER=0s');
    const result = await app.run('bad');
    expect({ exit: result.exitCode, outcome: result.outputs.outcome }).toEqual({
      exit: 1,
      outcome: 'failed-rolled-back',
    });
    expect(result.outputs.cause).toContain('3 times so far (exit code 1)');
    expect(result.summary).toContain('Users are not affected');
    expect(tagsOf(app)).toEqual({ 'app-0': 'good', 'app-1': 'good' });
    expect(app.statefulSet().spec?.minReadySeconds ?? 0).toBe(0);
    expect(await app.serves('good')).toBe('good');
  });

  it('is not put back where the pod may not be deleted: that is said before and after, and the command printed does it', async () => {
    const role = JSON.stringify([{ op: 'replace', path: '/rules/2/verbs', value: ['get', 'list', 'watch'] }]);
    kubectl('patch', 'role/deploy-action', '-n', app.namespace, '--type=json', '-p', role);
    const result = await app.run('bad-too');
    kubectl('patch', 'role/deploy-action', '-n', app.namespace, '--type=json', '-p', role.replace(']', ',"delete"]'));
    expect(result.outputs.outcome).toBe('failed-rollback-failed');
    expect(result.log).toContain(`The deploy user may not delete pods in ${app.namespace}`);
    expect(result.log).toContain('waits for the broken pod app-1');
    const [, command = ''] = /last version known to have served: (kubectl .*)$/m.exec(result.log) ?? [];
    expect(command).toMatch(
      /^kubectl set image statefulset\/app app=\S+:good@\S+ -n \S+ && kubectl delete pod app-1 -n/,
    );
    execFileSync('sh', ['-c', command]);
    kubectl('rollout', 'status', 'statefulset/app', '-n', app.namespace, '--timeout=60s');
    expect(tagsOf(app)).toEqual({ 'app-0': 'good', 'app-1': 'good' });
  });

  it('gets new pods by a restart', async () => {
    const before = uidsOf(app);
    const result = await app.run('good', { operation: 'restart' });
    expect(result.outputs.outcome).toBe('restarted');
    expect(uidsOf(app).filter((uid) => before.includes(uid))).toEqual([]);
  });

  it('goes back to the version before', async () => {
    const result = await app.run('good', { operation: 'rollback' });
    expect(result.outputs.outcome).toBe('rolled-back');
    expect(tagsOf(app)).toEqual({ 'app-0': 'first', 'app-1': 'first' });
  });

  it('gets an image that was built before, where that is asked for', async () => {
    const result = await app.run('good', { operation: 'redeploy', version: 'good' });
    expect(result.outputs.outcome).toBe('deployed');
    expect(result.outputs.revision).toBe(app.statefulSet().status?.updateRevision);
    expect(tagsOf(app)).toEqual({ 'app-0': 'good', 'app-1': 'good' });
  });

  it('gets over a bad version that was left there: its broken pod gives way to the new one', async () => {
    app.dockerfile('ENV CRASH_AFTER=0s');
    const left = await app.run('left', { 'rollback-on-failure': 'false' });
    expect(left.outputs.outcome).toBe('failed');
    app.dockerfile();
    const over = await app.run('over', { timeout: '120s' });
    expect(over.outputs.outcome).toBe('deployed');
    expect(tagsOf(app)).toEqual({ 'app-0': 'over', 'app-1': 'over' });
    const back = await app.run('over', { operation: 'redeploy', version: 'good', 'allow-other-build-args': 'true' });
    expect(back.outputs.outcome).toBe('deployed');
  });

  it('is found by its kind: a Deployment of its name is not there', async () => {
    const result = await app.run('good', { operation: 'restart', deployment: 'app' });
    expect(result.outputs.outcome).toBe('refused');
    expect(result.log).toContain('There is no Deployment "app"');
    expect(result.log).toContain('write "deployment: statefulset/app"');
  });

  it('that would replace no pod is refused before anything is changed', async () => {
    setStrategy(app, { type: 'OnDelete', rollingUpdate: null });
    const onDelete = await app.run('good', { operation: 'restart' });
    expect(onDelete.outputs.outcome).toBe('refused');
    expect(onDelete.log).toContain('update strategy OnDelete');
    setStrategy(app, { type: 'RollingUpdate', rollingUpdate: { partition: 2 } });
    const partition = await app.run('good', { operation: 'restart' });
    expect(partition.outputs.outcome).toBe('refused');
    expect(partition.log).toContain('no pod would get the new version');
  });

  it('with a partition gets the new version in part, and that is said', async () => {
    setStrategy(app, { type: 'RollingUpdate', rollingUpdate: { partition: 1 } });
    app.dockerfile();
    const result = await app.run('part');
    expect(result.outputs.outcome).toBe('deployed');
    expect(tagsOf(app)).toEqual({ 'app-0': 'good', 'app-1': 'part' });
    for (const text of [result.log, result.summary]) expect(text).toContain('1 of its 2 pods keep the old version');
    expect(result.summary).toContain('Users are served, by two versions');
    app.dockerfile('ENV CRASH_AFTER=0s');
    const bad = await app.run('bad-part');
    expect(bad.outputs.outcome).toBe('failed-rolled-back');
    expect(tagsOf(app)).toEqual({ 'app-0': 'good', 'app-1': 'part' });
  });

  it('with a partition goes back to the very version that the other pods kept', async () => {
    const result = await app.run('good', { operation: 'rollback' });
    expect(result.outputs.outcome).toBe('rolled-back');
    expect(tagsOf(app)).toEqual({ 'app-0': 'good', 'app-1': 'good' });
  });
});

describe('a Deployment and StatefulSets beside it', () => {
  let app: App;
  const both = { deployment: 'app\nstatefulset/store' };
  const allGood = { app: ['good'], lanes: ['good', 'good'], store: ['good'] };

  /** A StatefulSet beside the app, of the same image. */
  const beside = (name: string, spec: object) => {
    const labels = { app: name };
    const containers = [{ name: 'app', image: `${app.repository}:first`, imagePullPolicy: 'Always' }];
    const template = { metadata: { labels }, spec: { containers } };
    app.apply({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name },
      spec: { serviceName: name, selector: { matchLabels: labels }, template, ...spec },
    });
  };

  /** The tags of the pods that are ready, by what their names begin with. */
  const tags = () => Object.fromEntries(Object.keys(allGood).map((name) => [name, tagsUnder(name)]));
  const tagsUnder = (name: string) =>
    Object.entries(tagsOf(app)).flatMap(([pod, tag]) => (pod.startsWith(`${name}-`) ? [tag] : []));

  beforeAll(async () => {
    app = await App.install();
    beside('store', {});
    beside('lanes', { replicas: 2, podManagementPolicy: 'Parallel' });
    for (const name of ['store', 'lanes'])
      kubectl('rollout', 'status', `statefulset/${name}`, '-n', app.namespace, '--timeout=60s');
  });
  afterAll(() => app.remove());

  it('are updated and verified in one step', async () => {
    const run = await app.run('good', { deployment: `${both.deployment}\nstatefulset/lanes` });
    expect({ exit: run.exitCode, outcome: run.outputs.outcome }).toEqual({ exit: 0, outcome: 'deployed' });
    expect(tags()).toEqual(allGood);
    expect(run.log).toMatch(/^app: .*new pod 1\/1/m);
    expect(run.log).toMatch(/^statefulset\/store: .*new pod 1\/1/m);
    expect(run.summary).toMatch(/^### ✅.*statefulset\/store/m);
    expect(run.outputs.revision).toMatch(/^\d+\nstore-\w+\nlanes-\w+$/);
  });

  it('are both put back where the new version is bad in one of them', async () => {
    kubectl('set', 'env', 'deployment/app', 'CRASH_AFTER=1000h', '-n', app.namespace);
    kubectl('rollout', 'status', 'deployment/app', '-n', app.namespace, '--timeout=60s');
    app.dockerfile('ENV CRASH_AFTER=0s');
    const run = await app.run('bad', both);
    expect({ exit: run.exitCode, outcome: run.outputs.outcome }).toEqual({ exit: 1, outcome: 'failed-rolled-back' });
    expect(run.summary).toContain('came in one step with statefulset/store, which failed');
    // An old pod of the Deployment still answers while it ends.
    expect(await app.serves('good')).toBe('good');
    for (let tries = 0; app.pods().some(({ metadata }) => metadata?.deletionTimestamp) && tries < 60; tries++)
      await sleep(500);
    expect(tags()).toEqual(allGood);
  });

  it('of which one makes its pods in parallel needs no right to delete them for that', async () => {
    const role = JSON.stringify([{ op: 'replace', path: '/rules/2/verbs', value: ['get', 'list', 'watch'] }]);
    kubectl('patch', 'role/deploy-action', '-n', app.namespace, '--type=json', '-p', role);
    const run = await app.run('bad-too', { deployment: 'statefulset/lanes' });
    expect(run.outputs.outcome).toBe('failed-rolled-back');
    expect(run.log).not.toContain('may not delete pods');
    expect(tags()).toEqual(allGood);
  });
});
