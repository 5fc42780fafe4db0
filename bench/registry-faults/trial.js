// One deploy through a registry that fails.

const { randomBytes } = require('node:crypto');
const { loadavg } = require('node:os');
const { startPushFaults } = require('../../testbed/push-faults');
const { execute, testbed } = require('../../testbed/sample-app');
const { begun } = require('../overhead/underway');
const { breakDown } = require('./cases');

/** @typedef {import('./cases').Case} Case */
/** @typedef {InstanceType<typeof import('../../testbed/sample-app').App>} SampleApp */
/** @typedef {{ inputs: Record<string, string>, environment: Record<string, string>, dist: string }} Builder */

/**
 * @typedef {object} Measured
 * @property {string} outcome
 * @property {number} attempts Of the action.
 * @property {number} failed How many requests met the fault.
 * @property {number} seconds Of the main step.
 * @property {number} load Of the machine, at the start.
 * @property {string} said The error, or what the action noted on its way to success.
 */

const LAYER_BYTES = 3 * 2 ** 20;
const LOGIN = { username: 'deployer', password: 'correct-horse' };

/** @param {SampleApp} app @param {Case} each @param {Builder} builder @returns {Promise<Measured>} */
async function tryOut(app, each, builder) {
  const registry = await startPushFaults(testbed('REGISTRY'), LOGIN);
  const name = `${app.namespace}/${randomBytes(3).toString('hex')}`;
  const image = `${registry.address}/${name}`;
  try {
    newLayer(app);
    // The engine asks for layers only where it has pushed to before.
    if (each.step === 'blob-check' && each.driver === 'docker') {
      await pushPlainly(app, image, registry.address, builder);
      newLayer(app);
    }
    const before = registry.requests.length;
    breakDown(registry, each);
    const [load = 0] = loadavg();
    const login = { 'registry-username': LOGIN.username, 'registry-password': LOGIN.password };
    const result = await app.run(
      `v${randomBytes(3).toString('hex')}`,
      { image, container: 'app', soak: '0s', ...login, ...builder.inputs },
      { environment: builder.environment, dist: builder.dist, onStart: begun },
    );
    const notes = [...result.log.matchAll(/^The registry is in trouble \((.*)\)\. Trying again in .* \(attempt/gm)];
    const noted = [...new Set(notes.map(([, detail = '']) => detail))];
    const said = result.outputs.outcome === 'deployed' ? noted.join(' / ') : (result.outputs.cause ?? '');
    return {
      outcome: result.outputs.outcome ?? `exit ${result.exitCode}`,
      attempts: notes.length + 1,
      failed: registry.requests.slice(before).filter(({ fault }) => fault).length,
      seconds: result.seconds,
      load,
      said: short(said, registry.address, name),
    };
  } finally {
    await registry.stop();
  }
}

/** A layer that no registry has. @param {SampleApp} app */
function newLayer(app) {
  app.file('salt', randomBytes(LAYER_BYTES));
  app.dockerfile('COPY salt /salt');
}

/** @param {SampleApp} app @param {string} image @param {string} address @param {Builder} builder */
async function pushPlainly(app, image, address, { environment }) {
  const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64');
  const DOCKER_AUTH_CONFIG = JSON.stringify({ auths: { [address]: { auth } } });
  const { context = '' } = app.inputs('before');
  await execute('docker', ['buildx', 'build', '--push', '--provenance=false', '--tag', `${image}:before`, context], {
    env: { ...process.env, ...environment, DOCKER_AUTH_CONFIG },
  });
}

/** Without what is another in each run. @param {string} text @param {string} address @param {string} name */
function short(text, address, name) {
  return text
    .replaceAll(address, 'registry.example')
    .replaceAll(name, 'app')
    .replace(/127\.0\.0\.1:\d+/g, 'runner')
    .replace(/(manifests|app):?\/?v[0-9a-f]{6}\b/g, (_, before) => `${before}${before === 'app' ? ':' : '/'}TAG`)
    .replace(/sha256:([0-9a-f]{6})[0-9a-f]{58}/g, 'sha256:$1…')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, 'UPLOAD');
}

module.exports = { tryOut };
