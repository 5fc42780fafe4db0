import { type Clock, systemClock } from '../../src/system/clock';
import { keepText, passLines } from '../../src/transport/output';
import type { Command, RunOptions, RunResult, Transport } from '../../src/transport/transport';
import { Failure, problem } from '../../src/words/words';

/** How a command ends: `lost` mid-way, or the host cannot be reached for it at all. A promise that never settles hangs. */
export type Answer =
  | { readonly code?: number; readonly stdout?: string; readonly lines?: readonly string[]; readonly stderr?: string }
  | { readonly signal: string; readonly stderr?: string }
  | 'lost'
  | 'unreachable';

export interface Live {
  /** Standard output so far; the answer's own comes after it. */
  readonly emit: (chunk: string | Buffer) => void;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export type Handler = (argv: readonly string[], stdin: string | undefined, live: Live) => Answer | Promise<Answer>;

const AT = { host: 'host.test', port: 22 };

/** A transport that asks a function what the host would say. As the real one, it repeats a lost read once. */
export class FakeTransport implements Transport {
  /** Every command as it was sent, a repeated read twice. */
  readonly commands: Command[] = [];
  isClosed = false;
  readonly #closing = new AbortController();
  readonly #handler: Handler;
  readonly #clock: Clock;

  constructor(handler: Handler, clock: Clock = systemClock) {
    this.#handler = handler;
    this.#clock = clock;
  }

  async run(command: Command, options: RunOptions = {}): Promise<RunResult> {
    if (this.isClosed) throw new Failure(problem('ssh.already-closed', AT));
    const result = await this.#send(command, options);
    const isRepeatable = command.effect === 'read' && options.onLine === undefined;
    return result.kind === 'lost' && isRepeatable ? this.#send(command, options) : result;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.#closing.abort();
  }

  async #send(command: Command, { onLine, signal }: RunOptions): Promise<RunResult> {
    const cancelled = AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])]);
    if (cancelled.aborted) return { kind: 'cancelled', stdout: '', stderr: '' };
    this.commands.push(command);
    const over = new AbortController();
    const stdout = onLine === undefined ? keepText() : passLines((text) => cancelled.aborted || onLine(text));
    const emit = (chunk: string | Buffer) => void (over.signal.aborted || stdout.add(Buffer.from(chunk as string)));
    try {
      const answer = await Promise.race([
        this.#handler(command.argv, command.stdin, { emit, signal: over.signal }),
        new Promise<'cancelled'>((resolve) => cancelled.addEventListener('abort', () => resolve('cancelled'))),
        this.#clock.sleep(command.timeoutMs, over.signal).then(() => 'timedOut' as const),
      ]);
      if (answer === 'unreachable') throw new Failure([problem('ssh.not-regained', AT), problem('ssh.refused', AT)]);
      if (answer === 'lost') return { kind: 'lost', detail: 'read ECONNRESET', stdout: stdout.end(false), stderr: '' };
      if (typeof answer === 'string') return { kind: answer, stdout: stdout.end(false), stderr: '' };
      const stderr = answer.stderr ?? '';
      if ('signal' in answer) return { kind: 'signalled', signal: answer.signal, stdout: stdout.end(true), stderr };
      emit((answer.stdout ?? '') + (answer.lines ?? []).map((line) => `${line}\n`).join(''));
      return { kind: 'exited', code: answer.code ?? 0, stdout: stdout.end(true), stderr };
    } finally {
      over.abort();
    }
  }
}
