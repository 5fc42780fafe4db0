// What is really there, whatever a run says of it.

const { spawn, execFileSync } = require('node:child_process');
const { setTimeout: sleep } = require('node:timers/promises');
const { execute } = require('../../testbed/sample-app');

/** @typedef {InstanceType<typeof import('../../testbed/sample-app').App>} SampleApp */

/**
 * @typedef {object} State
 * @property {'new' | 'old'} image Of the workload.
 * @property {('new' | 'old')[]} ready Of the pods that are ready and not on their way out; each once.
 * @property {boolean} isComplete Whether all that the workload asks for is there, and nothing else.
 * @property {{ set: number, before: number }} soak The workload's minReadySeconds, and its owner's.
 * @property {boolean} isHeld Whether a run counts as at work.
 */

const PREFIX = 'deploy-action.medibird.github.io';

/** @param {SampleApp} app @param {string} version @returns {Promise<State>} */
async function stateOf(app, version) {
  const { metadata, spec, status } = await deploymentOf(app);
  /** @type {import('../../testbed/sample-app').Pod[]} */
  const pods = (await read(app, 'pods')).items;
  const ageOf = (/** @type {string | undefined} */ image) =>
    image?.split('@')[0]?.endsWith(`:${version}`) ? 'new' : 'old';
  const ready = pods.flatMap((pod) => {
    const isReady = pod.status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True');
    return isReady && !pod.metadata?.deletionTimestamp ? [ageOf(pod.spec?.containers[0]?.image)] : [];
  });
  const {
    [`${PREFIX}/hold`]: hold = '',
    [`${PREFIX}/id`]: writer,
    [`${PREFIX}/min-ready-seconds`]: remembered,
  } = metadata?.annotations ?? {};
  const set = spec?.minReadySeconds ?? 0;
  const { before = set } = JSON.parse(remembered ?? '{}');
  const { replicas, updatedReplicas, availableReplicas, observedGeneration = 0 } = status ?? {};
  const isSeen = observedGeneration >= (metadata?.generation ?? 0);
  return {
    image: ageOf(spec?.template.spec?.containers[0]?.image),
    ready: [...new Set(ready)].toSorted(),
    isComplete: isSeen && [replicas, updatedReplicas, availableReplicas].every((each) => each === spec?.replicas),
    soak: { set, before },
    isHeld: hold !== '' && JSON.parse(hold).id === writer,
  };
}

/** Not by the app itself, which would hold up the ways that go through this process. @param {SampleApp} app @param {string[]} what */
async function read(app, ...what) {
  const { stdout } = await execute('kubectl', ['get', ...what, '-n', app.namespace, '-o', 'json'], {
    maxBuffer: 2 ** 25,
  });
  return JSON.parse(stdout);
}

/** @param {SampleApp} app @returns {Promise<import('../../testbed/sample-app').Deployment>} */
const deploymentOf = (app) => read(app, 'deployment', app.name);

/** What is there once a rollout that nobody watches any more has come to its end, if it does. @param {SampleApp} app @param {string} version @param {number} ms */
async function untilSettled(app, version, ms) {
  const until = Date.now() + ms;
  for (;;) {
    const state = await stateOf(app, version);
    if (state.isComplete || Date.now() > until) return state;
    await sleep(1_000);
  }
}

/** Begins to watch the workload; `seen` resolves as soon as its history is another than now. @param {SampleApp} app */
async function watchHistory(app) {
  const { metadata } = await deploymentOf(app);
  const historyOf = (/** @type {import('../../testbed/sample-app').Deployment} */ workload) =>
    workload.metadata?.annotations?.[`${PREFIX}/history`];
  const before = metadata?.annotations?.[`${PREFIX}/history`];
  const query = new URLSearchParams({
    watch: '1',
    fieldSelector: `metadata.name=${app.name}`,
    resourceVersion: metadata?.resourceVersion ?? '',
    timeoutSeconds: '60',
  });
  const path = `/apis/apps/v1/namespaces/${app.namespace}/deployments?${query}`;
  const watch = spawn('kubectl', ['get', '--raw', path], { stdio: ['ignore', 'pipe', 'ignore'] });
  const seen = new Promise((/** @type {(value?: undefined) => void} */ done, fail) => {
    let rest = '';
    watch.stdout.setEncoding('utf8').on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      if (!lines.some((line) => historyOf(JSON.parse(line).object) !== before)) return;
      watch.kill();
      done();
    });
    watch.on('error', fail);
    watch.on('close', () => fail(new Error("the workload's history has not changed")));
  });
  return { seen };
}

/** The builds of an image that are under way. @param {string} image */
function buildsOf(image) {
  const all = execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' }).split('\n');
  return all.filter((line) => /\bbuildx\b/.test(line) && line.split(/[ =]/).includes(image));
}

module.exports = { buildsOf, watchHistory, stateOf, untilSettled };
