import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { App } from './harness';

jest.setTimeout(120_000);

/** GitHub cancels with SIGINT, 7.5 s later with SIGTERM, and kills 2.5 s after that: what is not done by then stays undone. */
const GRANTED_SECONDS = 10;

function processesNaming(word: string): string[] {
  const all = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
  return all.split('\n').filter((each) => each.includes(word) && !each.includes('ps -eo'));
}

describe('a cancel', () => {
  let app: App;
  beforeAll(async () => {
    app = await App.install();
  });
  afterAll(() => app.remove());

  /** Runs, and sends the runner's signal as soon as a line of the log fits. */
  async function cancelAt(line: RegExp, tag: string, more: Record<string, string> = {}) {
    let main: { kill: (signal: 'SIGINT') => boolean } | undefined;
    let cancelledAt = 0;
    const result = await app.run(tag, more, {
      onStart: (child) => {
        main = child;
      },
      onLine: (text) => {
        if (cancelledAt > 0 || !line.test(text)) return;
        cancelledAt = Date.now();
        main?.kill('SIGINT');
      },
    });
    return { ...result, secondsAfter: (result.startedAt + result.seconds * 1_000 - cancelledAt) / 1_000 };
  }

  it('during the build ends the build and changes nothing', async () => {
    const before = app.deployment();
    app.dockerfile('RUN ["/server"]');
    const result = await cancelAt(/RUN/, 'cancelled-build');
    app.dockerfile();
    expect({ exit: result.exitCode, post: result.postExitCode, outcome: result.outputs.outcome }).toEqual({
      exit: 1,
      post: 0,
      outcome: 'cancelled',
    });
    expect(result.secondsAfter).toBeLessThan(GRANTED_SECONDS);
    expect(processesNaming('cancelled-build')).toEqual([]);
    expect(app.deployment().spec).toEqual(before.spec);
  });

  it('during the rollout stops watching, says how to see its end, and leaves the old version serving', async () => {
    app.dockerfile('ENV UNREADY=1');
    const result = await cancelAt(/new pod 1\/1/, 'cancelled-rollout');
    app.dockerfile();
    expect({ exit: result.exitCode, outcome: result.outputs.outcome }).toEqual({ exit: 1, outcome: 'cancelled' });
    expect(result.outputs.cause).toMatch(/cancelled while the new version was being rolled out/);
    expect(result.summary).toContain('kubectl rollout status deployment/app');
    expect(result.secondsAfter).toBeLessThan(GRANTED_SECONDS);
    expect(await app.serves('first')).toBe('first');
    const history = JSON.parse(
      app.deployment().metadata?.annotations?.['deploy-action.medibird.github.io/history'] ?? '',
    );
    expect(history.at(-1)).toMatchObject({ outcome: 'cancelled' });
  });

  it('leaves nothing running on the host a minute later', async () => {
    const watches = () => processesNaming(app.namespace).filter((each) => each.includes('watch=1'));
    for (let seconds = 0; seconds < 60 && watches().length > 0; seconds++) await sleep(1_000);
    expect(watches()).toEqual([]);
  });

  it('does not keep the next run from deploying', async () => {
    const result = await app.run('next');
    expect(result.outputs.outcome).toBe('deployed');
    expect(await app.serves('next')).toBe('next');
  });
});
