import { spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { getExecOutput } from '@actions/exec';

/** How a local program ended. `missing`: it could not be started at all. */
export type ProcessResult =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'missing'; readonly detail: string };

export interface Processes {
  /** Runs a short program that ends by itself and keeps what it prints. */
  capture(argv: readonly string[], environment?: Record<string, string>): Promise<ProcessResult>;
  /** Runs a long program, hands over each line it prints, and ends its whole process group when `signal` aborts. */
  stream(argv: readonly string[], options: StreamOptions): Promise<ProcessResult>;
}

export interface StreamOptions {
  readonly environment?: Record<string, string>;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

/** How long a program may take to end after it was asked to, before it is killed. GitHub grants 7.5 s after a cancel. */
const END_GRACE_MS = 3_000;

export const systemProcesses: Processes = {
  async capture([program = '', ...args], environment = {}) {
    try {
      const { exitCode, stdout, stderr } = await getExecOutput(`"${program}"`, args, {
        env: inherit(environment),
        ignoreReturnCode: true,
        silent: true,
      });
      return { kind: 'exited', code: exitCode, stdout, stderr };
    } catch (error) {
      return { kind: 'missing', detail: error instanceof Error ? error.message : String(error) };
    }
  },

  // Not @actions/exec: it keeps its child to itself, so nothing could end it; and docker hands a signal on to its
  // plugin only sometimes, so that the whole process group has to be ended.
  stream: ([program = '', ...args], { environment = {}, onLine, signal }) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve({ kind: 'cancelled' });
      const child = spawn(program, args, {
        env: inherit(environment),
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let killing: NodeJS.Timeout | undefined;
      const end = (name: NodeJS.Signals) => {
        if (child.pid === undefined) return;
        try {
          process.kill(-child.pid, name);
        } catch {
          // The group has ended already.
        }
      };
      const cancel = () => {
        end('SIGINT');
        killing = setTimeout(() => end('SIGKILL'), END_GRACE_MS);
      };
      const finish = (result: ProcessResult) => {
        clearTimeout(killing);
        signal.removeEventListener('abort', cancel);
        resolve(signal.aborted ? { kind: 'cancelled' } : result);
      };
      signal.addEventListener('abort', cancel);
      const flush = [lines(child.stdout, onLine), lines(child.stderr, onLine)];
      child.on('error', (error) => finish({ kind: 'missing', detail: error.message }));
      child.on('close', (code, name) => {
        for (const each of flush) each();
        finish(
          code === null ? { kind: 'signalled', signal: name ?? '' } : { kind: 'exited', code, stdout: '', stderr: '' },
        );
      });
    }),
};

function inherit(environment: Record<string, string>): Record<string, string> {
  return { ...(process.env as Record<string, string>), ...environment };
}

/** Cuts a stream into lines; the returned function hands over what stands after the last line break. */
function lines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): () => void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const parts = (rest + decoder.write(chunk)).split(/\r?\n/);
    rest = parts.pop() ?? '';
    for (const part of parts) onLine(part);
  });
  return () => {
    const last = rest + decoder.end();
    if (last !== '') onLine(last);
  };
}
