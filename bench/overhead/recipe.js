// The usual recipe, as most workflows have it: log in, build and push, one SSH session that changes the image.

const { spawn } = require('node:child_process');
const { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
const { homedir, tmpdir } = require('node:os');
const { join } = require('node:path');
const { createInterface } = require('node:readline');
const { testbed } = require('../../testbed/sample-app');
const { begun } = require('./underway');

/** @typedef {InstanceType<typeof import('../../testbed/sample-app').App>} SampleApp */
/** @typedef {Record<string, number>} Parts Seconds, by what they were spent on. */
/** @typedef {import('./distance').Where} Where */

/** The last words of each command. `kubectl set image` has none where nothing changes. */
const ENDS = {
  'ssh, kubectl set image': / image updated$/,
  'kubectl annotate': / annotated$/,
  'kubectl rollout status': /successfully rolled out$/,
};

/** A docker configuration of its own, as a fresh runner has it, so that a login does not stay in the user's. */
class Recipe {
  #folder = mkdtempSync(join(tmpdir(), 'recipe-'));
  #docker = join(this.#folder, 'docker');

  constructor() {
    mkdirSync(this.#docker);
    const users = process.env.DOCKER_CONFIG ?? join(homedir(), '.docker');
    symlinkSync(join(users, 'cli-plugins'), join(this.#docker, 'cli-plugins'));
  }

  /** Builds, pushes and rolls out. @param {SampleApp} app @param {string} tag @param {Where} where @returns {Promise<Parts>} */
  async deploy(app, tag, where) {
    const inputs = app.inputs(tag);
    const image = `${inputs.image}:${tag}`;
    const environment = { DOCKER_CONFIG: this.#docker };
    rmSync(join(this.#docker, 'config.json'), { force: true });
    const user = inputs['registry-username'] ?? '';
    const login = ['login', '--username', user, '--password-stdin', testbed('PRIVATE_REGISTRY')];
    const build = ['buildx', 'build', '--push', '--tag', image, '--build-arg', inputs['build-args'] ?? ''];
    const began = now();
    await run('docker', login, { environment, input: inputs['registry-password'] ?? '' });
    const loggedIn = now();
    await run('docker', [...build, inputs.context ?? '.'], { environment });
    const pushed = now();
    const { seconds, ...commands } = await this.#session(app, where, [
      setImage(app, image),
      `kubectl annotate deployment/${app.name} -n ${app.namespace} kubernetes.io/change-cause=${tag} --overwrite`,
      rolloutStatus(app),
    ]);
    const parts = { 'docker login': loggedIn - began, 'docker buildx build --push': pushed - loggedIn, ...commands };
    return { ...parts, seconds: pushed - began + (seconds ?? Number.NaN) };
  }

  /** Rolls an image of the registry out. @param {SampleApp} app @param {string} tag @param {Where} where */
  redeploy(app, tag, where) {
    return this.#session(app, where, [setImage(app, `${app.repository}:${tag}`), rolloutStatus(app)]);
  }

  /**
   * The least that there is to do: builds and pushes (`isBuilt` leaves that out), sets the image and waits for the rollout, on the
   * cluster's host itself, with no login, no connection, no check and no record.
   *
   * @param {SampleApp} app @param {string} tag @param {{ isBuilt: boolean }} options @returns {Promise<Parts>}
   */
  async bare(app, tag, { isBuilt }) {
    const inputs = app.inputs(tag);
    const image = `${inputs.image}:${tag}`;
    const auth = Buffer.from(`${inputs['registry-username']}:${inputs['registry-password']}`).toString('base64');
    const login = JSON.stringify({ auths: { [testbed('PRIVATE_REGISTRY')]: { auth } } });
    rmSync(join(this.#docker, 'config.json'), { force: true });
    const build = ['buildx', 'build', '--push', '--tag', image, '--build-arg', inputs['build-args'] ?? ''];
    const began = now();
    const environment = { DOCKER_CONFIG: this.#docker, DOCKER_AUTH_CONFIG: login };
    if (!isBuilt) await run('docker', [...build, inputs.context ?? '.'], { environment });
    await run('sh', ['-c', `${setImage(app, image)} && ${rolloutStatus(app)}`], {});
    return { seconds: now() - began };
  }

  /** Follows a rollout to its end. @param {SampleApp} app @param {Where} where */
  watch(app, where) {
    return this.#session(app, where, [rolloutStatus(app)]);
  }

  /**
   * What one session takes, and each of its commands by the words that it prints at its end.
   *
   * @param {SampleApp} app @param {Where} where @param {string[]} commands @returns {Promise<Parts>}
   */
  async #session(app, where, commands) {
    const parts = /** @type {Parts} */ ({});
    const began = now();
    let last = began;
    const onLine = (/** @type {string} */ line) => {
      for (const [name, end] of Object.entries(ENDS)) {
        if (!end.test(line)) continue;
        parts[name] = now() - last;
        last = now();
      }
    };
    await run('ssh', [...this.#ssh(app, where), commands.join(' && ')], { onLine });
    return { ...parts, seconds: now() - began };
  }

  /** @param {SampleApp} app @param {Where} where */
  #ssh({ namespace }, { host, port, knownHosts }) {
    const file = join(this.#folder, `known-hosts-${namespace}-${port}`);
    writeFileSync(file, `${knownHosts}\n`);
    const options = [`UserKnownHostsFile=${file}`, 'StrictHostKeyChecking=yes', 'IdentitiesOnly=yes', 'BatchMode=yes'];
    const key = testbed('SSH_KEY_FILE');
    return ['-F', '/dev/null', '-i', key, ...options.flatMap((each) => ['-o', each])].concat([
      ...['-p', port, `${testbed('SSH_USER')}@${host}`],
    ]);
  }

  remove() {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** @param {SampleApp} app @param {string} image */
const setImage = ({ name, namespace }, image) =>
  `kubectl set image deployment/${name} ${name}=${image} -n ${namespace}`;

/** @param {SampleApp} app */
const rolloutStatus = ({ name, namespace }) =>
  `kubectl rollout status deployment/${name} -n ${namespace} --timeout=180s`;

const now = () => performance.now() / 1000;

/**
 * @typedef {object} RunOptions
 * @property {Record<string, string>} [environment]
 * @property {string} [input]
 * @property {(line: string) => void} [onLine]
 */

/** @param {string} program @param {string[]} argv @param {RunOptions} options @returns {Promise<void>} */
function run(program, argv, { environment = {}, input = '', onLine = () => {} }) {
  return new Promise((done, fail) => {
    const child = spawn(program, argv, { env: { ...process.env, ...environment }, stdio: 'pipe' });
    begun(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        output += `${line}\n`;
        onLine(line);
      });
    }
    // One that ends before it has read it says so by its exit code.
    child.stdin.on('error', () => {}).end(input);
    child.on('error', fail);
    child.on('close', (code) =>
      code === 0 ? done() : fail(new Error(`${program} ${argv.slice(-1)} ended with ${code}:\n${output}`)),
    );
  });
}

module.exports = { Recipe };
