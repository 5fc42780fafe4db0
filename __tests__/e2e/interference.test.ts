import { execFileSync } from 'node:child_process';
import { App, kubectl, testbed } from './harness';

jest.setTimeout(120_000);

describe('while a rollout is watched', () => {
  let app: App;
  beforeAll(async () => {
    app = await App.install();
  });
  afterAll(() => app.remove());

  /** Runs, and does something once, as soon as a line of the log fits. */
  function runAnd(line: RegExp, act: () => void, tag: string, more: Record<string, string> = {}) {
    let hasActed = false;
    const onLine = (text: string) => {
      if (hasActed || !line.test(text)) return;
      hasActed = true;
      act();
    };
    return app.run(tag, more, { onLine });
  }

  it('a lost connection is made again, and the rollout is seen to its end', async () => {
    // The processes that sshd runs for the deploy user's sessions: their end cuts the connection.
    const cut = () => {
      const user = testbed('SSH_USER');
      const all = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
      const sessions = all.filter((each) => each.includes(`sshd: ${user}`)).map((each) => Number.parseInt(each, 10));
      expect(sessions.length).toBeGreaterThan(0);
      for (const pid of sessions) process.kill(pid, 'SIGKILL');
    };
    const result = await runAnd(/new pod 1\/1 is ready/, cut, 'second', { soak: '6s' });
    expect(result.log).toContain('The cluster cannot be seen at present, trying again');
    expect({ exit: result.exitCode, outcome: result.outputs.outcome }).toEqual({ exit: 0, outcome: 'deployed' });
    expect(await app.serves('second')).toBe('second');
  });

  it('a change by somebody else ends the run at once: what serves is theirs', async () => {
    const change = () => kubectl('set', 'image', 'deployment/app', `app=${app.repository}:first`, '-n', app.namespace);
    const result = await runAnd(/new pod 1\/1 is ready/, change, 'third', { soak: '8s' });
    expect({ exit: result.exitCode, outcome: result.outputs.outcome }).toEqual({ exit: 1, outcome: 'superseded' });
    expect(result.outputs.cause).toMatch(/somebody else changed the Deployment "app"/);
    expect(result.seconds).toBeLessThan(15);
    expect(await app.serves('first')).toBe('first');
  });

  it('a change of the number of replicas is followed', async () => {
    const scale = () => kubectl('scale', 'deployment/app', '--replicas=3', '-n', app.namespace);
    const result = await runAnd(/new pod 1\/1 is ready/, scale, 'fourth', { soak: '6s' });
    expect({ exit: result.exitCode, outcome: result.outputs.outcome }).toEqual({ exit: 0, outcome: 'deployed' });
    expect(result.log).toContain('3/3 new pods serve');
  });

  it('a paused Deployment, or one scaled to 0, is refused before anything is changed', async () => {
    kubectl('rollout', 'pause', 'deployment/app', '-n', app.namespace);
    const paused = await app.run('fifth');
    kubectl('rollout', 'resume', 'deployment/app', '-n', app.namespace);
    expect(paused.outputs).toMatchObject({ outcome: 'refused', cause: expect.stringContaining('is paused') });
    kubectl('scale', 'deployment/app', '--replicas=0', '-n', app.namespace);
    const none = await app.run('fifth');
    expect(none.outputs).toMatchObject({ outcome: 'refused', cause: expect.stringContaining('0 replicas') });
  });
});
