// What the action makes of a registry that fails, on the running testbed: at each step of a push, in each way, once and
// always, with the engine's own builder and with a container builder. About 11 minutes.
//
//   eval "$(testbed/env)" && node bench/registry-faults.js --out registry-faults.md
//
//   --only WORD,WORD      cases whose names (driver, step, fault, once or always) have all these words
//   --silent              instead of the others, those of a registry that never answers: 20 minutes with --parallel 26
//   --parallel N          so many at a time of those that always fail, which mostly wait (14); of the others 3
//   --out FILE            sections of it that are not measured now stay as they are

const { randomBytes } = require('node:crypto');
const { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { parseArgs } = require('node:util');
const { App, execute, root } = require('../testbed/sample-app');
const { stop } = require('./overhead/underway');
const { casesOf } = require('./registry-faults/cases');
const { startEngine } = require('./registry-faults/engine');
const { render } = require('./registry-faults/table');
const { tryOut } = require('./registry-faults/trial');
const { dockerVersions, machine, measuredAction, run, say, today, undo, usage } = require('./script');

/** @typedef {import('./registry-faults/cases').Case} Case */
/** @typedef {import('./registry-faults/table').Row} Row */
/** @typedef {Record<import('./registry-faults/cases').Driver, import('./registry-faults/trial').Builder>} Builders */

const OPTIONS = /** @type {const} */ ({
  only: { type: 'string' },
  silent: { type: 'boolean', default: false },
  parallel: { type: 'string', default: '14' },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
});
/** More would spoil the seconds of what is over quickly, on two cores. */
const QUICK_AT_A_TIME = 3;

let isStopped = false;

async function main() {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return process.stdout.write(usage(__filename));
  const cases = choose(values);
  const about = environment();
  const builders = await prepare();
  /** @type {Row[]} */
  const rows = [];
  const act = async (/** @type {InstanceType<typeof App>} */ app, /** @type {Case} */ each) => {
    const measured = await tryOut(app, each, builders[each.driver]).catch(({ message }) => ({ threw: message }));
    if (isStopped) return;
    rows.push({ ...each, ...measured });
    say(`${rows.length}/${cases.length} ${JSON.stringify(rows.at(-1))}`);
  };
  const long = cases.filter(({ howOften, manner }) => howOften === 'always' || manner === 'silent').sort(longestFirst);
  const quick = cases.filter((each) => !long.includes(each));
  await Promise.all([inTurns(long, count(values.parallel), act), inTurns(quick, QUICK_AT_A_TIME, act)]);
  const before = values.out && existsSync(values.out) ? readFileSync(values.out, 'utf8') : '';
  const report = render(rows, before, about);
  process.stdout.write(report);
  if (values.out && !isStopped) writeFileSync(values.out, report);
}

/** @param {{ only?: string | undefined, silent: boolean }} values */
function choose({ only, silent }) {
  const words = only?.split(',') ?? [];
  const all = casesOf(silent ? ['silent'] : ['500', '429', 'reset', 'cut']);
  const chosen = all.filter((each) => words.every((word) => Object.values(each).includes(word)));
  // Four quarters of an hour.
  const isEndless = ({ driver, manner, howOften }) =>
    manner === 'silent' && howOften === 'always' && driver === 'docker-container';
  const measured = chosen.filter((each) => !isEndless(each));
  if (measured.length === 0) throw new Error(`no case has all of: ${words.join(', ')}`);
  return measured;
}

/** @param {Case} a @param {Case} b */
function longestFirst(a, b) {
  const weight = (/** @type {Case} */ { driver, step, manner, howOften }) => {
    if (manner === 'silent') return driver === 'docker-container' ? 9 : howOften === 'always' ? 8 : 7;
    // The engine tries layers and logins again for 50 s by itself, BuildKit for 8 s.
    const isTriedAgain = manner !== '429' && step !== 'manifest' && step !== 'ping';
    return isTriedAgain ? (driver === 'docker' ? 2 : 1) : 0;
  };
  return weight(b) - weight(a);
}

/** @returns {Promise<Builders>} */
async function prepare() {
  const folder = mkdtempSync(join(tmpdir(), 'registry-faults-'));
  undo(() => rmSync(folder, { recursive: true, force: true }));
  // A copy: somebody may build another one meanwhile.
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  const dist = join(folder, 'dist/index.js');
  const engine = await startEngine();
  undo(engine.stop);
  const environment = { BUILDX_CONFIG: join(folder, 'buildx') };
  const env = { ...process.env, ...environment };
  const builder = `registry-faults-${randomBytes(3).toString('hex')}`;
  const options = ['--driver', 'docker-container', '--driver-opt', 'network=host', '--bootstrap'];
  undo(() => execute('docker', ['buildx', 'rm', '--force', builder], { env }));
  await execute('docker', ['buildx', 'create', '--name', builder, ...options], { env });
  return {
    docker: { inputs: {}, environment: engine.environment, dist },
    'docker-container': { inputs: { builder }, environment, dist },
  };
}

/** @param {Case[]} cases @param {number} atATime @param {(app: InstanceType<typeof App>, each: Case) => Promise<void>} act */
async function inTurns(cases, atATime, act) {
  const waiting = [...cases];
  let installed = Promise.resolve();
  const worker = async () => {
    const app = new App();
    undo(() => app.remove());
    // One after the other: all at once they would keep each other from getting ready.
    const mine = installed.then(() => (waiting.length > 0 && !isStopped ? app.install() : undefined));
    installed = mine.catch(() => undefined);
    await mine;
    for (let next = waiting.shift(); next && !isStopped; next = waiting.shift()) await act(app, next);
  };
  await Promise.all(Array.from({ length: Math.min(atATime, cases.length) }, worker));
}

/** @param {string} text */
function count(text) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error('--parallel is a number from 1 on');
  return number;
}

function environment() {
  return [measuredAction(), dockerVersions(), machine(), today()];
}

run(main, () => {
  isStopped = true;
  stop();
});
