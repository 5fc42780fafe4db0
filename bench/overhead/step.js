// The step, run as a GitHub runner does, and where its time went by its own log.

const { join } = require('node:path');
const { defaults } = require('../../testbed/run-action');
const { begun } = require('./underway');

/** @typedef {InstanceType<typeof import('../../testbed/sample-app').App>} SampleApp */

/**
 * @typedef {object} Measured
 * @property {number} seconds Of the main step.
 * @property {number} post Seconds of the post step.
 * @property {Record<string, number>} phases Seconds, by name; the build and the check of the cluster overlap.
 * @property {string} digest Of the image that it put into the cluster.
 */

/**
 * @typedef {object} Step
 * @property {import('./distance').Where} where The SSH server to go through.
 * @property {Record<string, string>} [inputs]
 * @property {string} [expected] The outcome; `deployed` by default.
 * @property {string} dist The bundle.
 * @property {string} [peakFile] Gets the largest memory.
 * @property {(line: string) => void} [onLine]
 */

/** Nothing is waited for that the recipe does not wait for. */
const INPUTS = { soak: '0s', timeout: '3m' };

/** Whether action.yml has an input of this name. @param {string} name */
const hasInput = (name) => name in defaults();

/** @param {SampleApp} app @param {string} tag @param {Step} step @returns {Promise<Measured>} */
async function deployByStep(app, tag, { where, inputs, expected = 'deployed', dist, peakFile, onLine }) {
  const phases = /** @type {Record<string, number>} */ ({});
  const began = now();
  let lastPhase = began;
  let mainEnded = began;
  const result = await app.run(
    tag,
    { ...INPUTS, 'ssh-port': where.port, 'ssh-host-key': where.knownHosts, ...inputs },
    {
      dist,
      ...(peakFile !== undefined && { environment: noteThePeakIn(peakFile) }),
      onLine: (line) => {
        onLine?.(line);
        if (line.startsWith('::group::')) phases['until the first phase'] ??= now() - began;
        const [, name, number, unit] = /^✓ ([^:]+): ([\d.]+) (ms|s)$/.exec(line) ?? [];
        if (name === undefined) return;
        phases[name] = Number(number) / (unit === 'ms' ? 1000 : 1);
        lastPhase = now();
      },
      onStart: (main) => {
        begun(main);
        main.once('close', () => {
          mainEnded = now();
        });
      },
    },
  );
  const post = now() - mainEnded;
  const { outcome, digest = '' } = result.outputs;
  if (outcome !== expected) {
    const log = result.log.replace(/^::add-mask::.*\n/gm, '');
    throw new Error(`the step ended with ${outcome}, not ${expected}:\n${log}`);
  }
  return {
    seconds: result.seconds,
    post,
    phases: { ...phases, 'after the last phase': mainEnded - lastPhase },
    digest,
  };
}

/** @param {string} file */
const noteThePeakIn = (file) => ({
  NODE_OPTIONS: `--require ${join(__dirname, 'peak.js')}`,
  OVERHEAD_PEAK: file,
});

const now = () => performance.now() / 1000;

module.exports = { deployByStep, hasInput };
