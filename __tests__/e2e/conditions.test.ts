import { conditions } from '../../testbed/conditions';
import { tryOut } from '../../testbed/trial';

// A condition may have to wait for many others.
jest.setTimeout(1_800_000);

/** More than a small machine has cores: mostly they wait. */
const AT_A_TIME = 3;

/** Runs what it is given, a few at a time, in the order in which it was asked. */
class Turns {
  #free = AT_A_TIME;
  readonly #waiting: (() => void)[] = [];

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

const turns = new Turns();
type Condition = (typeof conditions)[number];
// What takes longest begins first, so that nothing long is left alone at the end. Exclusive ones disturb the whole node.
const all = conditions.filter(({ exclusive }) => !exclusive).toSorted((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0));

function deployUnder(condition: Condition) {
  return turns.take(async () => {
    const found = await tryOut(condition, (app, inputs) => app.run('second', inputs));
    const { result } = found;
    const { outcome = 'nothing', cause = '' } = result.outputs;
    process.stdout.write(`conditions: ${condition.name}: ${outcome} after ${result.seconds.toFixed(1)} s. ${cause}\n`);
    const { expected } = condition;
    if (outcome !== expected.outcome || !expected.cause.test(cause)) process.stdout.write(`${result.log}\n`);
    const { replicas, template } = found.workload.spec ?? {};
    const hasReadinessProbe = template?.spec?.containers[0]?.readinessProbe !== undefined;
    return { ...found, outcome, cause, replicas, hasReadinessProbe };
  });
}

describe('a new version that is bad', () => {
  const bad = all.filter(({ kind }) => kind === 'bad').map((each) => [each.name, each] as const);

  it.concurrent.each(bad)('%s: its cause is named, and the old version serves', async (_, condition) => {
    const { result, outcome, cause, serves, ready, replicas, dropped, hasReadinessProbe } =
      await deployUnder(condition);
    expect({ outcome, exit: result.exitCode }).toEqual({ outcome: condition.expected.outcome, exit: 1 });
    expect(cause).toMatch(condition.expected.cause);
    expect({ serves, ready }).toEqual({ serves: 'first', ready: replicas });
    // Generous: a machine may be busy. What takes long by its nature says so.
    if (!condition.slow) expect(result.seconds).toBeLessThan(90);
    // Without the probe users are sent to new pods at once.
    if (outcome === 'failed-rolled-back' && hasReadinessProbe) expect(dropped).toEqual([]);
  });
});

describe('a new version that only looks bad for a while', () => {
  const good = all.filter(({ kind }) => kind === 'good').map((each) => [each.name, each] as const);

  it.concurrent.each(good)('%s: it is deployed', async (_, condition) => {
    const { result, outcome, cause, serves, ready, replicas } = await deployUnder(condition);
    expect({ outcome, cause, exit: result.exitCode }).toEqual({ outcome: 'deployed', cause: '', exit: 0 });
    expect({ serves, ready }).toEqual({ serves: 'second', ready: replicas });
  });
});
