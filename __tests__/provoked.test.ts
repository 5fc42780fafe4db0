import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ProvokedReporter from '../scripts/provoked-reporter';
import { problem } from '../src/words/words';

const FILES = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && relative('e2e', name).startsWith('..'))
  .map((name) => ({ testFilePath: join(__dirname, name) }));
/** Where this very run writes down what it said; left out where it runs without the reporter. */
const OURS = process.env.PROVOKED_FOLDER;
const folderOf = () => process.env.PROVOKED_FOLDER ?? '';

afterEach(() => jest.restoreAllMocks());

/** What becomes of a run in which these codes were said, and what it prints. */
function ended(said: readonly string[], { files = FILES, failed = 0, pattern = '' } = {}) {
  let printed = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    printed += chunk;
    return true;
  });
  const reporter = new ProvokedReporter({ testNamePattern: pattern });
  const folder = folderOf();
  writeFileSync(join(folder, 'catalogue'), 'problems a.one\nlines b.two');
  for (const each of said) writeFileSync(join(folder, 'said'), `${each}\n`, { flag: 'a' });
  const results = { numFailedTests: failed, numFailedTestSuites: failed, testResults: files };
  reporter.onRunComplete([], results);
  expect([existsSync(folder), folderOf()]).toEqual([false, '']);
  return { failed: results.numFailedTests, printed };
}

describe('a full run of the unit tests', () => {
  it('fails where the program never said a message, and names it', () => {
    const { failed, printed } = ended(['problems a.one', 'problems a.one']);
    expect(failed).toBe(1);
    expect(printed).toContain('\n  lines b.two\n');
    expect(printed).not.toContain('a.one');
  });

  it('says nothing where it said them all', () => {
    expect(ended(['lines b.two', 'problems a.one'])).toEqual({ failed: 0, printed: '' });
  });

  it('says no more where a test has failed, which may have kept it from them', () => {
    expect(ended([], { failed: 2 })).toEqual({ failed: 2, printed: '' });
  });
});

it.each([
  ['files', { files: FILES.slice(1) }],
  ['tests', { pattern: 'some' }],
])('a run of a part of the %s is not asked for all messages', (_, part) => {
  expect(ended([], part)).toEqual({ failed: 0, printed: '' });
});

it('what a test says by itself is nothing that the program has said', () => {
  expect(problem('made.up' as never, {} as never)).toEqual({ code: 'made.up', params: {} });
  const said = join(OURS ?? '', 'said');
  expect(existsSync(said) ? readFileSync(said, 'utf8') : '').not.toContain('made.up');
});
