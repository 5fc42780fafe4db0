import { KubectlError } from '../../src/kubectl/client';
import { patiently } from '../../src/kubectl/patience';
import { Failure, problem } from '../../src/words/words';

/** Reads that end so, one after the other, on a clock that goes on by itself; the last ending stays. */
function reading(...endings: (KubectlError['reason'] | 'read')[]) {
  const [at, troubles]: [number[], string[]] = [[], []];
  let now = 0;
  const cancel = new AbortController();
  const read = async () => {
    at.push(now);
    const ending = endings[Math.min(at.length, endings.length) - 1] ?? 'read';
    if (ending === 'read') return 'read';
    throw new KubectlError(ending, `it is ${ending}`);
  };
  const sleep = async (ms: number) => {
    now += ms;
  };
  const clock = { now: () => now, today: () => new Date(0), sleep };
  const result = () => patiently(read, { clock, signal: cancel.signal, onTrouble: (text) => void troubles.push(text) });
  return { at, troubles, cancel, result };
}

it.each(['Lost', 'TimedOut', 'Unreachable'] as const)('what is %s is read again, and told of once', async (reason) => {
  const { at, troubles, result } = reading(reason, reason, reason, 'read');
  expect(await result()).toBe('read');
  expect([at, troubles]).toEqual([[0, 500, 1_500, 3_500], [`it is ${reason}`]]);
});

it('for no longer than half a minute', async () => {
  const { at, result } = reading('Unreachable');
  await expect(result()).rejects.toMatchObject({ reason: 'Unreachable' });
  expect(at.at(-1)).toBeLessThanOrEqual(30_000);
  expect(at.at(-1)).toBeGreaterThan(20_000);
});

it.each(['Forbidden', 'NotFound', 'Invalid', 'Unauthorized', 'NoKubectl', 'Cancelled', 'Other'] as const)(
  'what is %s is an answer',
  async (reason) => {
    const { at, troubles, result } = reading(reason, 'read');
    await expect(result()).rejects.toMatchObject({ reason });
    expect([at, troubles]).toEqual([[0], []]);
  },
);

it.each([
  [[problem('ssh.reset', { host: 'h', port: 22, stage: 'login' })], 'read'],
  [[problem('ssh.closed', { host: 'h', port: 22, stage: 'login', said: '' })], 'ssh.not-regained'],
] as const)('a host that cannot be connected to again (%j) ends in %s', async (reasons, end) => {
  const failure = new Failure([problem('ssh.not-regained', { host: 'h', port: 22 }), ...reasons]);
  let tries = 0;
  const read = async () => {
    if (++tries < 3) throw failure;
    return 'read';
  };
  const clock = { now: () => 0, today: () => new Date(0), sleep: async () => {} };
  const ended = patiently(read, { clock }).catch((error: Failure) => error.problems[0]?.code);
  expect(await ended).toBe(end);
});

it('nothing is read again for a run that was cancelled', async () => {
  const { at, cancel, result } = reading('Unreachable');
  cancel.abort();
  await expect(result()).rejects.toMatchObject({ reason: 'Unreachable' });
  expect(at).toEqual([0]);
});
