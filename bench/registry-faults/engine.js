// A Docker engine of the bench's own, for the time of it: the engine holds a place for a layer also while it waits for a
// registry in trouble, and it has five of them for all pushes together.

const { spawn } = require('node:child_process');
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { dirname, join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { execute, testbed } = require('../../testbed/sample-app');

const UPLOADS_AT_A_TIME = 50;
const START_MS = 30_000;

/** @returns {Promise<{ environment: Record<string, string>, stop: () => Promise<void> }>} */
async function startEngine() {
  const folder = mkdtempSync(join(tmpdir(), 'engine-'));
  const at = (/** @type {string} */ name) => join(folder, name);
  const environment = { DOCKER_HOST: `unix://${at('socket')}` };
  const configuration = {
    hosts: [environment.DOCKER_HOST],
    ...{ pidfile: at('pid'), 'data-root': at('data'), 'exec-root': at('exec'), 'deprecated-key-path': at('key.json') },
    // It builds and pushes, and runs nothing.
    ...{ bridge: 'none', iptables: false, ip6tables: false, 'ip-forward': false, 'ip-masq': false },
    'max-concurrent-uploads': UPLOADS_AT_A_TIME,
  };
  writeFileSync(at('dockerd.json'), JSON.stringify(configuration));
  const programs = join(dirname(testbed('BUSYBOX')), '../usr');
  const PATH = `${programs}/sbin:${programs}/bin:${process.env.PATH}`;
  const child = spawn('dockerd', ['--config-file', at('dockerd.json')], {
    env: { ...process.env, PATH },
    // Ctrl-C is for the bench, which stops it when all else has ended.
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  const ended = new Promise((done) => child.on('error', done).on('close', done));
  const stop = async () => {
    child.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const env = { ...process.env, ...environment };
  for (const began = Date.now(); ; await sleep(250)) {
    const isUp = await execute('docker', ['version'], { env }).then(
      () => true,
      () => false,
    );
    if (isUp) return { environment, stop };
    if (Date.now() - began < START_MS && child.exitCode === null) continue;
    await stop();
    throw new Error('the Docker engine did not start');
  }
}

module.exports = { startEngine };
