import { spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { getExecOutput } from '@actions/exec';

/** How a local program ended. `missing`: it could not be started at all. */
export type ProcessResult =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'missing'; readonly detail: string };

export function hasSucceeded(result: ProcessResult): result is ProcessResult & { kind: 'exited' } {
  return result.kind === 'exited' && result.code === 0;
}

/** What a program said about its failure, or how it ended. */
export function detailOf(result: ProcessResult): string {
  if (result.kind === 'exited') return (result.stderr || result.stdout).trim().slice(-500);
  if (result.kind === 'cancelled') return 'it gave no answer';
  return result.kind === 'missing' ? result.detail : result.kind;
}

export interface Processes {
  /** Asks a short question of a program on this machine, such as its version. */
  ask(argv: readonly string[]): Promise<ProcessResult>;
  /** Runs a program that may take long, and ends its whole process group when `signal` aborts. */
  run(argv: readonly string[], options: RunOptions): Promise<ProcessResult>;
}

export interface RunOptions {
  readonly environment?: Record<string, string>;
  /** Takes each line as it is printed; without it, what is printed is kept in the result. */
  readonly onLine?: (line: string) => void;
  readonly signal: AbortSignal;
}

/** How long an answer may take. It needs no network. */
const ANSWER_MS = 15_000;

/** How long a program may take to end after it was asked to, before it is killed. GitHub grants 7.5 s after a cancel. */
const END_GRACE_MS = 3_000;
/** How long what a program printed may still come after its end: a child that left its group can hold the output open. */
const OUTPUT_GRACE_MS = 1_000;

export const systemProcesses: Processes = {
  async ask([program = '', ...args]) {
    const options = { env: inherit({}), ignoreReturnCode: true, silent: true };
    const answer = getExecOutput(`"${program}"`, args, options).then(
      ({ exitCode, stdout, stderr }): ProcessResult => ({ kind: 'exited', code: exitCode, stdout, stderr }),
      (error: unknown): ProcessResult => ({
        kind: 'missing',
        detail: error instanceof Error ? error.message : String(error),
      }),
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<ProcessResult>((resolve) => {
      timer = setTimeout(() => resolve({ kind: 'missing', detail: `"${program}" gave no answer` }), ANSWER_MS);
    });
    return Promise.race([answer, late]).finally(() => clearTimeout(timer));
  },

  // Not @actions/exec: it keeps its child to itself, so nothing could end it; and docker hands a signal on to its
  // plugin only sometimes, so that the whole process group has to be ended.
  run: ([program = '', ...args], { environment = {}, onLine, signal }) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve({ kind: 'cancelled' });
      const child = spawn(program, args, {
        env: inherit(environment),
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let killing: NodeJS.Timeout | undefined;
      const signalGroup = (name: NodeJS.Signals) => {
        if (child.pid === undefined) return;
        try {
          process.kill(-child.pid, name);
        } catch {
          // The group has ended already.
        }
      };
      const cancel = () => {
        signalGroup('SIGINT');
        killing = setTimeout(() => signalGroup('SIGKILL'), END_GRACE_MS);
      };
      let waiting: NodeJS.Timeout | undefined;
      const finish = (result: ProcessResult) => {
        clearTimeout(killing);
        clearTimeout(waiting);
        signal.removeEventListener('abort', cancel);
        child.stdout.destroy();
        child.stderr.destroy();
        resolve(signal.aborted ? { kind: 'cancelled' } : result);
      };
      signal.addEventListener('abort', cancel);
      const kept: [string[], string[]] = [[], []];
      const outputs = [child.stdout, child.stderr].map((stream, index) =>
        onLine ? lines(stream, onLine) : text(stream, (part) => kept[index]?.push(part)),
      );
      const end = (code: number | null, name: NodeJS.Signals | null) => {
        for (const last of outputs) last();
        const [stdout, stderr] = [kept[0].join(''), kept[1].join('')];
        finish(code === null ? { kind: 'signalled', signal: name ?? '' } : { kind: 'exited', code, stdout, stderr });
      };
      child.on('error', (error) => finish({ kind: 'missing', detail: error.message }));
      child.on('close', end);
      child.on('exit', (code, name) => {
        waiting = setTimeout(() => end(code, name), OUTPUT_GRACE_MS);
      });
    }),
};

/** What a program gets of our environment: all but the inputs, among which are the secrets. */
function inherit(environment: Record<string, string>): Record<string, string> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('INPUT_'));
  return { ...(Object.fromEntries(own) as Record<string, string>), ...environment };
}

/** Hands a stream over as text; the returned function hands over what stands after the last whole character. */
function text(stream: NodeJS.ReadableStream, onText: (part: string) => void): () => void {
  const decoder = new StringDecoder('utf8');
  stream.on('data', (chunk: Buffer) => onText(decoder.write(chunk)));
  return () => onText(decoder.end());
}

/** Cuts a stream into lines; the returned function hands over what stands after the last line break. */
function lines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): () => void {
  let rest = '';
  const end = text(stream, (part) => {
    const parts = (rest + part).split(/\r?\n/);
    rest = parts.pop() ?? '';
    for (const each of parts) onLine(each);
  });
  return () => {
    end();
    if (rest !== '') onLine(rest);
    rest = '';
  };
}
