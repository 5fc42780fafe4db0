import { execFileSync } from 'node:child_process';
import { kubectl } from './harness';
import { PASSWORD, Team } from './support/team';

jest.setTimeout(180_000);

describe('a deploy with manifests', () => {
  let team: Team;
  let image = '';
  beforeAll(() => {
    team = new Team();
    team.write();
    team.app.dockerfile();
  });
  afterAll(() => team.app.remove());

  it('plans what it would create, and creates nothing', async () => {
    const plan = await team.run('one', { 'dry-run': 'true' });
    expect([plan.exitCode, plan.outputs.outcome]).toEqual([0, 'planned']);
    expect(plan.log).toContain('+ deployment/caring-note-api (new)');
    expect(plan.summary).toContain('+ service/caring-note-api (new)');
    expect(kubectl('get', 'deployments,services,secrets', '-n', team.app.namespace, '--ignore-not-found')).toBe('');
  });

  it('makes everything from nothing', async () => {
    const first = await team.run('one');
    expect([first.exitCode, first.outputs.outcome]).toEqual([0, 'deployed']);
    image = team.image;
    expect(image).toBe(first.outputs.image);
    expect([team.version(), team.get('configmap/settings', '{.data.A}')]).toEqual(['one', 'one']);
    expect(first.log).toContain('Created deployment/caring-note-api');
  });

  it('leaves alone what is as the manifests say', async () => {
    const before = team.get('deployment/caring-note-api', '{.metadata.generation}');
    const again = await team.run('one');
    expect([again.exitCode, again.outputs.outcome]).toEqual([0, 'unchanged']);
    expect(again.log).toContain('Manifests: 0 to create, 0 to change, 4 as they are');
    expect(team.get('deployment/caring-note-api', '{.metadata.generation}')).toBe(before);
  });

  it('rolls a changed template out, with the same image too, and shows what changes', async () => {
    team.write((text) => text.replace('value: staging', 'value: staging2'));
    const changed = await team.run('one');
    expect([changed.exitCode, changed.outputs.outcome, team.profile]).toEqual([0, 'deployed', 'staging2']);
    expect(changed.log).toContain('env[SPRING_PROFILES_ACTIVE].value: "staging2"');
    expect([team.image, changed.summary]).toEqual([image, expect.stringContaining('What the manifests changed')]);
  });

  it('says that pods go on with the settings of before where only those change', async () => {
    team.file('deploy/settings.yml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {A: two}\n');
    const changed = await team.run('one');
    expect([changed.outputs.outcome, team.get('configmap/settings', '{.data.A}')]).toEqual(['unchanged', 'two']);
    expect(changed.log).toMatch(/::warning::configmap\/settings changed, but not the pods' template/);
  });

  it('puts everything back after a bad version with a changed template, and lists what it has created', async () => {
    team.write((text) =>
      text.replace('value: staging', 'value: bad').replace('port: 80,', 'port: 81,').replace(PASSWORD, 'another-one'),
    );
    team.file('deploy/more.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n');
    team.app.dockerfile('ENV CRASH_AFTER=0s');
    const bad = await team.run('bad', { 'max-restarts': '0' });
    expect([bad.exitCode, bad.outputs.outcome]).toEqual([1, 'failed-rolled-back']);
    expect([team.image, team.profile, team.version()]).toEqual([image, 'staging2', 'one']);
    expect(team.get('service/caring-note-api', '{.spec.ports[*].port}')).toBe('80');
    expect(team.get('configmap/settings', '{.data.A}')).toBe('two');
    expect(team.get('secret/caring-note-api', '{.data.*}')).toBe(Buffer.from(PASSWORD).toString('base64'));
    expect(bad.log).toContain(`kubectl delete configmap/more -n ${team.app.namespace}`);
  });

  it('holds nothing against an image whose template alone was bad', async () => {
    team.app.dockerfile();
    team.write((text) =>
      text.replace('value: staging', 'value: staging2').replace('key: datasource-password', 'key: nothing'),
    );
    const bad = await team.run('one');
    expect([bad.exitCode, bad.outputs.outcome, team.image]).toEqual([1, 'failed-rolled-back', image]);
    expect(team.get('deployment/caring-note-api', '{..secretKeyRef.key}')).toBe('datasource-password');
    team.write((text) => text.replace('value: staging', 'value: staging2'));
    const good = await team.run('two');
    expect([good.exitCode, good.outputs.outcome, team.version()]).toEqual([0, 'deployed', 'two']);
  });

  it('refuses what another manager holds before anything is built, and tells how to take it over', async () => {
    kubectl('scale', 'deployment/caring-note-api', '-n', team.app.namespace, '--replicas=2');
    // This build never ends by itself.
    team.app.dockerfile('RUN ["/server"]');
    const refused = await team.run('three');
    expect([refused.exitCode, refused.outputs.outcome]).toEqual([1, 'refused']);
    expect(refused.outputs.cause).toContain(
      'deployment/caring-note-api sets what "kubectl" has set otherwise: .spec.replicas',
    );
    expect(refused.log).toMatch(/::error .*file=deploy\/api\.yaml/);
    const [, command = ''] = /run the job again: (kubectl patch .*)/.exec(refused.log) ?? [];
    execFileSync('sh', ['-c', command.replaceAll('%25', '%')]);
    team.app.dockerfile();
    const taken = await team.run('two');
    expect([taken.outputs.outcome, team.get('deployment/caring-note-api', '{.spec.replicas}')]).toEqual([
      'deployed',
      '1',
    ]);
  });
});

describe('a deploy with the manifests of what "kubectl apply" has made', () => {
  let team: Team;
  beforeAll(async () => {
    team = new Team();
    team.write();
    team.app.dockerfile();
    const image = await team.app.build('zero');
    execFileSync('kubectl', ['apply', '-n', team.app.namespace, '-f', '-'], {
      input: team.text.replace('image: IMAGE', `image: ${image}`),
    });
    kubectl('rollout', 'status', 'deployment/caring-note-api', '-n', team.app.namespace, '--timeout=60s');
  });
  afterAll(() => team.app.remove());

  it('takes over what is as the manifests say', async () => {
    const first = await team.run('one');
    expect([first.exitCode, first.outputs.outcome, team.version()]).toEqual([0, 'deployed', 'one']);
    team.write((text) => text.replace('value: staging', 'value: staging2'));
    const second = await team.run('one');
    expect([second.exitCode, second.outputs.outcome, team.profile]).toEqual([0, 'deployed', 'staging2']);
  });

  it('comes to no version that could be gone back to where the first deploy of all is bad', async () => {
    const fresh = new Team();
    try {
      fresh.write();
      fresh.app.dockerfile('ENV CRASH_AFTER=0s');
      const bad = await fresh.run('bad', { 'max-restarts': '0' });
      expect([bad.exitCode, bad.outputs.outcome]).toEqual([1, 'failed-no-previous']);
      const all = 'secret/caring-note-api configmap/settings service/caring-note-api deployment.apps/caring-note-api';
      expect(bad.log).toContain(`kubectl delete ${all} -n ${fresh.app.namespace}`);
    } finally {
      await fresh.app.remove();
    }
  });
});
