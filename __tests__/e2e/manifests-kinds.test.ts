import { App, kubectl } from './harness';
import { Team } from './support/team';

jest.setTimeout(180_000);

const NO_RESTARTS = { 'max-restarts': '0' };
const crashing = 'ENV CRASH_AFTER=0s';
const settings = (data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {${data}}\n`;
/** A worker of the same image beside the API. */
const worker = (env: string) => `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: worker}
spec:
  serviceName: worker
  selector: {matchLabels: {app: worker}}
  template:
    metadata: {labels: {app: worker}}
    spec:
      containers: [{name: worker, image: IMAGE, env: [${env}]}]
`;

describe('manifests', () => {
  let team: Team;
  const outcomes: string[] = [];
  const run = async (tag: string, more?: Record<string, string>) => {
    const ran = await team.run(tag, { ...NO_RESTARTS, ...more });
    outcomes.push(ran.outputs.outcome ?? '');
    return ran;
  };
  beforeEach(() => {
    team = new Team();
    team.app.dockerfile();
    outcomes.length = 0;
  });
  afterEach(() => team.app.remove());

  it('that rename the container or leave a setting out go back where they are bad, and forward where they are good', async () => {
    const names = () => team.get('deployment/caring-note-api', '{..containers[*].name}');
    const data = () => team.get('configmap/settings', '{.data}');
    team.write();
    team.file('deploy/settings.yml', settings('A: one, B: two'));
    const first = await run('one');
    team.write((text) => text.replace('- name: caring-note-api\n        image', '- name: api\n        image'));
    team.app.dockerfile(crashing);
    const bad = await run('bad');
    expect(bad.log).toContain('deployment/caring-note-api is as it was before this deploy');
    expect([names(), data(), team.image]).toEqual(['caring-note-api', '{"A":"one","B":"two"}', first.outputs.image]);
    team.app.dockerfile();
    await run('two');
    expect([names(), data(), team.version()]).toEqual(['api', '{"A":"one"}', 'two']);
    expect(outcomes).toEqual(['deployed', 'failed-rolled-back', 'deployed']);
  });

  it('may have a StatefulSet: it is made, and goes back', async () => {
    const asSet = (text: string) =>
      text.replace('kind: Deployment', 'kind: StatefulSet').replace('replicas: 1', 'serviceName: caring-note-api');
    team.app.kind = 'StatefulSet';
    team.write(asSet);
    await run('one');
    team.write((text) => asSet(text).replace('value: staging', 'value: bad').replace('port: 80,', 'port: 81,'));
    team.app.dockerfile(crashing);
    const bad = await run('bad');
    const env = team.get('statefulset/caring-note-api', '{..env[0].value}');
    expect([env, team.version()]).toEqual(['staging', 'one']);
    expect(bad.log).not.toContain('rollout undo');
    expect(outcomes).toEqual(['deployed', 'failed-rolled-back']);
  });

  it('may have several workloads of the step, which go back together with the rest', async () => {
    const both = { deployment: 'caring-note-api\nstatefulset/worker' };
    const state = () => [
      team.image,
      team.get('statefulset/worker', '{..env}'),
      team.get('configmap/settings', '{.data}'),
    ];
    team.write();
    team.file('deploy/worker.yaml', worker('{name: A, value: b}'));
    const first = await run('one', both);
    const before = [first.outputs.image, '[{"name":"A","value":"b"}]', '{"A":"one"}'];
    expect(state()).toEqual(before);
    team.file('deploy/worker.yaml', worker('{name: CRASH_AFTER, value: 0s}'));
    team.file('deploy/settings.yml', settings('A: two'));
    await run('two', both);
    expect(state()).toEqual(before);
    expect(outcomes).toEqual(['deployed', 'failed-rolled-back']);
  });

  it('may make their Namespace, where the account may', async () => {
    const admin = new App();
    const [own, made] = [admin.namespace, `${admin.namespace}-made`];
    try {
      kubectl('create', 'namespace', own);
      admin.undo(() => kubectl('delete', 'namespace', own, made, '--ignore-not-found', '--wait=false'));
      kubectl('create', 'serviceaccount', 'admin', '-n', own);
      kubectl('create', 'clusterrolebinding', own, '--clusterrole=cluster-admin', `--serviceaccount=${own}:admin`);
      admin.undo(() => kubectl('delete', 'clusterrolebinding', own));
      const token = kubectl('create', 'token', 'admin', '-n', own).trim();
      team.write((text) => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${made}}\n---\n${text}`);
      await run('one', { namespace: made });
      await run('one', { namespace: made, kubectl: `kubectl --token=${token}` });
      expect(kubectl('get', 'deployment/caring-note-api', '-n', made, '-o', 'jsonpath={.status.readyReplicas}')).toBe(
        '1',
      );
      expect(outcomes).toEqual(['refused', 'deployed']);
    } finally {
      await admin.remove();
    }
  });
});
