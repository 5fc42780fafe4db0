import type { Command, RunResult, Transport } from '../../src/transport/transport';
import { Failure } from '../../src/words/words';

export interface Subject {
  readonly transport: Transport;
  /** Lets time pass on the subject's clock; nothing to do where that is the real one. */
  readonly passTime?: (ms: number) => void;
  readonly tearDown: () => Promise<void>;
}

const read = (...argv: string[]) => ({ argv, effect: 'read', timeoutMs: 30_000 }) as const;
const shell = (script: string, ...words: string[]) => read('sh', '-c', script, ...words);
const ok = (stdout: string): RunResult => ({ kind: 'exited', code: 0, stdout, stderr: '' });

/** How every transport behaves whose other end runs commands as a POSIX host does. */
export function transportContract(name: string, setUp: () => Promise<Subject>): void {
  describe(`${name} as a transport`, () => {
    let subject: Subject | undefined;
    const run: Transport['run'] = (command, options) => {
      if (subject === undefined) throw new Error('The subject was not set up.');
      return subject.transport.run(command, options);
    };

    /** Resolves once the command has printed something. */
    const start = async (command: Command) => {
      let result: Promise<RunResult> | undefined;
      await new Promise<void>((printed) => {
        result = run(command, { onLine: () => printed() });
      });
      return { result: () => result };
    };

    beforeEach(async () => {
      subject = await setUp();
    });
    afterEach(async () => {
      await subject?.transport.close();
      await subject?.tearDown();
    });

    it('gives both outputs and the exit code', async () => {
      expect(await run(shell('echo out; echo err >&2'))).toEqual({
        kind: 'exited',
        code: 0,
        stdout: 'out\n',
        stderr: 'err\n',
      });
    });

    it('says with which code a command failed', async () => {
      expect(await run(shell('echo why >&2; exit 7'))).toEqual({
        kind: 'exited',
        code: 7,
        stdout: '',
        stderr: 'why\n',
      });
    });

    // exec: a shell that stays in between would turn the signal into exit code 143.
    it('says which signal ended a command', async () => {
      expect(await run(read('exec', 'sh', '-c', 'kill -TERM $$'))).toEqual({
        kind: 'signalled',
        signal: 'SIGTERM',
        stdout: '',
        stderr: '',
      });
    });

    it('hands stdin over and ends it', async () => {
      const stdin = `{"patch": "한국어 $HOME"}\n${'x'.repeat(200_000)}`;
      expect(await run({ ...read('cat'), stdin })).toEqual(ok(stdin));
    });

    it('ends stdin where there is none', async () => {
      expect(await run(read('cat'))).toEqual(ok(''));
    });

    it('delivers arguments literally', async () => {
      const words = [
        '',
        ' ',
        'a  b',
        "it's",
        '"',
        '$HOME',
        '`id`',
        '\\n',
        '\\',
        'a\nb',
        ';',
        '|',
        '&',
        '*',
        '~',
        '#',
        '!',
        '{}',
        '-n',
        'a=b',
        '한',
      ];
      expect(await run(read('printf', '[%s]', ...words))).toEqual(ok(words.map((word) => `[${word}]`).join('')));
    });

    it('joins a character that arrives in two pieces', async () => {
      expect(await run(shell(`printf '\\355\\225'; sleep 0.1; printf '\\234'`))).toEqual(ok('한'));
    });

    it('joins a character that arrives in two pieces of a line', async () => {
      const lines: string[] = [];
      await run(shell(`printf 'a\\n\\355\\225'; sleep 0.1; printf '\\234\\n'`), { onLine: (line) => lines.push(line) });
      expect(lines).toEqual(['a', '한']);
    });

    it('gives a command up when its time has passed', async () => {
      const { result } = await start({ ...shell('echo started; sleep 30'), timeoutMs: 500 });
      subject?.passTime?.(500);
      expect(await result()).toMatchObject({ kind: 'timedOut' });
    });

    it('gives a command up when it is cancelled', async () => {
      const cancel = new AbortController();
      const result = await run(shell('echo started; sleep 30'), {
        onLine: () => cancel.abort(),
        signal: cancel.signal,
      });
      expect(result).toMatchObject({ kind: 'cancelled' });
    });

    it('sends nothing when it was cancelled before', async () => {
      expect(await run(shell('echo sent'), { signal: AbortSignal.abort() })).toEqual({
        kind: 'cancelled',
        stdout: '',
        stderr: '',
      });
    });

    it('passes lines on as they arrive, and does not keep them', async () => {
      const lines: string[] = [];
      const cancel = new AbortController();
      const onLine = (line: string) => {
        lines.push(line);
        if (line === 'second') cancel.abort();
      };
      const result = await run(shell('echo first; sleep 0.1; echo second; sleep 30'), {
        onLine,
        signal: cancel.signal,
      });
      expect({ lines, result }).toEqual({
        lines: ['first', 'second'],
        result: { kind: 'cancelled', stdout: '', stderr: '' },
      });
    });

    it('passes no line on once it was cancelled, although it has arrived', async () => {
      const lines: string[] = [];
      const cancel = new AbortController();
      const onLine = (line: string) => {
        lines.push(line);
        cancel.abort();
      };
      await run(shell(`printf 'a\\nb\\nc'`), { onLine, signal: cancel.signal });
      expect(lines).toEqual(['a']);
    });

    it('passes the last line on where it has no line break', async () => {
      const lines: string[] = [];
      const result = await run(shell(`printf 'a\\n\\nb'; echo err >&2`), { onLine: (line) => lines.push(line) });
      expect({ lines, result }).toEqual({
        lines: ['a', '', 'b'],
        result: { kind: 'exited', code: 0, stdout: '', stderr: 'err\n' },
      });
    });

    it.each([8, 12])('runs %i commands at the same time without mixing them up', async (count) => {
      const numbers = Array.from({ length: count }, (_, index) => String(index));
      const results = await Promise.all(numbers.map((number) => run(shell('sleep 0.1; echo "$1"', 'sh', number))));
      expect(results).toEqual(numbers.map((number) => ok(`${number}\n`)));
    });

    it('keeps large output whole', async () => {
      const result = await run(shell('head -c 5000000 /dev/zero | tr "\\0" x; echo end'));
      expect(result.kind).toBe('exited');
      expect(result.stdout.length).toBe(5_000_004);
      expect(result.stdout.endsWith('xend\n')).toBe(true);
    });

    it('ends what is running when it is closed, and runs nothing after', async () => {
      const { result } = await start(shell('echo started; sleep 30'));
      await subject?.transport.close();
      await subject?.transport.close();
      expect(await result()).toMatchObject({ kind: 'cancelled' });
      await expect(run(read('true'))).rejects.toThrow(Failure);
    });
  });
}
