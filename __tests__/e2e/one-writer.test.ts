import { Writers as WorkloadWriters } from '../../testbed/writers';
import { App, kubectl } from './harness';

jest.setTimeout(240_000);

type Writers = InstanceType<typeof WorkloadWriters>;

/** `Container "app": … → …`: the run has written its image, and is at work from then on. */
const WRITTEN = /^Container "app": .* → /;
const WAITS = /^Another run is at work on app: waiting for it to end/;

const urlOf = (number: number) => `https://github.com/medibird/example/actions/runs/${number}`;
const seconds = (from: number, to: number) => (to - from) / 1_000;

/** A run of the action that has been begun; its number tells it from the others. */
class Running {
  readonly result: ReturnType<App['run']>;
  readonly #lines: string[] = [];
  readonly #wanted = new Map<RegExp, (at: number) => void>();
  #main: { kill: (signal: NodeJS.Signals) => boolean } | undefined;

  constructor(app: App, number: number, tag: string, more: Record<string, string> = {}) {
    this.result = app.run(tag, more, {
      environment: { GITHUB_RUN_ID: `${number}` },
      onStart: (main) => {
        this.#main = main;
      },
      onLine: (line) => {
        this.#lines.push(line);
        for (const [wanted, seen] of this.#wanted) if (wanted.test(line)) seen(Date.now());
      },
    });
  }

  /** When a line of the log fits. Throws where the run ends without one. */
  says(line: RegExp): Promise<number> {
    if (this.#lines.some((each) => line.test(each))) return Promise.resolve(Date.now());
    const ended = this.result.then(({ log }) => {
      throw new Error(`it has ended without a line like ${line}:\n${log}`);
    });
    return Promise.race([ended, new Promise<number>((seen) => this.#wanted.set(line, seen))]);
  }

  kill(signal: NodeJS.Signals): number {
    this.#main?.kill(signal);
    return Date.now();
  }

  async outcome(): Promise<string> {
    const { exitCode, outputs } = await this.result;
    return `${exitCode} ${outputs.outcome}`;
  }
}

const apps: App[] = [];
afterAll(async () => {
  for (const app of apps) await app.remove();
});

/** What happens to an app of its own, whose workload is followed from the first moment to the last. */
async function story<T>(
  tell: (app: App, writers: Writers) => Promise<T>,
  options: Parameters<App['install']>[0] = {},
): Promise<T & { app: App; writers: Writers }> {
  const app = new App();
  apps.push(app);
  await app.install(options);
  const writers = new WorkloadWriters(app);
  const told = await tell(app, writers);
  await writers.seen();
  return { ...told, app, writers };
}

interface Version {
  readonly tag: string;
  readonly crashes?: boolean;
}

/** Two runs that begin at the same time. */
const pair = (versions: readonly Version[], more: Record<string, string> = {}) =>
  story(async (app) => {
    app.dockerfile('ARG CRASH\nENV CRASH_AFTER=$CRASH');
    const runs = versions.map(({ tag, crashes }, index) => {
      const args = { 'build-args': `VERSION=${tag}${crashes ? '\nCRASH=0s' : ''}` };
      return new Running(app, index + 1, tag, { ...args, ...more });
    });
    const outcomes = await Promise.all(runs.map((each) => each.outcome()));
    const logs = await Promise.all(runs.map(async ({ result }) => (await result).log));
    return { outcomes, logs };
  });

/** The one at work is killed; that its machine is gone comes to the same. */
const killed = () =>
  story(async (app) => {
    const first = new Running(app, 1, 'killed', { soak: '5s' });
    await first.says(WRITTEN);
    first.kill('SIGKILL');
    const second = new Running(app, 2, 'second');
    const waitsAt = await second.says(WAITS);
    const takenAt = await second.says(WRITTEN);
    return { blocked: seconds(waitsAt, takenAt), outcome: await second.outcome(), log: (await second.result).log };
  });

/** Keeps what a container writes from one start of it to the next. */
const STATE = {
  pod: { volumes: [{ name: 'state', emptyDir: {} }] },
  container: { volumeMounts: [{ name: 'state', mountPath: '/state' }] },
};

/** The one at work has found its version bad; it is stopped for longer than another waits, and goes on to put the old one back. */
const stopped = () =>
  story(async (app, writers) => {
    app.dockerfile('ENV CRASH_TIMES=1');
    const first = new Running(app, 1, 'stopped', { 'max-restarts': '0' });
    await first.says(/Find out why it failed/);
    first.kill('SIGSTOP');
    app.dockerfile();
    const second = await new Running(app, 2, 'second').outcome();
    // The very image of the one that is stopped, given more time: what that one expects to find is there.
    app.dockerfile('ENV CRASH_TIMES=1');
    const third = await new Running(app, 3, 'stopped', { 'max-restarts': '5' }).outcome();
    await writers.seen();
    const before = writers.writes();
    first.kill('SIGCONT');
    const last = await first.outcome();
    return { outcomes: [second, third, last], before };
  }, STATE);

/** The one at work does not come to its end; one is impatient while it waits for that, and one is not. */
const cancelled = () =>
  story(async (app, writers) => {
    app.dockerfile('ENV UNREADY=1');
    const first = new Running(app, 1, 'cancelled', { timeout: '120s' });
    await first.says(WRITTEN);
    app.dockerfile();
    const impatient = new Running(app, 2, 'impatient', { timeout: '8s' });
    const patient = new Running(app, 3, 'patient');
    await patient.says(WAITS);
    const gaveUp = await impatient.result;
    await writers.seen();
    const during = writers.writes();
    const cancelledAt = first.kill('SIGINT');
    const goesOnAt = await patient.says(WRITTEN);
    const outcomes = [await first.outcome(), await patient.outcome()];
    return { gaveUp, during, waited: seconds(cancelledAt, goesOnAt), outcomes };
  });

/** What the one at work has put there, somebody replaces by hand. */
const overruled = () =>
  story(async (app) => {
    const first = new Running(app, 1, 'overruled', { soak: '8s' });
    await first.says(/new pod 1\/1 is ready/);
    kubectl('set', 'image', 'deployment/app', `app=${app.repository}:first`, '-n', app.namespace);
    const outcomes = [await first.outcome()];
    const second = new Running(app, 2, 'second');
    outcomes.push(await second.outcome());
    return { outcomes, log: (await second.result).log };
  });

/** Mostly they wait for each other, so they are told side by side: the longest, and beside them the others in turn. */
function tell() {
  const alike = pair([{ tag: 'second' }, { tag: 'second' }]);
  const good = pair([{ tag: 'second' }, { tag: 'third' }], { soak: '8s' });
  const stories = {
    killed: killed(),
    stopped: stopped(),
    alike,
    good,
    bad: alike.then(() => pair([{ tag: 'second', crashes: true }, { tag: 'third' }])),
    cancelled: good.then(cancelled),
    overruled: good.then(overruled),
  };
  // Each is waited for by its own test.
  for (const each of Object.values(stories)) each.catch(() => undefined);
  return stories;
}

describe('runs that meet on one workload', () => {
  let told: ReturnType<typeof tell>;
  beforeAll(() => {
    told = tell();
  });

  it('come one after the other, and the version of the last one serves', async () => {
    const { app, writers, outcomes, logs } = await told.good;
    expect(outcomes).toEqual(['0 deployed', '0 deployed']);
    expect(writers.interleaved()).toEqual([]);
    const order = writers.order();
    expect(order.toSorted()).toEqual(['1', '2']);
    expect(await app.serves(order[1] === '1' ? 'second' : 'third')).toBe(order[1] === '1' ? 'second' : 'third');
    // The later one has said for whom it waited, and the earlier one for nobody.
    const waited = order.map((number) => logs[Number(number) - 1]?.split('\n').filter((line) => WAITS.test(line)));
    expect(waited).toEqual([[], [expect.stringContaining(urlOf(Number(order[0])))]]);
  });

  it('come one after the other also where one of them has to go back', async () => {
    const { app, writers, outcomes } = await told.bad;
    expect(outcomes).toEqual(['1 failed-rolled-back', '0 deployed']);
    expect(writers.interleaved()).toEqual([]);
    expect(writers.order().toSorted()).toEqual(['1', '2']);
    expect(await app.serves('third')).toBe('third');
  });

  it('with the same image change it once', async () => {
    const { app, writers, outcomes } = await told.alike;
    expect(outcomes.toSorted()).toEqual(['0 deployed', '0 unchanged']);
    expect(writers.interleaved()).toEqual([]);
    expect(writers.order()).toHaveLength(1);
    expect(await app.serves('second')).toBe('second');
  });

  it('wait until the one at work has ended, however it does, or end themselves and name it', async () => {
    const { app, writers, gaveUp, during, waited, outcomes } = await told.cancelled;
    expect({ exit: gaveUp.exitCode, ...gaveUp.outputs }).toMatchObject({
      exit: 1,
      outcome: 'refused',
      cause: expect.stringContaining(urlOf(1)),
    });
    expect(new Set(during.map(({ by }) => by))).toEqual(new Set(['1']));
    expect(outcomes).toEqual(['1 cancelled', '0 deployed']);
    expect(waited).toBeLessThan(10);
    expect(writers.interleaved()).toEqual([]);
    expect(await app.serves('patient')).toBe('patient');
  });

  it('do not wait for one that somebody has overruled by hand', async () => {
    const { app, outcomes, log } = await told.overruled;
    expect(outcomes).toEqual(['1 superseded', '0 deployed']);
    expect(log).not.toContain('Another run is at work');
    expect(await app.serves('second')).toBe('second');
  });

  it('are kept from nothing for longer than a minute by one that was killed', async () => {
    const { app, writers, blocked, outcome, log } = await told.killed;
    expect(outcome).toBe('0 deployed');
    expect(log).toContain(`gives no sign of life, so this one goes on (${urlOf(1)})`);
    expect(blocked).toBeLessThan(60);
    expect(writers.interleaved()).toEqual(['2 took over from 1']);
    expect(await app.serves('second')).toBe('second');
  });

  it('write nothing any more once another has taken over from them', async () => {
    const { app, writers, outcomes, before } = await told.stopped;
    expect(outcomes).toEqual(['0 deployed', '0 deployed', '1 superseded']);
    expect(before.map(({ by }) => by)).toEqual(['1', '2', '2', '3', '3']);
    expect(writers.writes()).toEqual(before);
    expect(await app.serves('stopped')).toBe('stopped');
  });
});
