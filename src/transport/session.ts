import { Failure, problem } from '../words/words';
import { type Connection, runOnChannel } from './channel';
import { holdLine } from './held';
import { quote } from './quote';
import { type Retrying, withRetries } from './retry';
import { Slots } from './slots';
import type { Command, RunOptions, RunResult, Transport } from './transport';

/** sshd allows 10 sessions a connection (MaxSessions), and one whose command outlives its channel still counts. */
const MAX_COMMANDS = 8;

const CANCELLED: RunResult = { kind: 'cancelled', stdout: '', stderr: '' };

export interface SessionOptions extends Omit<Retrying, 'signal'> {
  readonly at: { readonly host: string; readonly port: number };
}

/** Runs commands over one connection at a time, and opens another when that is lost. */
export class Session<Live extends Connection> implements Transport {
  readonly #slots = new Slots(MAX_COMMANDS);
  readonly #closing = new AbortController();
  #reconnecting: Promise<Live> | undefined;

  constructor(
    private connection: Live,
    private readonly connect: (signal: AbortSignal) => Promise<Live>,
    private readonly options: SessionOptions,
  ) {}

  async run(command: Command, options: RunOptions = {}): Promise<RunResult> {
    if (this.#closing.signal.aborted) throw new Failure(problem('ssh.already-closed', this.options.at));
    const line = command.isHeld ? holdLine(command.argv) : quote(command.argv);
    const signal = AbortSignal.any([this.#closing.signal, ...(options.signal ? [options.signal] : [])]);
    const leave = await this.#slots.take(signal);
    if (leave === undefined) return CANCELLED;
    try {
      const send = () => this.#send(line, command, options, signal);
      const result = await send();
      // A read is the same the second time. A stream has shown its lines already, and a change must not happen twice.
      const isRepeatable = command.effect === 'read' && options.onLine === undefined;
      return result.kind === 'lost' && isRepeatable ? await send() : result;
    } finally {
      leave();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#reconnecting?.catch(() => undefined);
    await this.connection.end();
  }

  /** Where the host would not start the command, it was not run: that may be tried again, a change too. */
  async #send(line: string, command: Command, { onLine }: RunOptions, signal: AbortSignal): Promise<RunResult> {
    const { at, clock, onRetry } = this.options;
    try {
      return await withRetries(
        async () => {
          const connection = await this.#live(signal);
          if (connection === undefined) return CANCELLED;
          const result = await runOnChannel(connection, line, command, { onLine, signal, clock });
          if (result.kind === 'notStarted') throw new Failure(problem('ssh.no-session', at));
          return result;
        },
        { clock, signal, onRetry },
      );
    } catch (error) {
      if (signal.aborted) return CANCELLED;
      throw error;
    }
  }

  async #live(signal: AbortSignal): Promise<Live | undefined> {
    if (this.connection.lost === undefined) return this.connection;
    this.#reconnecting ??= this.#reconnect();
    return Promise.race([this.#reconnecting, aborted(signal)]);
  }

  /** Goes on for whoever else waits when one command is cancelled; only `close` ends it. */
  async #reconnect(): Promise<Live> {
    try {
      this.connection = await withRetries(() => this.connect(this.#closing.signal), {
        ...this.options,
        signal: this.#closing.signal,
      });
      return this.connection;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure([problem('ssh.not-regained', this.options.at), ...error.problems], { cause: error });
    } finally {
      this.#reconnecting = undefined;
    }
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
