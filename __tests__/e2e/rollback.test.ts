import { execFileSync } from 'node:child_process';
import { App, kubectl } from './harness';

jest.setTimeout(180_000);

const PREFIX = 'deploy-action.medibird.github.io';

interface Entry {
  readonly image: string;
  readonly outcome: string;
}

function historyOf(app: App): Entry[] {
  return JSON.parse(app.deployment().metadata?.annotations?.[`${PREFIX}/history`] ?? '[]') as Entry[];
}

function imageOf(app: App): string {
  return app.deployment().spec?.template.spec?.containers[0]?.image ?? '';
}

describe('a bad version', () => {
  let app: App;
  beforeAll(async () => {
    app = await App.install();
  });
  afterAll(() => app.remove());

  it('is put back to the one before, with the minReadySeconds that the owner had', async () => {
    const good = await app.run('good');
    expect(good.outputs.outcome).toBe('deployed');
    expect(app.deployment().spec?.minReadySeconds).toBe(2);
    app.dockerfile('ENV CRASH_AFTER=0s');
    const bad = await app.run('bad');
    expect({ exit: bad.exitCode, outcome: bad.outputs.outcome }).toEqual({ exit: 1, outcome: 'failed-rolled-back' });
    expect(imageOf(app)).toBe(good.outputs.image);
    expect(app.deployment().spec?.minReadySeconds ?? 0).toBe(0);
    expect(historyOf(app).map(({ outcome }) => outcome)).toEqual(['found', 'deployed', 'failed-rolled-back']);
    expect(bad.summary).toContain('the version before is back and serves');
    expect(await app.serves('good')).toBe('good');
  });

  it('is put back too where it was there already, left by a run that was cancelled', async () => {
    let main: { kill: (signal: 'SIGINT') => boolean } | undefined;
    const cancelled = await app.run(
      'bad',
      {},
      {
        onStart: (child) => {
          main = child;
        },
        onLine: (text) => void (/new pod 1\/1/.test(text) && main?.kill('SIGINT')),
      },
    );
    expect(cancelled.outputs.outcome).toBe('cancelled');
    expect(imageOf(app)).toBe(cancelled.outputs.image);
    const again = await app.run('bad');
    expect(again.outputs.outcome).toBe('failed-rolled-back');
    expect(imageOf(app)).toContain(':good@');
    expect(await app.serves('good')).toBe('good');
  });

  it('after another bad one that was cancelled on the way, goes back to what really served', async () => {
    app.dockerfile('ENV UNREADY=1');
    let main: { kill: (signal: 'SIGINT') => boolean } | undefined;
    const first = await app.run(
      'bad-a',
      {},
      {
        onStart: (child) => {
          main = child;
        },
        onLine: (text) => void (/new pod 1\/1/.test(text) && main?.kill('SIGINT')),
      },
    );
    expect(first.outputs.outcome).toBe('cancelled');
    app.dockerfile('ENV CRASH_AFTER=0s');
    const second = await app.run('bad-b');
    expect(second.outputs.outcome).toBe('failed-rolled-back');
    expect(imageOf(app)).toContain(':good@');
    expect(await app.serves('good')).toBe('good');
  });

  it('stays where the user does not want it put back, and the command that is printed does it', async () => {
    app.dockerfile('ENV CRASH_AFTER=0s');
    const result = await app.run('bad-c', { 'rollback-on-failure': 'false' });
    expect(result.outputs.outcome).toBe('failed');
    expect(imageOf(app)).toBe(result.outputs.image);
    const [, command = ''] = /last version known to have served: (kubectl .*)$/m.exec(result.log) ?? [];
    execFileSync('sh', ['-c', command]);
    kubectl('rollout', 'status', 'deployment/app', '-n', app.namespace, '--timeout=60s');
    expect(await app.serves('good')).toBe('good');
  });

  it('that somebody else replaces meanwhile is not put back over theirs', async () => {
    app.dockerfile('ENV CRASH_AFTER=0s');
    const theirs = () => kubectl('set', 'env', 'deployment/app', 'THEIRS=1', '-n', app.namespace);
    let isDone = false;
    const result = await app.run(
      'bad-d',
      {},
      {
        onLine: (text) => {
          if (isDone || !/exit code/.test(text)) return;
          isDone = true;
          theirs();
        },
      },
    );
    expect(result.outputs.outcome).toBe('superseded');
    expect(app.deployment().spec?.template.spec?.containers[0]?.env).toEqual([{ name: 'THEIRS', value: '1' }]);
  });
});

describe('a workload of which no version is known to have served', () => {
  let app: App;
  beforeAll(async () => {
    app = await App.install();
    kubectl('set', 'image', 'deployment/app', `app=${app.repository}:none`, '-n', app.namespace);
  });
  afterAll(() => app.remove());

  it('has nothing to go back to', async () => {
    app.dockerfile('ENV CRASH_AFTER=0s');
    const result = await app.run('bad');
    expect({ exit: result.exitCode, outcome: result.outputs.outcome }).toEqual({
      exit: 1,
      outcome: 'failed-no-previous',
    });
    expect(result.log).toMatch(/not known to have served\): kubectl set image .*:none/);
    expect(await app.serves('first')).toBe('first');
  });
});

describe('a Deployment that is recreated', () => {
  let app: App;
  beforeAll(async () => {
    app = await App.install({ spec: { strategy: { type: 'Recreate' } } });
  });
  afterAll(() => app.remove());

  it('serves again after the rollback, and the advice says that each deploy has a gap', async () => {
    app.dockerfile('ENV CRASH_AFTER=0s');
    const result = await app.run('bad');
    expect(result.outputs.outcome).toBe('failed-rolled-back');
    expect(result.summary).toContain('Each deploy has a gap in which nothing serves');
    expect(await app.serves('first')).toBe('first');
  });
});
