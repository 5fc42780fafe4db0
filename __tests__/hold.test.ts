import { answerAsks, type Wait, waitForHolder } from '../src/hold';
import type { RunInfo } from '../src/inputs/config';
import { Cluster } from '../src/kubectl/client';
import { look } from '../src/preflight';
import type { Log } from '../src/report/log';
import { Reporter } from '../src/report/reporter';
import { Observer } from '../src/rollout/observe';
import type { Run } from '../src/run';
import { Closing, type Tools } from '../src/tools';
import { update } from '../src/update';
import { Failure } from '../src/words/words';
import { annotations } from '../src/workload/annotations';
import { holderOf, printHold, RELEASED } from '../src/workload/hold';
import { FakeCluster } from './fakes/cluster';
import { type Answer, FakeTransport, type Handler, type Live } from './fakes/transport';
import { configOf, RUN } from './inputs/sample';
import { ManualClock } from './transport/manual-clock';
import { ApiServer } from './workload/api-server';
import { deployment } from './workload/deployment';

/** As GitHub's: all attempts of a run have the same. */
const urlOf = (id: string) => `https://github.com/medibird/example/actions/runs/${id.split('-')[0]}`;
const runOf = (id: string): RunInfo => ({ ...RUN, id, url: urlOf(id) });

const STEP_MS = 500;
const turns = async () => {
  for (let count = 0; count < 8; count++) await new Promise(setImmediate);
};

/** A workload that the run `held` is at work on, and runs that want it; time passes when told to. */
class World {
  readonly clock = new ManualClock();
  readonly server = new ApiServer(
    deployment(({ metadata }) => {
      Object.assign(metadata.annotations ?? {}, holdOf('held'));
    }),
  );
  readonly cluster = new FakeCluster(this.server, this.clock, () => 'serves');
  readonly said: string[] = [];
  readonly cancel = new AbortController();
  /** Watches that are open now. */
  watches = 0;
  readonly #closings: Closing[] = [];

  /** A run, and the cluster as it sees it: `through` may keep from it what the host says. */
  run(
    id: string,
    through: (argv: readonly string[], live: Live, answer: () => ReturnType<Handler>) => ReturnType<Handler> = (
      _,
      __,
      answer,
    ) => answer(),
  ) {
    const { clock, cancel } = this;
    const transport = new FakeTransport(async (argv, stdin, live): Promise<Answer> => {
      const isWatch = argv.some((word) => word.includes('watch=1'));
      if (isWatch) this.watches++;
      const given = { ...live };
      const answer = await through(argv, given, () => this.cluster.handler(argv, stdin, given));
      if (isWatch) this.watches--;
      return answer;
    }, clock);
    const config = configOf({ tags: id, timeout: '5m', soak: '1s' }, runOf(id));
    const note = (text: string) => void this.said.push(text);
    const log: Log = { group() {}, end() {}, info: note, foreign: note, warning: note, error() {} };
    const closing = new Closing();
    this.#closings.push(closing);
    const run: Run = {
      config,
      tools: { clock, log, signal: cancel.signal } as Partial<Tools> as Tools,
      reporter: new Reporter(config, clock, log),
      closing,
      wrote: false,
      written: { objects: [], left: [] },
      holds: false,
    };
    const client = new Cluster(transport, ['kubectl']);
    const observe = async () => {
      const observer = new Observer(client, clock, 'default', await look(config, client));
      closing.add(() => observer.stop());
      observer.start();
      return observer;
    };
    const digest = `sha256:${Buffer.from(id).toString('hex').padEnd(64, '0')}`;
    const image = { image: `caringnote/caring-note-api:${id}@${digest}`, commit: '' };
    return {
      run,
      /** Gives whether the holder, as it is then, may be taken over from. */
      wait: async () => {
        const wait: Wait = { questions: 0 };
        await waitForHolder(run, client, await observe(), wait);
        return wait.isGone?.(this.server.object) ?? false;
      },
      /** Is at work, and answers, until the function that it gives is called. */
      work: async () => {
        const over = new AbortController();
        const answering = answerAsks(run, client, await observe(), over.signal);
        closing.add(async () => {
          over.abort();
          await answering;
        });
        return () => over.abort();
      },
      /** What happens between the preflight and the update: `built`. */
      update: async (built = () => {}) => {
        const ready = await look(config, client);
        built();
        return update(run, client, ready, image);
      },
    };
  }

  get holder(): string | undefined {
    return holderOf(this.server.object)?.id;
  }

  annotation(name: 'asked' | 'answered'): string | undefined {
    return this.server.object.metadata?.annotations?.[annotations[name]];
  }

  /** Somebody writes annotations. */
  annotate(values: Readonly<Record<string, string>>): void {
    this.server.touch(({ metadata }) => Object.assign(metadata?.annotations ?? {}, values));
    this.cluster.reconcile();
  }

  async pass(seconds: number): Promise<void> {
    await turns();
    for (let ms = 0; ms < seconds * 1_000; ms += STEP_MS) {
      this.clock.pass(STEP_MS);
      await turns();
    }
  }

  /** Gives how it ends, and after how many seconds. */
  async secondsOf<T>(work: Promise<T>, most: number): Promise<{ seconds: number; result: T | Error }> {
    const began = this.clock.now();
    let ended: { seconds: number; result: T | Error } | undefined;
    const end = (result: T | Error) => {
      ended = { seconds: (this.clock.now() - began) / 1_000, result };
    };
    work.then(end, end);
    while (!ended && this.clock.now() - began < most * 1_000) await this.pass(STEP_MS / 1_000);
    if (!ended) throw new Error(`it goes on after ${most} s:\n${this.said.join('\n')}`);
    return ended;
  }

  async close(): Promise<void> {
    this.cancel.abort();
    const closed = Promise.all(this.#closings.map((each) => each.close()));
    await this.pass(2);
    await closed;
  }
}

const holdOf = (id: string) => ({ [annotations.hold]: printHold(runOf(id)), [annotations.deployId]: id });
const FREE = { [annotations.hold]: RELEASED };

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

describe('a run that waits for another', () => {
  it('goes on as soon as that one has let go', async () => {
    const waiting = world.run('b').wait();
    await world.pass(5);
    world.annotate(FREE);
    const { seconds, result } = await world.secondsOf(waiting, 60);
    expect(result).toBe(false);
    expect(seconds).toBeLessThan(2);
  });

  it('waits as long as that one answers, and says so once a minute, naming it', async () => {
    await world.run('held').work();
    const { seconds, result } = await world.secondsOf(world.run('b').wait(), 400);
    expect(seconds).toBeGreaterThanOrEqual(300);
    expect(result).toBeInstanceOf(Failure);
    expect((result as Failure).problems).toEqual([
      { code: 'workload.held', params: expect.objectContaining({ id: 'held', url: urlOf('held') }) },
    ]);
    expect(world.said).toEqual(Array.from({ length: 5 }, () => expect.stringContaining(urlOf('held'))));
    expect(world.holder).toBe('held');
  });

  it('asks once in 15 seconds', async () => {
    const before = world.server.applied.length;
    await world.run('held').work();
    const waiting = world.run('b').wait();
    await world.pass(61);
    const asked = world.server.applied.slice(before).map((each) => each.metadata?.annotations?.[annotations.asked]);
    expect(new Set(asked)).toEqual(new Set(['b/1', 'b/2', 'b/3', 'b/4', 'b/5']));
    world.annotate(FREE);
    await world.secondsOf(waiting, 5);
  });

  it.each([0, 1, 2, 3, 5, 8, 11, 14, 15, 16])(
    'counts one that was killed %s s after a question as gone within a minute',
    async (after) => {
      const stop = await world.run('held').work();
      const waiting = world.run('b').wait();
      // The second question comes after 15 seconds.
      await world.pass(15 + after);
      stop();
      const { seconds, result } = await world.secondsOf(waiting, 120);
      expect(result).toBe(true);
      expect(seconds).toBeGreaterThan(30);
      expect(seconds).toBeLessThan(58);
      expect(world.said.at(-1)).toContain('no sign of life');
    },
  );

  it('counts one that was killed before it came as gone within a minute too', async () => {
    const { seconds, result } = await world.secondsOf(world.run('b').wait(), 120);
    expect([result, Math.floor(seconds)]).toEqual([true, expect.closeTo(51, -1)]);
  });

  it('does not wait for an earlier attempt of its own workflow run, which has ended', async () => {
    world.annotate(holdOf('4242-1-aaaaaaaa'));
    const { seconds, result } = await world.secondsOf(world.run('4242-2-bbbbbbbb').wait(), 60);
    expect(result).toBe(true);
    expect(seconds).toBeLessThan(2);
  });

  it('ends at once when it is cancelled, and asks no more', async () => {
    await world.run('held').work();
    const waiting = world.run('b').wait();
    await world.pass(5);
    world.cancel.abort();
    const { seconds, result } = await world.secondsOf(waiting, 60);
    expect(result).toMatchObject({ problems: [{ code: 'run.cancelled' }] });
    expect(seconds).toBeLessThan(2);
  });

  it('hears of the end of one run from the beginning of the next, and waits for that too', async () => {
    await world.run('held').work();
    await world.run('c').work();
    const waiting = world.run('b').wait();
    await world.pass(30);
    world.annotate(holdOf('c'));
    await world.pass(40);
    world.annotate(FREE);
    expect(await world.secondsOf(waiting, 5)).toMatchObject({ result: false });
    expect(world.said.join('\n')).not.toContain('no sign of life');
  });

  it('is not the only one that may: several wait, and none takes over from one that answers', async () => {
    await world.run('held').work();
    const waiting = ['b', 'c', 'd'].map((id) => world.run(id).wait());
    await world.pass(200);
    world.annotate(FREE);
    for (const each of waiting) expect(await world.secondsOf(each, 5)).toMatchObject({ result: false });
    expect(world.said.join('\n')).not.toContain('no sign of life');
  });
});

describe('silence says nothing', () => {
  it('while the cluster cannot be seen', async () => {
    let isAway = false;
    const stop = await world.run('held').work();
    const waiting = world.run('b', (_, live, answer) => {
      if (!isAway) return Promise.race([answer(), untilAway(() => isAway, live)]);
      return { code: 1, stderr: 'The connection to the server 10.0.0.1:6443 was refused' };
    });
    const wait = waiting.wait();
    await world.pass(20);
    isAway = true;
    await world.pass(120);
    expect(world.said.join('\n')).not.toContain('no sign of life');
    isAway = false;
    await world.pass(10);
    stop();
    // Seen again, silence counts from then on.
    expect(await world.secondsOf(wait, 70)).toMatchObject({ result: true });
  });

  it('of one that no question has reached', async () => {
    const isQuestion = (argv: readonly string[]) => argv.includes('patch');
    const refused = { code: 1, stderr: 'Error from server: admission webhook "x" denied the request: no' };
    const waiter = world.run('b', (argv, _, answer) => (isQuestion(argv) ? refused : answer()));
    const { result } = await world.secondsOf(waiter.wait(), 400);
    expect(result).toMatchObject({ problems: [{ code: 'workload.held' }] });
  });

  it('of one that was asked late, because the question hung', async () => {
    let questions = 0;
    await world.run('held').work();
    const waiter = world.run('b', async (argv, live, answer) => {
      if (argv.includes('patch') && questions++ < 2) await world.clock.sleep(90_000, live.signal);
      return answer();
    });
    const waiting = waiter.wait();
    await world.pass(120);
    expect(world.said.join('\n')).not.toContain('no sign of life');
    world.annotate(FREE);
    expect(await world.secondsOf(waiting, 60)).toMatchObject({ result: false });
  });

  it('to one that was stopped itself, and does not yet know what was answered meanwhile', async () => {
    const asleep = new Set<() => void>();
    let isAsleep = false;
    // What is sent to a process that is stopped waits for it.
    const waiter = world.run('b', (_, live, answer) => {
      const { emit } = live;
      Object.assign(live, {
        emit: (chunk: string) => (isAsleep ? void asleep.add(() => emit(chunk)) : emit(chunk)),
      });
      return answer();
    });
    const updating = waiter.update();
    // One that is at work, and answers at once.
    const answer = async () => {
      await turns();
      world.annotate({ [annotations.answered]: world.annotation('asked') ?? '' });
    };
    await world.pass(14);
    await answer();
    await turns();
    // Asked once more, at 15 s; and stopped right then.
    isAsleep = true;
    await world.pass(2);
    await answer();
    world.clock.pass(60_000);
    await turns();
    isAsleep = false;
    for (const wake of asleep) wake();
    await world.pass(4);
    expect(world.holder).toBe('held');
    await answer();
    world.annotate(FREE);
    await world.secondsOf(updating, 60);
    expect(world.holder).toBe('b');
  });
});

describe('a run at work', () => {
  it('answers within two seconds, and writes nothing while nobody asks', async () => {
    await world.run('held').work();
    const before = world.server.patches;
    await world.pass(60);
    expect(world.server.patches).toBe(before);
    world.annotate({ [annotations.asked]: 'b/1' });
    await world.pass(2);
    expect(world.annotation('answered')).toBe('b/1');
    await world.pass(60);
    expect(world.server.patches).toBe(before + 1);
  });

  it.each([
    ['once it has let go', FREE],
    ['once another has taken over', holdOf('c')],
  ])('answers no more %s', async (_, values) => {
    await world.run('held').work();
    world.annotate({ [annotations.asked]: 'b/1' });
    await world.pass(2);
    world.annotate(values);
    const before = world.server.patches;
    world.annotate({ [annotations.asked]: 'b/2' });
    await world.pass(10);
    expect([world.server.patches, world.annotation('answered')]).toEqual([before, 'b/1']);
  });

  it('does not answer in the other’s place where it learns only by the conflict that it was taken over', async () => {
    let isAsleep = false;
    const holder = world.run('held', (_, live, answer) => {
      const { emit } = live;
      Object.assign(live, { emit: (chunk: string) => (isAsleep ? undefined : emit(chunk)) });
      return answer();
    });
    await holder.work();
    await world.pass(1);
    world.annotate({ [annotations.asked]: 'b/1' });
    isAsleep = true;
    world.annotate(holdOf('c'));
    await world.pass(10);
    expect(world.annotation('answered')).toBeUndefined();
  });
});

describe('a run in a queue', () => {
  /** As soon as it sees that nobody is at work, and looks, another one is quicker. */
  const unlucky = (times: number) => {
    let count = 0;
    const waiter = world.run('z', (argv, _, answer) => {
      const isLook = argv.some((word) => word.endsWith('/deployments/caring-note-api'));
      if (isLook && count < times && world.holder === undefined) world.annotate(holdOf(`other${count++}`));
      return answer();
    });
    return { waiter, lost: () => count };
  };

  it('leaves no watch behind that it waited with', async () => {
    const { waiter, lost } = unlucky(5);
    const updating = waiter.update();
    for (let count = 0; count <= 5; count++) {
      await world.pass(3);
      world.annotate(FREE);
    }
    expect(await world.secondsOf(updating, 60)).toMatchObject({ result: { changed: true } });
    expect([lost(), world.holder]).toEqual([5, 'z']);
    await world.pass(1);
    // Of the workload and of its pods.
    expect(world.watches).toBeLessThanOrEqual(2);
  });

  it('waits no longer in all than the timeout, whoever is at work', async () => {
    const { waiter, lost } = unlucky(100);
    let ended: unknown;
    waiter.update().then(
      () => {},
      (error: unknown) => {
        ended = error;
      },
    );
    const began = world.clock.now();
    while (!ended && world.clock.now() - began < 600_000) {
      await world.pass(30);
      world.annotate(FREE);
    }
    expect(ended).toMatchObject({ problems: [{ code: 'workload.held' }] });
    expect(lost()).toBeGreaterThan(5);
    expect((world.clock.now() - began) / 1_000).toBeLessThan(340);
  });

  it('builds on the workload as it is after the wait, also where it takes over', async () => {
    const updating = world.run('b').update();
    await world.pass(5);
    world.server.touch(({ spec }) => Object.assign(spec ?? {}, { paused: true }));
    world.annotate({});
    const { result } = await world.secondsOf(updating, 120);
    expect({ isRefused: result instanceof Failure, holder: world.holder }).toEqual({ isRefused: true, holder: 'held' });
    expect(result).toMatchObject({ problems: [{ code: 'workload.paused' }] });
  });

  it('tells nobody of a run that has ended since the preflight', async () => {
    const updating = world.run('b').update(() => world.annotate(FREE));
    expect(await world.secondsOf(updating, 20)).toMatchObject({ result: { changed: true } });
    expect(world.said.join('\n')).not.toContain(urlOf('held'));
    expect(world.annotation('asked')).toBeUndefined();
  });
});

function untilAway(isAway: () => boolean, { signal }: Live): Promise<Answer> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!isAway() && !signal.aborted) return;
      clearInterval(timer);
      resolve('lost');
    }, 1);
  });
}
