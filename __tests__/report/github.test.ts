import { GitHubLog } from '../../src/report/github';
import { problem } from '../../src/words/words';

/** What the runner reads: the log's own lines and the commands that @actions/core prints. */
function written(use: (log: GitHubLog) => void): string[] {
  let text = '';
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += chunk;
    return true;
  });
  try {
    use(new GitHubLog((line) => process.stdout.write(`${line}\n`)));
  } finally {
    spy.mockRestore();
  }
  return text.trimEnd().split(/\r\n|\r|\n/);
}

/** The workflow commands that a runner would obey in these lines (ActionCommandManager of github.com/actions/runner). */
function obeyed(lines: readonly string[]): string[] {
  let stopped: string | undefined;
  return lines.filter((line) => {
    const command = /^\s*::([\w-]+)(?: [^:]*)?::/.exec(line)?.[1];
    if (stopped !== undefined) {
      if (line.trim() === `::${stopped}::`) stopped = undefined;
      return false;
    }
    if (command === 'stop-commands') {
      stopped = /::stop-commands::(.+)$/.exec(line)?.[1];
      return false;
    }
    return command !== undefined || /##\[[\w-]+/.test(line);
  });
}

describe('the log of a step', () => {
  it.each([
    '::error::forged',
    '  ::set-output name=digest::forged',
    '##[error]forged',
    'text ##[add-mask]forged',
    '::add-path::/tmp',
    'text\r::error::forged',
    '::stop-commands::mine\n::mine::\n::error::forged',
  ])("does not let another program's line be obeyed: %j", (line) => {
    expect(obeyed(written((log) => log.foreign(line)))).toEqual([]);
    expect(obeyed(written((log) => log.info(line)))).toEqual([]);
  });

  it('obeys its own commands again after such a line', () => {
    const lines = written((log) => {
      log.group('one');
      log.foreign('::error::forged');
      log.end();
      log.error(problem('input.missing', { name: 'image' }));
    });
    expect(obeyed(lines)).toEqual([
      '::group::one',
      '::endgroup::',
      expect.stringMatching(/^::error::The input "image" is missing/),
    ]);
  });

  it('cannot be unfenced by a program that prints tokens of its own', () => {
    const lines = written((log) => {
      log.foreign('::stop-commands::x');
      log.foreign('::x::');
      log.foreign('::error::forged');
    });
    expect(obeyed(lines)).toEqual([]);
  });

  it('keeps a problem on one line, so that its text forges no command', () => {
    const lines = written((log) => log.error(problem('build.failed', { detail: 'b', tail: 'a\n::error::forged' })));
    expect(lines).toHaveLength(1);
  });

  it('shows a problem beside the line that is to blame', () => {
    const at = { file: 'web/Dockerfile', line: 12 };
    const [line] = written((log) => log.error(problem('build.failed', { detail: 'no', tail: 'x' }, at)));
    expect(line).toMatch(/^::error file=web\/Dockerfile,line=12::The image could not be built/);
  });

  it('shows a problem without a place by itself', () => {
    expect(written((log) => log.error(problem('run.cancelled', {})))[0]).toMatch(/^::error::/);
  });

  it('does not let the name of a file forge a command or another place', () => {
    const at = { file: 'a,line=1::forged\n::error::forged', line: 2 };
    const lines = written((log) => log.error(problem('build.failed', { detail: 'no', tail: 'x' }, at)));
    expect(lines).toEqual([
      expect.stringMatching(/^::error file=a%2Cline=1%3A%3Aforged%0A%3A%3Aerror%3A%3Aforged,line=2::/),
    ]);
  });

  it('shows the eleventh problem as plain text: GitHub shows ten', () => {
    const lines = written((log) => {
      for (let count = 0; count < 11; count++) log.error(problem('input.missing', { name: `n${count}` }));
    });
    expect(lines.filter((line) => line.startsWith('::error::'))).toHaveLength(10);
    expect(lines.at(-2)).toMatch(/"n10"/);
  });
});
