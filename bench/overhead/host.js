// An SSH server beside the testbed's, in a control group of its own: from there can be read what all that it starts has
// used, by processes that have ended too.

const { spawn } = require('node:child_process');
const {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { testbed } = require('../../testbed/sample-app');
const { freePort, onPort, testbedHost } = require('./distance');

/** Where the kernel has its control groups of the second version; some machines have both. */
const GROUPS = existsSync('/sys/fs/cgroup/unified') ? '/sys/fs/cgroup/unified' : '/sys/fs/cgroup';

const POLL_MS = 50;
const START_MS = 5_000;
const STOP_MS = 5_000;
/** More than the longest that anything of the step's stays on the host. */
const IDLE_MS = 90_000;

class Host {
  where = testbedHost();
  /** The most processes that it had at the same time, itself not counted. */
  peak = 0;
  #log = '';
  #group = '';
  #folder = mkdtempSync(join(tmpdir(), 'host-'));
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #server;
  /** @type {NodeJS.Timeout | undefined} */
  #poll;

  async start() {
    const port = await freePort();
    this.where = onPort(this.where, port);
    const file = join(this.#folder, 'sshd_config');
    const theirs = readFileSync(join(testbed('STATE'), 'ssh/sshd_config'), 'utf8');
    // VERBOSE names each command that is started.
    const ours = theirs.replace(/^ListenAddress .*$/m, `ListenAddress ${this.where.host}:${port}`);
    writeFileSync(file, `${ours}LogLevel VERBOSE\n`);
    this.#group = join(GROUPS, `deploy-action-bench-${process.pid}-${port}`);
    mkdirSync(this.#group);
    this.#spawn(file);
    await until(
      () => /^Server listening/m.test(this.#log),
      START_MS,
      () => `sshd does not start: ${this.#log}`,
    );
    this.#poll = setInterval(() => {
      this.peak = Math.max(this.peak, this.#processes().length - 1);
    }, POLL_MS);
  }

  /** The testbed's own sshd once more. @param {string} file */
  #spawn(file) {
    const [pid = ''] = readFileSync(join(testbed('STATE'), `sshd-${testbed('SSH_PORT')}.pid`), 'utf8').split(' ');
    const enterAndRun = 'echo $$ >"$1/cgroup.procs" && exec "$2" -D -e -f "$3"';
    const program = readlinkSync(`/proc/${pid}/exe`);
    this.#server = spawn('/bin/sh', ['-c', enterAndRun, 'sh', this.#group, program, file], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, LD_LIBRARY_PATH: librariesOf(pid) },
    });
    this.#server.stderr?.setEncoding('utf8').on('data', (text) => {
      this.#log += text;
    });
  }

  /** Seconds of CPU that its processes have used so far. */
  cpuSeconds() {
    const [, microseconds] = /^usage_usec (\d+)$/m.exec(readFileSync(join(this.#group, 'cpu.stat'), 'utf8')) ?? [];
    if (microseconds === undefined) throw new Error(`${this.#group} does not say what it has used`);
    return Number(microseconds) / 1e6;
  }

  /** How many commands it has started so far. */
  commands() {
    return this.#log.match(/^Starting session: command/gm)?.length ?? 0;
  }

  /**
   * Waits until nothing but the server is left: a command that nobody listens to any more stays until it ends by itself. Gives the
   * seconds that took.
   */
  async idle() {
    const began = performance.now();
    await until(
      () => this.#processes().length <= 1,
      IDLE_MS,
      () => 'what a session has started does not end',
    );
    return (performance.now() - began) / 1000;
  }

  /** Ends the server, and what its sessions have left behind. */
  async stop() {
    clearInterval(this.#poll);
    this.#server?.kill();
    const isOver = () => {
      for (const pid of this.#processes()) end(pid);
      return this.#processes().length === 0;
    };
    await until(isOver, STOP_MS, () => 'sshd does not end');
    if (existsSync(this.#group)) rmdirSync(this.#group);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** @returns {number[]} */
  #processes() {
    if (!existsSync(this.#group)) return [];
    return readFileSync(join(this.#group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  }
}

/** @param {() => boolean} isSo @param {number} forMs @param {() => string} otherwise */
async function until(isSo, forMs, otherwise) {
  const began = performance.now();
  while (!isSo()) {
    if (performance.now() - began > forMs) throw new Error(otherwise());
    await sleep(POLL_MS);
  }
}

/** Where a process has its libraries from: the testbed brings some that the machine has not. @param {string} pid */
function librariesOf(pid) {
  const maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
  return [...new Set([...maps.matchAll(/ (\/\S+)\/[^/\s]+\.so/g)].map(([, folder]) => folder))].join(':');
}

/** @param {number} pid */
function end(pid) {
  try {
    process.kill(pid);
  } catch {
    // It has just ended.
  }
}

module.exports = { Host };
