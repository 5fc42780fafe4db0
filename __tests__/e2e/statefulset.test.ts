import { execFileSync } from 'node:child_process';
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
    expect(tagsOf(app)).toEqual({ 'app-0': 'first', 'app-1': 'part' });
    for (const text of [result.log, result.summary]) expect(text).toContain('1 of its 2 pods keep the old version');
    expect(result.summary).toContain('Users are served, by two versions');
  });
});
