import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, testbed } from './harness';

jest.setTimeout(180_000);

const ID = 'deploy-action.medibird.github.io/id';
const HISTORY = 'deploy-action.medibird.github.io/history';

describe('a deploy', () => {
  let app: App;
  const dockerConfig = () => readFileSync(join(process.env.DOCKER_CONFIG ?? '', 'config.json'), 'utf8');
  beforeAll(async () => {
    app = await App.install();
  });
  afterAll(() => app.remove());

  it('builds, pushes, rolls out and sees the new version serve', async () => {
    const before = app.deployment();
    const result = await app.run('second');
    expect(result.log).toContain('the new version serves');
    expect({ exit: result.exitCode, post: result.postExitCode, outcome: result.outputs.outcome }).toEqual({
      exit: 0,
      post: 0,
      outcome: 'deployed',
    });
    expect(await app.serves('second')).toBe('second');

    const image = app.deployment().spec?.template.spec?.containers[0]?.image ?? '';
    expect(image).toMatch(new RegExp(`^${app.repository}:second@sha256:[0-9a-f]{64}$`));
    expect(result.outputs).toMatchObject({
      image,
      digest: image.split('@')[1],
      tags: `${app.repository}:second`,
      'previous-image': before.spec?.template.spec?.containers[0]?.image,
      revision: '2',
      cause: '',
    });
    expect(result.summary).toContain('✅');
    expect(result.summary).toContain('```mermaid');
  });

  it('writes down on the workload who changed it, how it ended, and what served before', () => {
    const { annotations = {} } = app.deployment().metadata ?? {};
    expect(annotations['kubernetes.io/change-cause']).toMatch(/:second@sha256:.* by https:\/\/github.com\//);
    expect(annotations[ID]).toMatch(/^4242-1-/);
    expect(JSON.parse(annotations[HISTORY] ?? '')).toEqual([
      expect.objectContaining({ image: `${app.repository}:first`, outcome: 'found', revision: '1' }),
      expect.objectContaining({ outcome: 'deployed', revision: '2', id: annotations[ID] }),
    ]);
    expect(app.deployment().spec?.minReadySeconds).toBe(2);
  });

  it('judges the same image again instead of rolling it out, and leaves the template alone under a new tag', async () => {
    const before = app.deployment();
    // By itself, the label says the new tag: that is another image.
    const labels = 'org.opencontainers.image.version=second';
    const result = await app.run('second', { tags: 'second-again', labels });
    expect(result.outputs.outcome).toBe('unchanged');
    expect(result.exitCode).toBe(0);
    expect(app.deployment().spec).toEqual(before.spec);
  });

  it('is red for a version that crashes, says so with its last words, and the version before still serves', async () => {
    app.dockerfile('ENV CRASH_AFTER=0s');
    const result = await app.run('third');
    app.dockerfile();
    expect({ exit: result.exitCode, outcome: result.outputs.outcome }).toEqual({
      exit: 1,
      outcome: 'failed-rolled-back',
    });
    expect(result.outputs.cause).toMatch(/"app" starts and then ends, 3 times so far \(exit code 1\): .*Exception/);
    expect(result.log).toMatch(/::error::The container "app" starts and then ends.*What to do: /);
    expect(result.log).toContain('Users are not affected');
    expect(result.log).toContain(
      `kubectl set image deployment/app app=${result.outputs['previous-image']} -n ${app.namespace}`,
    );
    expect(result.summary).toContain('Exception');
    expect(await app.serves('second')).toBe('second');
    const history = JSON.parse(app.deployment().metadata?.annotations?.[HISTORY] ?? '');
    expect(history.at(-1)).toMatchObject({ outcome: 'failed-rolled-back' });
  });

  it('fails by the deadline where a new version never becomes ready, and says what it waits for', async () => {
    app.dockerfile('ENV UNREADY=1');
    const result = await app.run('fourth', { timeout: '12s', 'rollback-on-failure': 'false' });
    app.dockerfile();
    expect(result.outputs.outcome).toBe('failed');
    expect(result.outputs.cause).toMatch(
      /not ready within the 12 s of "timeout": its readiness probe \(GET :8080\/healthz\) fails: HTTP probe failed with statuscode: 503/,
    );
    expect(await app.serves('second')).toBe('second');
  });

  it('replaces a rollout that is stuck', async () => {
    const result = await app.run('fifth');
    expect(result.outputs.outcome).toBe('deployed');
    expect(await app.serves('fifth')).toBe('fifth');
  });

  it("logs in to a registry with a password, and leaves docker's configuration as it was, byte for byte", async () => {
    const before = dockerConfig();
    const password = testbed('PRIVATE_REGISTRY_PASSWORD');
    const auth = Buffer.from(`${testbed('PRIVATE_REGISTRY_USER')}:${password}`).toString('base64');
    const login = JSON.stringify({ auths: { [testbed('PRIVATE_REGISTRY')]: { auth } } });
    app.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'registry' },
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': login },
    });
    app.apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default' },
      imagePullSecrets: [{ name: 'registry' }],
    });
    const result = await app.run('private', {
      image: `${testbed('PRIVATE_REGISTRY')}/${app.namespace}`,
      container: 'app',
      'registry-username': testbed('PRIVATE_REGISTRY_USER'),
      'registry-password': password,
    });
    expect(result.outputs.outcome).toBe('deployed');
    expect(await app.serves('private')).toBe('private');
    expect(dockerConfig()).toBe(before);
    const masked = (text: string) => text.replace(/^::add-mask::.*$/gm, '');
    for (const secret of [password, auth, readFileSync(testbed('SSH_KEY_FILE'), 'utf8').split('\n')[1] ?? '']) {
      expect(
        masked(result.log) + result.postLog + result.summary + JSON.stringify([result.outputs, result.state]),
      ).not.toContain(secret);
      expect(result.log).toContain(`::add-mask::${secret}`);
    }
  });
});
