// New versions of the sample app, and the cluster at rest between them.

const { randomBytes } = require('node:crypto');
const { setTimeout: sleep } = require('node:timers/promises');

/** @typedef {InstanceType<typeof import('../../testbed/sample-app').App>} SampleApp */

/** What a small change of a program is: a layer that nobody has yet. */
const LAYER_BYTES = 1 << 20;

/** Makes the app's next image one that nobody has. @param {SampleApp} app @param {string} [line] More of its Dockerfile. */
function change(app, line = '') {
  app.file('content', randomBytes(LAYER_BYTES));
  app.dockerfile(`COPY content /content\n${line}`);
}

/**
 * Waits until the version that was deployed is left alone: an old pod that ends would take time from the next run.
 *
 * @param {SampleApp} app @param {string} version
 */
async function settle(app, version) {
  const serves = await app.serves(version);
  if (serves !== version) throw new Error(`${serves} answers, not ${version}`);
  for (let tries = 0; app.pods().length > 1; tries++) {
    if (tries > 120) throw new Error('an old pod does not end');
    await sleep(500);
  }
}

module.exports = { change, settle };
