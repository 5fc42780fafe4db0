// Records what `docker buildx build --push` says of a registry that fails, for the tests of src/image, and prints a
// table of it:  eval "$(testbed/env)" && node scripts/record-push.js [--builder NAME] [--times N,N] [STAGE FAULT]...
// Without a stage, all.

const { spawn } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { parseArgs } = require('node:util');
const { startPushFaults } = require('../testbed/push-faults');
const { execute, testbed } = require('../testbed/sample-app');

const fixtures = join(__dirname, '../__tests__/fixtures/push');
/** The engine uploads five layers at a time, of all pushes together: a further one would wait. */
const AT_A_TIME = 2;
const LAYER_BYTES = 9 * 2 ** 20;
/** As many as src/image/build.ts keeps: BuildKit repeats a failed step's output, with a gateway's pages. */
const LAST_LINES = 60;
const HANG_MS = 60_000;
const LONGEST_MS = 300_000;
const END_GRACE_MS = 5_000;
const LOGIN = { username: 'deployer', password: 'correct-horse' };

const TRANSIENT = ['500', '502', '503', 'rate-limit', 'rate-limit-retry-after', 'reset', 'truncate', 'hang'];
const REFUSED = ['denied', 'forbidden', 'forbidden-package'];
/** @type {Record<string, string[]>} */
const cases = {
  ping: [...TRANSIENT, ...REFUSED],
  token: [...TRANSIENT, 'wrong-password', 'read-only', 'pull-only'],
  'manifest-read': [...TRANSIENT, ...REFUSED, 'missing-repository'],
  'blob-check': [...TRANSIENT, ...REFUSED, 'missing-repository', 'missing-project'],
  'upload-start': [
    ...[...TRANSIENT, 'rate-limit-json', 'secondary-rate-limit', ...REFUSED, 'harbor-denied'],
    ...['missing-repository', 'missing-project'],
  ],
  upload: [
    ...[...TRANSIENT, '500-midway', 'rate-limit-midway', 'reset-midway', 'hang-midway', 'slow'],
    ...[...REFUSED, 'too-large', 'quota'],
  ],
  'upload-commit': TRANSIENT,
  manifest: [...TRANSIENT, 'rate-limit-json', ...REFUSED, 'missing-repository', 'immutable-tag', 'quota'],
  'read-back': [...TRANSIENT, ...REFUSED],
  base: [...TRANSIENT, 'pull-limit', ...REFUSED, 'missing-repository'],
  'cache-to': [...TRANSIENT, ...REFUSED, 'missing-repository'],
  'cache-from': [...TRANSIENT, ...REFUSED, 'missing-repository'],
};

/** At which stage a base image or a cache, of a repository of its own, meets the fault. */
const stages = { base: 'manifest-read', 'cache-to': 'upload-start', 'cache-from': 'manifest-read' };

const SERVER = 'FROM scratch\nCOPY server /server\nENV CRASH_AFTER=0s EXIT_CODE=3';
/** What fails without a registry that does. @type {Record<string, { dockerfile?: string, tag?: string, options?: string[] }>} */
const others = {
  'address-refused': { tag: '127.0.0.1:1/push/app:latest' },
  'address-unknown': { tag: 'registry.invalid/push/app:latest' },
  'no-login': { tag: `${process.env.TESTBED_PRIVATE_REGISTRY}/push/app:latest` },
  'base-address-refused': { dockerfile: 'FROM 127.0.0.1:1/push/base:1' },
  'base-address-unknown': { dockerfile: 'FROM registry.invalid/push/base:1' },
  'base-no-login': { dockerfile: `FROM ${process.env.TESTBED_PRIVATE_REGISTRY}/push/none:1` },
  'base-missing': { dockerfile: `FROM ${process.env.TESTBED_REGISTRY}/push/none:1` },
  'run-fails': { dockerfile: `${SERVER}\nRUN ["/server"]` },
  'run-says-denied': { dockerfile: `${SERVER}\nRUN ["/server", "denied: requested access to the resource is denied"]` },
  'run-says-unavailable': { dockerfile: `${SERVER}\nRUN ["/server", "failed to push: 503 Service Unavailable"]` },
  'run-missing': { dockerfile: `${SERVER}\nRUN ["/nothing"]` },
  'copy-missing': { dockerfile: 'FROM scratch\nCOPY nothing /nothing' },
  syntax: { dockerfile: 'FORM scratch' },
  'cache-not-supported': { options: ['--cache-to', 'type=local,dest=/tmp/cache-not-supported'] },
};

/** @typedef {{ code: number | string, seconds: number, lines: string[], silent: number }} Ended */

/** Builds and pushes as the action does. @param {string[]} argv @param {Record<string, string>} environment @param {number} limit @returns {Promise<Ended>} */
function build(argv, environment, limit) {
  return new Promise((resolve) => {
    const began = Date.now();
    const child = spawn('docker', argv, {
      env: { ...process.env, ...environment },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    let lastAt = began;
    let silent = 0;
    const hear = (chunk) => {
      text += chunk;
      silent = Math.max(silent, Date.now() - lastAt);
      lastAt = Date.now();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const end = (signal) => child.pid !== undefined && process.kill(-child.pid, signal);
    let killed = '';
    const timers = [
      setTimeout(() => {
        killed = `killed after ${limit / 1000} s`;
        text += `\n[${killed}]\n`;
        end('SIGINT');
      }, limit),
      setTimeout(() => end('SIGKILL'), limit + END_GRACE_MS),
    ];
    child.on('close', (code, signal) => {
      for (const timer of timers) clearTimeout(timer);
      const lines = text.split('\n').filter((line) => line.trim() !== '');
      const seconds = Math.round((Date.now() - began) / 100) / 10;
      resolve({ code: killed || (code ?? signal ?? ''), seconds, lines, silent: Math.round(silent / 1000) });
    });
  });
}

/** A folder to build from: a small layer that stays, and one of random bytes. @param {string} [dockerfile] */
function folderOf(dockerfile = 'FROM scratch') {
  const folder = mkdtempSync(join(tmpdir(), 'push-'));
  const more = /^FROM/.test(dockerfile) ? '\nCOPY small /small\nCOPY large /large\nCMD ["/small"]' : '';
  writeFileSync(join(folder, 'Dockerfile'), `${dockerfile}${more}\n`);
  writeFileSync(join(folder, 'small'), randomBytes(64));
  writeFileSync(join(folder, 'large'), randomBytes(LAYER_BYTES));
  copyFileSync(testbed('SERVER'), join(folder, 'server'));
  return folder;
}

/** @param {string} folder @param {string} tag @param {{ builder: string | undefined, options?: string[] | undefined }} how */
function argvOf(folder, tag, { builder, options = [] }) {
  const push = ['--push', '--provenance=false', '--progress=plain', '--metadata-file', join(folder, 'metadata.json')];
  return ['buildx', 'build', ...(builder ? ['--builder', builder] : []), ...push, ...options, '-t', tag, folder];
}

function loginTo(address) {
  const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64');
  return { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [address]: { auth } } }) };
}

const driverOf = (builder) => (builder ? 'docker-container' : 'docker');

/** Pushes against one fault, records the end where it is a bad one, and gives a row of the table. */
async function recordFault({ stage, fault, times }, builder) {
  const proxy = await startPushFaults(testbed('REGISTRY'), LOGIN);
  const name = `push-${randomBytes(4).toString('hex')}/app`;
  const tag = `${proxy.address}/${name}:latest`;
  const environment = loginTo(proxy.address);
  const folder = folderOf(stage === 'base' ? `FROM ${proxy.address}/${name}-base:1` : undefined);
  const cache = `type=registry,ref=${proxy.address}/${name}-cache:1`;
  const options = stage.startsWith('cache-') ? [`--${stage}`, cache] : [];
  const argv = argvOf(folder, tag, { builder, options });
  try {
    if (stage === 'base') await buildBase(folder, `${testbed('REGISTRY')}/${name}-base:1`);
    // docker asks for a layer only where it has pushed one before.
    if (stage === 'blob-check') {
      const first = await build(argv, environment, LONGEST_MS);
      if (first.code !== 0) throw new Error(first.lines.join('\n'));
      writeFileSync(join(folder, 'large'), randomBytes(LAYER_BYTES));
    }
    const before = proxy.requests.length;
    const at = stages[stage] ?? stage;
    proxy.fail(at, fault, { times, ...(stage in stages && { repository: /-(?:base|cache)$/ }) });
    const ended = await build(argv, environment, /hang/.test(fault) ? HANG_MS : LONGEST_MS);
    const requests = proxy.requests.slice(before).filter((request) => request.stage === at);
    if (ended.code !== 0) write(`${driverOf(builder)}-${stage}-${fault}${times === 1 ? '-once' : ''}`, ended);
    return row([driverOf(builder), stage, fault, times === 1 ? '1' : '∞'], ended, requests);
  } finally {
    await proxy.stop();
    await removeImages(`${proxy.address}/${name}`);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Builds what fails by itself. */
async function recordOther(name, builder) {
  const { dockerfile, options, tag = `${testbed('REGISTRY')}/push-other/app:latest` } = others[name] ?? {};
  const folder = folderOf(dockerfile);
  const ended = await build(argvOf(folder, tag, { builder, options }), {}, LONGEST_MS);
  rmSync(folder, { recursive: true, force: true });
  if (ended.code !== 0) write(`${driverOf(builder)}-${name}`, ended);
  return row([driverOf(builder), name, '', ''], ended, []);
}

async function removeImages(repository) {
  const { stdout } = await execute('docker', ['images', '--quiet', repository]);
  const images = stdout.split('\n').filter(Boolean);
  if (images.length > 0) await execute('docker', ['image', 'rm', '--force', ...new Set(images)]).catch(() => undefined);
}

async function buildBase(folder, tag) {
  const options = ['--push', '--provenance=false', '-q', '-t', tag, '-f', '-'];
  const building = execute('docker', ['buildx', 'build', ...options, folder]);
  building.child.stdin?.end('FROM scratch\nCOPY small /base\n');
  await building;
}

function write(name, { code, lines }) {
  mkdirSync(fixtures, { recursive: true });
  writeFileSync(join(fixtures, `${name}.txt`), `${lines.slice(-LAST_LINES).join('\n')}\nexit ${code}\n`);
}

/** @param {string[]} names @param {Ended} ended @param {import('../testbed/push-faults').Seen[]} requests */
function row(names, { code, seconds, lines, silent }, requests) {
  const faulted = requests.filter((request) => request.fault);
  const gaps = faulted.slice(1).map(({ ms }, index) => Math.round((ms - (faulted[index]?.ms ?? 0)) / 100) / 10);
  const last = lines.findLast((line) => /^ERROR: /.test(line)) ?? '';
  const tries = `${faulted.length} of ${requests.length}${gaps.length > 0 ? `, after ${gaps.join(' ')} s` : ''}`;
  const retrying = lines.filter((line) => /retrying/i.test(line)).length;
  return `| ${[...names, code, seconds, tries, retrying, silent, last.replaceAll('|', '\\|')].join(' | ')} |`;
}

async function main() {
  const { values, positionals } = parseArgs({
    options: { builder: { type: 'string' }, times: { type: 'string', default: '1,Infinity' } },
    allowPositionals: true,
  });
  const [only, ...onlyFaults] = positionals;
  const isAsked = (name) => only === undefined || name === only;
  const faults = Object.entries(cases)
    .filter(([stage]) => isAsked(stage))
    .flatMap(([stage, all]) => (onlyFaults.length > 0 ? onlyFaults : all).map((fault) => ({ stage, fault })))
    .flatMap((each) => values.times.split(',').map((times) => ({ ...each, times: Number(times) })));
  const waiting = [
    ...faults.map((each) => () => recordFault(each, values.builder)),
    ...Object.keys(others)
      .filter(isAsked)
      .map((name) => () => recordOther(name, values.builder)),
  ];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      process.stdout.write(`${await next().catch((failure) => failure.stack)}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}

main().catch((failure) => {
  process.stderr.write(`${failure.stack}\n`);
  process.exitCode = 1;
});
