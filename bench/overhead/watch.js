// What watching costs on the cluster's host: the step and `kubectl rollout status` look at the very same rollout, each
// through an SSH server of its own.

const { change, settle } = require('./change');
const { Host } = require('./host');
const { deployByStep } = require('./step');

/** An app that comes up like a large JVM: with the pull and the probe, its rollout takes about a minute. */
const SLOW_START = 'ENV START_DELAY=58s';

/** At most so many times the CPU seconds of `kubectl rollout status`. */
const REACH = 2;

/**
 * @typedef {object} Watched
 * @property {number} seconds From the patch to the verdict.
 * @property {{ before: number, watch: number, after: number }} step CPU seconds on the host, before the patch has been answered, from there to the
 * verdict, and later.
 * @property {number} status CPU seconds of `kubectl rollout status` through ssh.
 * @property {{ step: number, watch: number, status: number }} commands Started over SSH.
 * @property {{ step: number, status: number }} peak Processes at a time.
 * @property {number} left Seconds that something of the step's stayed on the host after its end.
 */

/** @param {import('./pairs').Tools} tools @param {number} times @param {(undo: () => unknown) => void} undo @returns {Promise<Watched[]>} */
async function watchSlowRollouts(tools, times, undo) {
  const seen = /** @type {Watched[]} */ ([]);
  for (let count = 1; count <= times; count++) {
    const hosts = { step: new Host(), status: new Host() };
    for (const host of Object.values(hosts)) {
      undo(() => host.stop());
      await host.start();
    }
    const watched = await watchOne(tools, `slow-${count}`, hosts);
    await Promise.all(Object.values(hosts).map((host) => host.stop()));
    seen.push(watched);
    tools.say(`watch ${count}/${times}: ${JSON.stringify(watched)}`);
  }
  return seen;
}

/** @param {import('./pairs').Tools} tools @param {string} tag @param {{ step: Host, status: Host }} hosts @returns {Promise<Watched>} */
async function watchOne({ recipe, stepApp: app, dist, peakFile }, tag, { step, status }) {
  const look = () => ({ cpu: step.cpuSeconds(), commands: step.commands(), at: performance.now() / 1000 });
  const start = look();
  const statusStart = status.cpuSeconds();
  let [update, verdict] = [start, start];
  let watching = Promise.resolve();
  change(app, SLOW_START);
  await deployByStep(app, tag, {
    where: step.where,
    dist,
    peakFile,
    onLine: (line) => {
      if (line === '::group::Watch the rollout') update = look();
      if (/^Container ".*": .* → /.test(line)) {
        watching = recipe.watch(app, status.where).then(() => {});
        // Its fault is heard below, once the step has ended.
        watching.catch(() => {});
      }
      if (line.startsWith('✓ Watch the rollout: ')) verdict = look();
    },
  });
  const [left] = await Promise.all([step.idle(), watching.then(() => status.idle())]);
  await settle(app, tag);
  return {
    seconds: verdict.at - update.at,
    step: {
      before: update.cpu - start.cpu,
      watch: verdict.cpu - update.cpu,
      after: step.cpuSeconds() - verdict.cpu,
    },
    status: status.cpuSeconds() - statusStart,
    commands: {
      step: step.commands(),
      watch: verdict.commands - update.commands,
      status: status.commands(),
    },
    peak: { step: step.peak, status: status.peak },
    left,
  };
}

module.exports = { watchSlowRollouts, REACH };
