import type { Duplex, Readable } from 'node:stream';
import type { Clock } from '../system/clock';
import { Failure, problem } from '../words/words';
import { keepText, OUTPUT_LIMIT_BYTES, type Output, passLines } from './output';
import type { Command, RunResult } from './transport';

/** One command's channel: its standard output is the readable side, its input the writable one. */
export interface Channel extends Duplex {
  readonly stderr: Readable;
  close(): void;
}

/** A connection, as far as a command needs it. */
export interface Connection {
  /** Why the connection is gone; undefined while it lives. */
  readonly lost: string | undefined;
  /** Throws, or hands over an error, where the command could not be started. */
  exec(line: string, started: (error: Error | undefined, channel: Channel) => void): void;
  /** Resolves when the host has answered, or the connection is lost. */
  ping(): Promise<void>;
  end(): Promise<void>;
}

/** The connection lives, but the host would not start the command: it was not run. */
export interface NotStarted {
  readonly kind: 'notStarted';
}

export interface ChannelOptions {
  readonly onLine?: ((line: string) => void) | undefined;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** How long nothing comes after the exit status until the command counts as ended: its child may hold the output open. */
const QUIET_MS = 2_000;

type Ending = { kind: 'exited'; code: number } | { kind: 'signalled'; signal: string };
type Stop = Ending | { kind: 'timedOut' } | { kind: 'cancelled' } | { kind: 'lost'; detail: string };

/**
 * Runs one command on a channel of its own. The first reason to end it wins, and the channel is then closed. sshd
 * does not end the command for that (measured), and counts its session until it has: a command must end by itself.
 */
export function runOnChannel(
  connection: Connection,
  line: string,
  command: Command,
  { onLine, signal, clock }: ChannelOptions,
): Promise<RunResult | NotStarted> {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const isOver = () => over.signal.aborted;
    const stdout = onLine === undefined ? keepText() : passLines((text) => isOver() || onLine(text));
    const stderr = keepText();
    let channel: Channel | undefined;

    const finish = (report: () => void) => {
      if (isOver()) return;
      try {
        report();
      } catch (error) {
        reject(error);
      }
      over.abort();
      closeQuietly(channel);
    };
    const stop = (how: Stop, isWhole = false) =>
      finish(() => resolve({ ...how, stdout: stdout.end(isWhole), stderr: stderr.end(isWhole) }));
    const lose = (detail: string) => stop({ kind: 'lost', detail: connection.lost ?? detail });

    const cancel = () => stop({ kind: 'cancelled' });
    if (signal.aborted) return cancel();
    signal.addEventListener('abort', cancel, { signal: over.signal });
    clock.sleep(command.timeoutMs, over.signal).then(() => stop({ kind: 'timedOut' }));

    const start = (error: Error | undefined, opened: Channel) => {
      if (error !== undefined) {
        return connection.lost === undefined ? finish(() => resolve({ kind: 'notStarted' })) : lose(error.message);
      }
      channel = opened;
      // A write to a channel that the host has closed, or a read on a dead connection, ends here.
      for (const stream of [opened, opened.stderr]) stream.on('error', (fault: Error) => lose(fault.message));
      if (isOver()) return closeQuietly(channel);

      let ending: Ending | undefined;
      let lastSign = 0;
      const take = (output: Output) => (chunk: Buffer) => {
        lastSign = clock.now();
        if (isOver()) return;
        try {
          if (!output.add(chunk)) finish(() => reject(tooLong(command)));
        } catch (error) {
          finish(() => reject(error));
        }
      };
      opened.on('data', take(stdout));
      opened.stderr.on('data', take(stderr));
      // With the connection lost, output may be missing even where the exit status came.
      const conclude = (isWhole: boolean) => {
        if (ending !== undefined && connection.lost === undefined) stop(ending, isWhole);
        else lose('the host closed the channel without an exit status');
      };
      opened.on('exit', (code: number | null, name?: string) => {
        ending = code === null ? { kind: 'signalled', signal: name ?? 'unknown' } : { kind: 'exited', code };
        lastSign = clock.now();
        untilQuiet(() => lastSign, connection, clock, over.signal).then(() => conclude(false));
      });
      const close = () => conclude(true);
      opened.on('close', () => (opened.stderr.readableEnded ? close() : opened.stderr.once('end', close)));
      // What is held reads its input's end as the order to stop.
      if (command.isHeld) opened.on('end', () => opened.end());
      else opened.end(command.stdin ?? '');
    };

    try {
      connection.exec(line, start);
    } catch (error) {
      lose(error instanceof Error ? error.message : String(error));
    }
  });
}

/** Silence could also be a network that hangs with output under way, so at the end the host has to answer. */
async function untilQuiet(
  lastSign: () => number,
  connection: Connection,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const last = lastSign();
    const left = last + QUIET_MS - clock.now();
    if (left > 0) await clock.sleep(left, signal);
    else {
      await connection.ping();
      if (lastSign() === last) return;
    }
  }
}

function tooLong(command: Command): Failure {
  return new Failure(
    problem('ssh.output-too-long', { program: command.argv[0] ?? '', mebibytes: OUTPUT_LIMIT_BYTES / 1024 / 1024 }),
  );
}

/** On a dead connection ssh2 throws from here. */
function closeQuietly(channel: Channel | undefined): void {
  try {
    channel?.close();
  } catch {
    // It is closed, then.
  }
}
