// What the step costs, on the running testbed: its time against the usual recipe (docker login, docker buildx build --push,
// one ssh session with kubectl set image, annotate and rollout status), the CPU that it uses on the cluster's host while it
// watches, and its memory.
//
//   eval "$(testbed/env)" && node bench/overhead.js --out overhead.md
//
//   --only NAME,NAME      of changed, unchanged, redeploy and watch
//   --pairs N             timed runs of the step and the recipe, in turns (9); two before them are not counted
//   --watches N           rollouts of a minute that are watched (3)
//   --round-trip MS       how far away the host is for SSH, for both (0)
//   --dist FILE           another bundle than the committed one

const { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { parseArgs } = require('node:util');
const { App, root } = require('../testbed/sample-app');
const { farAway, testbedHost } = require('./overhead/distance');
const { inPairs, rows } = require('./overhead/pairs');
const { Recipe } = require('./overhead/recipe');
const { hasInput } = require('./overhead/step');
const { render } = require('./overhead/table');
const { stop } = require('./overhead/underway');
const { watchSlowRollouts } = require('./overhead/watch');
const {
  dockerVersions,
  kubernetesVersions,
  machine,
  measuredAction,
  run,
  say,
  today,
  undo,
  usage,
} = require('./script');

const OPTIONS = /** @type {const} */ ({
  only: { type: 'string' },
  pairs: { type: 'string', default: '9' },
  watches: { type: 'string', default: '3' },
  'round-trip': { type: 'string', default: '0' },
  dist: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
});

async function main() {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return process.stdout.write(usage(__filename));
  const chosen = choose(values.only);
  const counts = { pairs: count(values, 'pairs', 1), watches: count(values, 'watches', 1) };
  const roundTrip = count(values, 'round-trip', 0);
  const about = environment(roundTrip, values.dist);
  const tools = { ...(await prepare(roundTrip, values.dist)), say };
  const pairs = /** @type {Record<string, import('./overhead/pairs').Pair[]>} */ ({});
  const left = [];
  for (const [name, { inputs }] of Object.entries(rows).filter(([each]) => chosen.includes(each))) {
    const missing = Object.keys(inputs).find((input) => !hasInput(input));
    if (missing === undefined) pairs[name] = await inPairs(name, tools, counts.pairs);
    else left.push(`\`${name}\` could not be measured: the action has no input \`${missing}\`.`);
  }
  const watched = chosen.includes('watch') ? await watchSlowRollouts(tools, counts.watches, undo) : [];
  const report = render({ pairs, left, watched, peakBytes: peakBytes(tools.peakFile), environment: about });
  process.stdout.write(report);
  if (values.out) writeFileSync(values.out, report);
}

/** @param {string | undefined} only */
function choose(only) {
  const known = [...Object.keys(rows), 'watch'];
  const chosen = only?.split(',') ?? known;
  const unknown = chosen.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`not known: ${unknown.join(', ')}; there are: ${known.join(' ')}`);
  return chosen;
}

/** @param {number} roundTripMs @param {string | undefined} bundle */
async function prepare(roundTripMs, bundle) {
  const folder = mkdtempSync(join(tmpdir(), 'overhead-'));
  undo(() => rmSync(folder, { recursive: true, force: true }));
  // A copy: somebody may build another one meanwhile.
  const ours = join(folder, 'dist');
  cpSync(join(root, 'dist'), ours, { recursive: true });
  const dist = bundle ?? join(ours, 'index.js');
  const recipe = new Recipe();
  undo(() => recipe.remove());
  const [stepApp, recipeApp, bareApp] = [await install(), await install(), await install()];
  let where = testbedHost();
  if (roundTripMs > 0) {
    const far = await farAway(where, roundTripMs);
    undo(far.close);
    where = far.where;
  }
  return { dist, recipe, stepApp, recipeApp, bareApp, where, peakFile: join(folder, 'peak') };
}

async function install() {
  const app = new App();
  undo(() => app.remove());
  await app.install({ registry: 'private' });
  return app;
}

/** @param {string} file */
function peakBytes(file) {
  if (!existsSync(file)) return undefined;
  return Math.max(...readFileSync(file, 'utf8').trim().split('\n').map(Number)) * 1024;
}

/** @param {Record<string, unknown>} values @param {string} name @param {number} least */
function count(values, name, least) {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < least) throw new Error(`--${name} is a number from ${least} on`);
  return number;
}

/** @param {number} roundTripMs @param {string | undefined} dist */
function environment(roundTripMs, dist) {
  return [
    measuredAction(dist),
    kubernetesVersions(),
    dockerVersions(),
    ...(roundTripMs > 0 ? [`${roundTripMs} ms to the host and back by SSH`] : []),
    machine(),
    today(),
  ];
}

run(main, stop);
