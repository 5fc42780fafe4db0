// What becomes of a run that is cut at any moment, on the running testbed: each moment of it × resets, silence, restarts of sshd and
// the API server, and signals to the runner. About a quarter of an hour.
//
//   eval "$(testbed/env)" && node bench/faults.js --out faults.md
//
//   --only WORD,WORD      rows of these moments, of these faults, or where both are named, of both
//   --parallel N          so many rows at a time (3)
//   --rows FILE           keeps there what was seen, logs included; rows that are not measured now are taken from it
//   --dist FILE           another bundle than the committed one

const { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { loadavg, tmpdir } = require('node:os');
const { join } = require('node:path');
const { parseArgs } = require('node:util');
const { execute, root } = require('../testbed/sample-app');
const { allCases, cuts, faults, length } = require('./faults/cases');
const { faultsOf } = require('./faults/judge');
const { render } = require('./faults/table');
const { Rig } = require('./faults/trial');
const { stop } = require('./overhead/underway');
const { kubernetesVersions, machine, measuredAction, run, say, today, undo, usage } = require('./script');

/** @typedef {import('./faults/judge').Row} Row */

const OPTIONS = /** @type {const} */ ({
  only: { type: 'string' },
  parallel: { type: 'string', default: '3' },
  rows: { type: 'string' },
  dist: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
});

let isStopped = false;

async function main() {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return process.stdout.write(usage(__filename));
  const queue = choose(values.only).toSorted((a, b) => length(b) - length(a));
  const count = queue.length;
  const about = [kubernetesVersions(), `${machine()}, with a load of ${loadavg()[0]?.toFixed(1)} before`];
  const action = `${measuredAction(values.dist)} (${today()})`;
  const dist = values.dist ?? copyOfDist();
  const rigs = await install(Math.min(Number(values.parallel), count), dist);
  const began = Date.now();
  const rows = /** @type {Row[]} */ ([]);
  const looking = /** @type {Promise<void>[]} */ ([]);
  const lane = async (/** @type {Rig} */ rig) => {
    for (let each = queue.shift(); each && !isStopped; each = queue.shift()) {
      const tried = await rig.tryOut(each).catch((fault) => say(`WRONG ${each.cut}, ${each.fault}: ${fault.stack}`));
      if (isStopped) return;
      if (!tried) {
        process.exitCode = 1;
        continue;
      }
      const { measured, left } = tried;
      const row = { ...each, action, ...measured };
      rows.push(row);
      const { log: _, ...short } = row;
      say(`${rows.length}/${count} after ${Math.round((Date.now() - began) / 1_000)} s: ${JSON.stringify(short)}`);
      looking.push(left.then((found) => judge(Object.assign(row, { left: found }))));
    }
  };
  await Promise.all(rigs.map(lane));
  await Promise.all(looking);
  if (isStopped) return;
  const all = merged(values.rows, rows);
  if (values.rows) writeFileSync(values.rows, JSON.stringify(all, undefined, 1));
  const report = render(all, about);
  process.stdout.write(report);
  if (values.out) writeFileSync(values.out, report);
  if (all.some((row) => faultsOf(row).length > 0)) process.exitCode = 1;
}

/** @param {number} count @param {string} dist */
async function install(count, dist) {
  const rigs = Array.from({ length: count }, () => new Rig({ dist }));
  for (const rig of rigs) {
    undo(() => removeImages(rig.repository));
    undo(() => rig.remove());
    // One after the other, and before all rows: it holds this process up, through which all connections go.
    await rig.install();
  }
  return rigs;
}

/** @param {Row} row */
function judge(row) {
  const wrong = faultsOf(row);
  if (wrong.length > 0) say(`WRONG ${row.cut}, ${row.fault}: ${wrong.join('; ')} ${row.cause} ${row.left.join(' / ')}`);
}

/** @param {string} [only] */
function choose(only) {
  const words = only?.split(',') ?? [];
  const [moments, kinds] = [cuts, faults].map((of) => words.filter((word) => word in of));
  const unknown = words.filter((word) => !(word in cuts) && !(word in faults));
  if (unknown.length > 0)
    throw new Error(`neither a moment (${Object.keys(cuts)}) nor a fault (${Object.keys(faults)}): ${unknown}`);
  const fits = (/** @type {string[]} */ wanted, /** @type {string} */ name) =>
    wanted.length === 0 || wanted.includes(name);
  return allCases().filter(({ cut, fault }) => fits(moments ?? [], cut) && fits(kinds ?? [], fault));
}

/** A copy: somebody may build another one meanwhile. */
function copyOfDist() {
  const folder = mkdtempSync(join(tmpdir(), 'faults-dist-'));
  undo(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(root, 'dist'), folder, { recursive: true });
  return join(folder, 'index.js');
}

/** @param {string | undefined} file @param {Row[]} rows @returns {Row[]} */
function merged(file, rows) {
  const before = /** @type {Row[]} */ (file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []);
  const isNew = (/** @type {Row} */ old) => rows.some(({ cut, fault }) => cut === old.cut && fault === old.fault);
  return [...before.filter((old) => !isNew(old)), ...rows];
}

/** What the engine keeps of an app. @param {string} repository */
async function removeImages(repository) {
  const { stdout } = await execute('docker', ['image', 'ls', '--quiet', repository]);
  const images = new Set(stdout.split('\n').filter(Boolean));
  if (images.size > 0) await execute('docker', ['image', 'rm', '--force', ...images]);
}

run(main, () => {
  isStopped = true;
  stop();
});
