// Pairs of runs of the action that begin at the same time on one workload, on the running testbed. Do their writes ever
// interleave, do all of them end, and does the last writer's version serve?
//
//   eval "$(testbed/env)" && node bench/one-writer.js --out one-writer.md
//
//   --pairs N             so many (20)
//   --parallel N          on so many workloads at a time (2)
//   --dist FILE           another bundle than the committed one

const { cpSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { loadavg, tmpdir } = require('node:os');
const { join } = require('node:path');
const { parseArgs } = require('node:util');
const { App, root } = require('../testbed/sample-app');
const { Writers } = require('../testbed/writers');
const { kubernetesVersions, machine, measuredAction, run, say, today, undo, usage } = require('./script');

/**
 * @typedef {object} Seen
 * @property {string} kind
 * @property {{ number: string, tag: string, outcome: string, seconds: number, waited: boolean }[]} runs In the order in which they were begun.
 * @property {string[]} order The numbers of those that wrote, in the order in which they did.
 * @property {number} writes
 * @property {string[]} interleaved
 * @property {string} serves
 * @property {string} expected
 * @property {boolean} isHeld Whether the workload was still held at the end.
 */

/** What the two bring, and how each may end; in turns. */
const KINDS = /** @type {const} */ ({
  'both good': [{}, {}],
  'the first crashes': [{ crashes: true }, {}],
  'the second crashes': [{}, { crashes: true }],
  'the same image': [{}, { isSame: true }],
  'both good, one begun 2 s later': [{}, { laterMs: 2_000 }],
});

const GOOD = ['deployed', 'unchanged'];
const BAD = ['failed-rolled-back'];

const OPTIONS = /** @type {const} */ ({
  pairs: { type: 'string', default: '20' },
  parallel: { type: 'string', default: '2' },
  dist: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
});

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
let isStopped = false;

async function main() {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return process.stdout.write(usage(__filename));
  const folder = mkdtempSync(join(tmpdir(), 'one-writer-'));
  try {
    // A copy: somebody may build another one meanwhile.
    cpSync(join(root, 'dist'), folder, { recursive: true });
    const dist = values.dist ?? join(folder, 'index.js');
    const about = environment(values.dist);
    const kinds = Object.keys(KINDS);
    const queue = Array.from({ length: Number(values.pairs) }, (_, index) => kinds[index % kinds.length] ?? '');
    const seen = /** @type {Seen[]} */ ([]);
    const lanes = Array.from({ length: Number(values.parallel) }, async () => {
      const app = new App();
      undo(() => app.remove());
      await app.install();
      app.dockerfile('ARG CRASH\nENV CRASH_AFTER=$CRASH');
      for (let kind = queue.shift(); kind !== undefined && !isStopped; kind = queue.shift()) {
        const each = await pair(app, kind, dist);
        if (isStopped) return;
        seen.push(each);
        say(`${seen.length}/${values.pairs} ${JSON.stringify(each)}`);
      }
    });
    await Promise.all(lanes);
    const report = render(seen, about);
    process.stdout.write(report);
    if (values.out) writeFileSync(values.out, report);
    if (!seen.every(isRight)) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

let count = 0;

/** @param {InstanceType<typeof App>} app @param {string} kind @param {string} dist @returns {Promise<Seen>} */
async function pair(app, kind, dist) {
  const before = await app.version();
  const writers = new Writers(app);
  const index = ++count;
  const [one, other] = KINDS[/** @type {keyof typeof KINDS} */ (kind)];
  const runs = await Promise.all(
    [one, other].map(async (/** @type {{ crashes?: boolean, isSame?: boolean, laterMs?: number }} */ each, place) => {
      const tag = `v${index}-${each.isSame ? 1 : place + 1}`;
      const number = `${index}0${place + 1}`;
      if (each.laterMs) await new Promise((resolve) => setTimeout(resolve, each.laterMs));
      const args = `VERSION=${tag}${each.crashes ? '\nCRASH=0s' : ''}`;
      const result = await app.run(
        tag,
        { 'build-args': args, timeout: '120s', soak: '6s' },
        { dist, environment: { GITHUB_RUN_ID: number }, onStart },
      );
      const { outcome = `exit ${result.exitCode}` } = result.outputs;
      const waited = /^Another run is at work on/m.test(result.log);
      return { number, tag, outcome, seconds: result.seconds, waited };
    }),
  );
  await writers.seen();
  writers.stop();
  const order = writers.order();
  const expected = expectedAfter(before, order, runs);
  const last = writers.writes().at(-1);
  return {
    kind,
    runs,
    order,
    writes: writers.writes().length,
    interleaved: writers.interleaved(),
    serves: await app.serves(expected),
    expected,
    isHeld: last !== undefined && !last.ends,
  };
}

/** @param {import('node:child_process').ChildProcess} main */
function onStart(main) {
  running.add(main);
  main.on('exit', () => running.delete(main));
}

/** The version of the last one that wrote and did not have to go back. @param {string} before @param {string[]} order @param {Seen['runs']} runs */
function expectedAfter(before, order, runs) {
  const wrote = order.map((number) => runs.find((each) => each.number === number));
  return wrote.findLast((each) => GOOD.includes(each?.outcome ?? ''))?.tag ?? before;
}

/** @param {Seen} seen */
function isRight({ kind, runs, interleaved, serves, expected, isHeld }) {
  const outcomes = KINDS[/** @type {keyof typeof KINDS} */ (kind)].map((each) => ('crashes' in each ? BAD : GOOD));
  const areAsExpected = runs.every(({ outcome }, index) => outcomes[index]?.includes(outcome));
  return areAsExpected && interleaved.length === 0 && serves === expected && !isHeld;
}

/** @param {Seen[]} seen @param {string[]} about */
function render(seen, about) {
  const share = (/** @type {(each: Seen) => boolean} */ fits) => `${seen.filter(fits).length} of ${seen.length}`;
  const seconds = seen.flatMap(({ runs }) => runs.map((each) => each.seconds)).toSorted((a, b) => a - b);
  const lines = [
    '# Runs that meet on one workload',
    '',
    'Made by `node bench/one-writer.js` on the testbed: two runs begin at the same time on one workload, and every version that the API server stores of it is recorded by a watch.',
    '',
    `Measured with ${about.join('; ')}.`,
    '',
    '| | |',
    '| --- | --- |',
    `| Pairs whose writes never interleaved | ${share(({ interleaved }) => interleaved.length === 0)} |`,
    `| … of which both ended, as their version had to | ${share((each) => isRight({ ...each, interleaved: [], serves: each.expected, isHeld: false }))} |`,
    `| … that left the workload to the next run | ${share(({ isHeld }) => !isHeld)} |`,
    `| … after which the last writer's version served, or after its rollback the one before | ${share(({ serves, expected }) => serves === expected)} |`,
    `| Pairs in which one had to wait for the other | ${share(({ runs }) => runs.some(({ waited }) => waited))} |`,
    `| Seconds of a run, median / longest | ${print(seconds[Math.floor(seconds.length / 2)])} / ${print(seconds.at(-1))} |`,
    '',
    '| Pair | Ended | Wrote, in this order | Writes | Waited | Seconds | Interleaved | Serves |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...seen.map(({ kind, runs, order, writes, interleaved, serves, expected }) => {
      const nameOf = (/** @type {string} */ number) => (number.endsWith('1') ? 'the first' : 'the second');
      const cells = [
        kind,
        runs.map(({ outcome }) => outcome).join(', '),
        order.map(nameOf).join(', '),
        `${writes}`,
        runs
          .filter(({ waited }) => waited)
          .map(({ number }) => nameOf(number))
          .join(', ') || '–',
        runs.map((each) => print(each.seconds)).join(', '),
        interleaved.join('; ') || 'no',
        serves === expected ? serves : `**${serves}**, not ${expected}`,
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
  return `${lines.join('\n')}\n`;
}

/** @param {number | undefined} seconds */
const print = (seconds) => seconds?.toFixed(1) ?? '–';

/** @param {string | undefined} dist */
function environment(dist) {
  const load = loadavg()[0]?.toFixed(1);
  return [measuredAction(dist), kubernetesVersions(), `${machine()}, with a load of ${load} before`, today()];
}

run(main, () => {
  isStopped = true;
  for (const each of running) each.kill('SIGINT');
});
