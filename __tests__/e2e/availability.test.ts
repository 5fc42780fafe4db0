import { setTimeout as sleep } from 'node:timers/promises';
import { Load } from '../../testbed/load';
import { App, testbed } from './harness';

jest.setTimeout(240_000);

describe('while a new version is rolled out', () => {
  let app: App;
  beforeAll(async () => {
    app = await App.install({ replicas: 2 });
  });
  afterAll(() => app.remove());

  it('no request is dropped (2 replicas, readiness probe, graceful stop)', async () => {
    const load = new Load(app.nodePort);
    const result = await app.run('second');
    await sleep(8_000);
    await load.stop();
    process.stdout.write(`availability: ${load.answered} requests answered, ${load.failures.length} dropped\n`);
    expect(result.outputs.outcome).toBe('deployed');
    expect(load.failures).toEqual([]);
    expect(load.answered).toBeGreaterThan(1_000);
    expect(await app.serves('second')).toBe('second');
  });
});

describe('when the runner is killed right after the patch', () => {
  let app: App;
  beforeAll(async () => {
    app = await App.install({ readinessProbe: false });
  });
  afterAll(() => app.remove());

  it('of a version that crashes after 15 s and has no probe, the old version still serves a minute later', async () => {
    app.dockerfile('ENV CRASH_AFTER=15s');
    let killed = 0;
    const inputs: Record<string, string> = { ...app.inputs('second'), soak: '' };
    const { runAction } = await import('../../testbed/run-action');
    let main: { kill: (signal: 'SIGKILL') => boolean } | undefined;
    const result = await runAction({
      inputs,
      workspace: process.cwd(),
      node: testbed('NODE'),
      onStart: (child) => {
        main = child;
      },
      onLine: (text) => {
        if (killed === 0 && / → .*:second@/.test(text)) {
          killed = Date.now();
          main?.kill('SIGKILL');
        }
      },
    });
    expect(killed).toBeGreaterThan(0);
    expect(result.exitCode).toBeNull();
    expect(app.deployment().spec?.template.spec?.containers[0]?.image).toContain(':second@');
    expect(app.deployment().spec?.minReadySeconds).toBe(30);
    await sleep(60_000 - (Date.now() - killed));
    const pods = app.pods().filter(({ spec }) => spec?.containers[0]?.image === `${app.repository}:first`);
    expect(pods.map(({ status }) => status?.conditions?.find(({ type }) => type === 'Ready')?.status)).toEqual([
      'True',
    ]);
    // The new one, which has crashed several times by now, answers too while it runs.
    const seen = new Set<string>();
    for (let tries = 0; tries < 50; tries++) seen.add(await app.version().catch(() => 'no answer'));
    expect(seen).toContain('first');
  });

  it('the next run can start, and deploys', async () => {
    app.dockerfile();
    const result = await app.run('third', { soak: '' });
    expect(result.outputs.outcome).toBe('deployed');
    expect(await app.serves('third')).toBe('third');
  });
});
