// Before each file of unit tests: notes every code of the catalogue that a file of src says, for provoked-reporter.js.

const { appendFileSync, writeFileSync } = require('node:fs');
const { join, sep } = require('node:path');

const folder = process.env.PROVOKED_FOLDER;
const SRC = join(__dirname, '../src') + sep;
const noted = new Set();

function note(table, code) {
  if (noted.has(`${table} ${code}`)) return;
  noted.add(`${table} ${code}`);
  appendFileSync(join(folder, 'said'), `${table} ${code}\n`);
}

/** Whether who called `wrapper` stands in src: what a test makes for itself shows nothing. */
function isCalledBySrc(wrapper) {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const at = {};
  Error.stackTraceLimit = 1;
  Error.prepareStackTrace = (_, sites) => sites[0]?.getFileName() ?? '';
  Error.captureStackTrace(at, wrapper);
  const file = at.stack;
  Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  return file.startsWith(SRC);
}

/** The same function, which notes its code when src calls it. */
function noting(table, say) {
  return function wrapper(code, ...rest) {
    if (!noted.has(`${table} ${code}`) && isCalledBySrc(wrapper)) note(table, code);
    return say(code, ...rest);
  };
}

/** Every code there is. The first file of tests to say anything leaves it, for the reporter cannot read TypeScript. */
function leaveCatalogue() {
  const { problems } = jest.requireActual('../src/words/en/problems');
  const { lines } = jest.requireActual('../src/words/en/lines');
  const { adviceLines } = jest.requireActual('../src/words/en/advice');
  const codes = Object.entries({ problems, lines, adviceLines }).flatMap(([table, words]) =>
    Object.keys(words).map((code) => `${table} ${code}`),
  );
  try {
    writeFileSync(join(folder, 'catalogue'), codes.join('\n'), { flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}

if (folder) {
  jest.mock('../src/words/words', () => {
    leaveCatalogue();
    const words = jest.requireActual('../src/words/words');
    return { ...words, problem: noting('problems', words.problem), line: noting('lines', words.line) };
  });
  // Advice has no maker of its own: what src finds to advise is what counts.
  jest.mock('../src/workload/advice', () => {
    const { advise, ...rest } = jest.requireActual('../src/workload/advice');
    const wrapper = (facts) => {
      const found = advise(facts);
      for (const { code } of found) note('adviceLines', code);
      return found;
    };
    return { ...rest, advise: wrapper };
  });
}
