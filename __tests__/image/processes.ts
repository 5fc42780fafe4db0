import type { Clock } from '../../src/system/clock';
import type { Processes, ProcessResult, RunOptions } from '../../src/system/process';

/** A program that was started. */
export interface Call {
  readonly argv: readonly string[];
  /** What it got beyond the run's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** On the test's clock, in milliseconds. */
  readonly at: number;
}

/** What a program does: how it ends, or what decides that. */
export type Act = ProcessResult | ((call: Call, options: RunOptions) => ProcessResult | Promise<ProcessResult>);

/** What programs do, by the first words of their command; a list is what they do one time after the other. */
export type Script = Readonly<Record<string, Act | readonly Act[]>>;

export const exited = (code: number, stdout = '', stderr = ''): ProcessResult => ({
  kind: 'exited',
  code,
  stdout,
  stderr,
});

/** A program that prints these lines and then ends. */
export const printing =
  (lines: readonly string[], code = 1): Act =>
  (_, { onLine }) => {
    for (const each of lines) onLine?.(each);
    return exited(code);
  };

const hangs: Act = () => new Promise(() => {});

/** Programs of a test's own. As the real ones do, they end as `cancelled` once the signal aborts. */
export class FakeProcesses implements Processes {
  readonly calls: Call[] = [];
  readonly #script: [words: string, acts: Act[]][];
  readonly #clock: Pick<Clock, 'now'>;
  readonly #answered: number;

  /** After `answered` commands, none comes to its end. */
  constructor(script: Script, clock: Pick<Clock, 'now'> = { now: () => 0 }, answered = Number.POSITIVE_INFINITY) {
    this.#script = Object.entries(script).map(([words, acts]) => [words, Array.isArray(acts) ? [...acts] : [acts]]);
    this.#clock = clock;
    this.#answered = answered;
  }

  ask(argv: readonly string[]): Promise<ProcessResult> {
    return this.run(argv, { signal: new AbortController().signal });
  }

  async run(argv: readonly string[], options: RunOptions): Promise<ProcessResult> {
    const { signal, environment = {} } = options;
    if (signal.aborted) return { kind: 'cancelled' };
    const call = { argv, environment, at: this.#clock.now() };
    this.calls.push(call);
    const cancelled = new Promise<ProcessResult>((resolve) => {
      signal.addEventListener('abort', () => resolve({ kind: 'cancelled' }));
    });
    const act = this.calls.length > this.#answered ? hangs : this.#next(argv.join(' '));
    const result = Promise.resolve(typeof act === 'function' ? act(call, options) : act);
    return Promise.race([cancelled, result.then((ended) => (signal.aborted ? { kind: 'cancelled' as const } : ended))]);
  }

  /** The calls whose command begins with these words. */
  of(words: string): Call[] {
    return this.calls.filter(({ argv }) => `${argv.join(' ')} `.startsWith(`${words} `));
  }

  #next(command: string): Act {
    const fitting = this.#script.filter(([words]) => `${command} `.startsWith(`${words} `));
    const [longest] = fitting.sort(([one], [other]) => other.length - one.length);
    if (!longest) throw new Error(`nobody expected this command: ${command}`);
    const [, acts] = longest;
    const [first] = acts.length > 1 ? acts.splice(0, 1) : acts;
    if (!first) throw new Error(`nothing is left for this command to do: ${command}`);
    return first;
  }
}

/** What follows an option, each time that it is given. */
export function valuesOf(argv: readonly string[], option: string): string[] {
  return argv.filter((_, index) => argv[index - 1] === option);
}
