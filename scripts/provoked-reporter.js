// Fails a full run of the unit tests in which a message of the catalogue was never said: nobody knows whether it can be, or what it looks like.

const { mkdtempSync, readdirSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, relative } = require('node:path');

const ROOT = join(__dirname, '..');
const FOLDER = 'PROVOKED_FOLDER';

module.exports = class ProvokedReporter {
  constructor({ testNamePattern = '' }) {
    this.isPart = testNamePattern !== '';
    // The workers, which provoked-setup.js runs in, inherit it.
    this.folder = process.env[FOLDER] = mkdtempSync(join(tmpdir(), 'provoked-'));
  }

  onRunComplete(_contexts, results) {
    const [said, catalogue] = ['said', 'catalogue'].map((name) => linesOf(join(this.folder, name)));
    rmSync(this.folder, { recursive: true });
    delete process.env[FOLDER];
    if (this.isPart || !isWholeAndGreen(results)) return;
    const silent = [...catalogue].filter((each) => !said.has(each));
    if (catalogue.size > 0 && silent.length === 0) return;
    // Counted as a failed test: it is in the totals then, and in the exit code.
    results.numFailedTests += 1;
    process.stderr.write(`\n${explain(silent)}\n\n`);
  }
};

function linesOf(file) {
  try {
    return new Set(readFileSync(file, 'utf8').split('\n').filter(Boolean));
  } catch {
    return new Set();
  }
}

/** Whether every file of unit tests ran. After a failure the codes that it kept from being said would say nothing new. */
function isWholeAndGreen({ numFailedTests, numFailedTestSuites, testResults }) {
  if (numFailedTests + numFailedTestSuites > 0) return false;
  const ran = new Set(testResults.map(({ testFilePath }) => relative(ROOT, testFilePath)));
  const files = readdirSync(join(ROOT, '__tests__'), { recursive: true }).map((name) => join('__tests__', name));
  const unit = files.filter((file) => file.endsWith('.test.ts') && !file.startsWith(join('__tests__', 'e2e')));
  return unit.every((file) => ran.has(file));
}

function explain(silent) {
  return [
    'Messages of the catalogue that no unit test made the program say:',
    ...silent.map((each) => `  ${each}`),
    'For each, write a test that sets up the situation (an answer of docker, kubectl, the registry or the host, or an input) and runs',
    'the code of src that says it: problem(CODE), line(CODE) or advise() called in src counts, called in __tests__ it does not. A',
    'message that no situation leads to is dead: take it out of src/words/en and src/words/ko.',
  ].join('\n');
}
