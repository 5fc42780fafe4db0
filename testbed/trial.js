// One deploy under a condition, seen from outside: what its users got meanwhile, and what serves them afterwards.

const { setTimeout: sleep } = require('node:timers/promises');
const { stage } = require('./conditions');
const { Load } = require('./load');
const { App } = require('./sample-app');

/** @typedef {import('./conditions').Condition} Condition */
/** @typedef {InstanceType<typeof App>} SampleApp */

/**
 * @template Result
 * @typedef {object} Trial
 * @property {Result} result What the deploy gave.
 * @property {string} serves The versions that answer through the Service when all is over.
 * @property {number} ready How many pods of that version are ready.
 * @property {import('kubernetes-types/apps/v1').Deployment} workload As it was left.
 * @property {number} answered Requests, from before the deploy until a while after it.
 * @property {string[]} dropped What was wrong with each of the others.
 */

/** Light, so that it does not slow down what it looks at. */
const LIGHT = { workers: 2, pauseMs: 20 };
/** So long after the deploy users are still watched: pods that were told to stop are gone by then. */
const AFTERWARDS_MS = 5_000;

/**
 * Stages the condition, has version `second` deployed under load, looks who serves, and puts the cluster back.
 *
 * @template Result
 * @param {Condition} condition
 * @param {(app: SampleApp, inputs: Record<string, string>) => Promise<Result>} deploy
 * @param {SampleApp} [given] Not installed yet.
 * @returns {Promise<Trial<Result>>}
 */
async function tryOut(condition, deploy, given = new App()) {
  const { app, inputs } = await stage(condition, given);
  try {
    const { result, load } = await underLoad(condition, () => deploy(app, inputs), app);
    const version = condition.kind === 'good' ? 'second' : 'first';
    const serves = await app.serves(version);
    return {
      result,
      serves,
      ready: app.pods().filter((pod) => runs(pod, serves)).length,
      workload: app.deployment(),
      answered: load.answered,
      dropped: load.failures,
    };
  } finally {
    await app.remove();
  }
}

/**
 * @template Result
 * @param {Condition} condition @param {() => Promise<Result>} deploy @param {SampleApp} app
 */
async function underLoad(condition, deploy, app) {
  const load = new Load(app.nodePort, LIGHT);
  try {
    await sleep(1_000);
    let state = /** @type {'under way' | 'over' | Error} */ ('under way');
    (async () => condition.during?.(app))().then(
      () => {
        state = 'over';
      },
      (fault) => {
        state = fault;
      },
    );
    const result = await deploy();
    await sleep(AFTERWARDS_MS);
    if (state !== 'over') throw new Error(`what should happen during the deploy: ${state}`);
    return { result, load };
  } finally {
    await load.stop();
  }
}

/** @param {import('kubernetes-types/core/v1').Pod} pod @param {string} version */
function runs({ metadata, spec, status }, version) {
  const isReady = status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True');
  const isOfDeployment = metadata?.ownerReferences !== undefined && metadata.deletionTimestamp === undefined;
  const [image = ''] = spec?.containers[0]?.image?.split('@') ?? [];
  return isReady && isOfDeployment && image.endsWith(`:${version}`);
}

module.exports = { tryOut };
