// The step against the recipe, in turns: whatever else the machine does, it does to both.

const { loadavg } = require('node:os');
const { change, settle } = require('./change');
const { deployByStep } = require('./step');

/** @typedef {InstanceType<typeof import('../../testbed/sample-app').App>} SampleApp */
/** @typedef {InstanceType<typeof import('./recipe').Recipe>} Recipe */
/** @typedef {import('./recipe').Parts} Parts */
/** @typedef {import('./distance').Where} Where */
/** @typedef {{ step: import('./step').Measured, recipe: Parts, bare: Parts, load: number }} Pair With the machine's load before it. */

/**
 * @typedef {object} Row
 * @property {'deployed' | 'unchanged'} outcome
 * @property {(count: number) => string} tag
 * @property {boolean} isChanged Whether each run builds an image that nobody has.
 * @property {{ ratio: number } | { seconds: number }} reach How much of the recipe's time, or how many seconds more, it may take.
 * @property {Record<string, string>} inputs Of the step.
 * @property {(recipe: Recipe, ...of: [app: SampleApp, tag: string, where: Where]) => Promise<Parts>} recipe
 */

/** @type {Record<string, Row>} */
const rows = {
  changed: {
    outcome: 'deployed',
    tag: (count) => `changed-${count}`,
    isChanged: true,
    reach: { ratio: 0.8 },
    inputs: {},
    recipe: (recipe, ...of) => recipe.deploy(...of),
  },
  unchanged: {
    outcome: 'unchanged',
    tag: () => 'unchanged',
    isChanged: false,
    reach: { ratio: 0.6 },
    inputs: {},
    recipe: (recipe, ...of) => recipe.deploy(...of),
  },
  redeploy: {
    outcome: 'deployed',
    tag: (count) => `redeploy-${count % 2}`,
    isChanged: false,
    reach: { seconds: 0.5 },
    // The two images have build arguments of their own.
    inputs: { operation: 'redeploy', 'allow-other-build-args': 'true' },
    recipe: (recipe, ...of) => recipe.redeploy(...of),
  },
};

/** Runs that are not counted: they push what the others find there. */
const WARM_UPS = 2;

/**
 * @typedef {object} Tools
 * @property {Recipe} recipe
 * @property {SampleApp} stepApp
 * @property {SampleApp} recipeApp One of its own, so that neither finds what the other has left.
 * @property {SampleApp} bareApp
 * @property {Where} where
 * @property {string} peakFile
 * @property {string} dist
 * @property {(text: string) => void} say
 */

/** @param {string} name @param {Tools} tools @param {number} pairs @returns {Promise<Pair[]>} */
async function inPairs(name, tools, pairs) {
  const row = rows[name];
  if (!row) throw new Error(`no such row: ${name}`);
  const seen = /** @type {Pair[]} */ ([]);
  const digests = new Map();
  const tagged = Array.from({ length: WARM_UPS }, (_, count) => row.tag(count));
  for (let count = 0; count < pairs + WARM_UPS; count++) {
    const [load = 0] = loadavg();
    const tag = row.tag(count);
    const isNew = row.isChanged || count === tagged.indexOf(tag);
    const isCounted = count >= WARM_UPS;
    const of = { row, tag, isNew, isCounted, digests, tools };
    const isStepFirst = count % 2 === 0;
    const first = isStepFirst ? await byStep(of) : undefined;
    const recipe = await byRecipe(of);
    const step = first ?? (await byStep(of));
    const bare = await byBareCalls(of);
    if (!isCounted) continue;
    seen.push({ step, recipe, bare, load });
    const seconds = `the step ${step.seconds.toFixed(2)} s, the recipe ${recipe.seconds?.toFixed(2)} s, its bare calls ${bare.seconds?.toFixed(2)} s`;
    tools.say(`${name} ${seen.length}/${pairs}: ${seconds}, load ${load.toFixed(1)}`);
  }
  return seen;
}

/** @typedef {{ row: Row, tag: string, isNew: boolean, isCounted: boolean, digests: Map<string, string>, tools: Tools }} Deploy */

/** @param {Deploy} deploy */
async function byStep({ row, tag, isNew, isCounted, digests, tools: { stepApp, where, dist, peakFile } }) {
  if (isNew) change(stepApp);
  const measured = await deployByStep(stepApp, tag, {
    where,
    dist,
    inputs: isCounted ? row.inputs : {},
    expected: isNew ? 'deployed' : row.outcome,
    // To note it takes a moment.
    ...(!isCounted && { peakFile }),
  });
  if (isNew) digests.set(tag, measured.digest);
  if (measured.digest !== digests.get(tag)) throw new Error(`the step has built ${tag} anew`);
  await settle(stepApp, tag);
  return measured;
}

/** @param {Deploy} deploy */
async function byRecipe({ row, tag, isNew, isCounted, tools: { recipe, recipeApp, where } }) {
  if (isNew) change(recipeApp);
  const parts = await (isCounted ? row.recipe(recipe, recipeApp, tag, where) : recipe.deploy(recipeApp, tag, where));
  await settle(recipeApp, tag);
  return parts;
}

/** @param {Deploy} deploy */
async function byBareCalls({ row, tag, isNew, isCounted, tools: { recipe, bareApp } }) {
  if (isNew) change(bareApp);
  const isBuilt = isCounted && row.inputs.operation === 'redeploy';
  const parts = await recipe.bare(bareApp, tag, { isBuilt });
  await settle(bareApp, tag);
  return parts;
}

module.exports = { inPairs, rows };
