// One run that is hit at one moment, and the next one after it.

const { readFileSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { Load } = require('../../testbed/load');
const { App, testbed } = require('../../testbed/sample-app');
const { begun } = require('../overhead/underway');
const { cuts } = require('./cases');
const { Host } = require('./host');
const { strike, waitingCall } = require('./strike');
const { buildsOf, stateOf, untilSettled } = require('./truth');

/** @typedef {import('./cases').Case} Case */
/** @typedef {import('./truth').State} State */
/** @typedef {{ outcome: string, cause: string, waited: number, seconds: number, serves: string, isComplete: boolean }} Next */

/**
 * @typedef {object} Measured
 * @property {boolean} isReached Whether the run came to the moment at which it was to be hit.
 * @property {string} outcome As the run says; empty where it could not say any more.
 * @property {number | null} exitCode
 * @property {number | null} postExitCode
 * @property {number} seconds
 * @property {number} after Seconds from the fault to the end of the run.
 * @property {string} cause
 * @property {State} state At the end of the run; where that was before the end of a rollout, at the end of that.
 * @property {string} serves The version that answers then: `new`, `old`, or what else there was.
 * @property {'new' | 'old'} expected What has to answer, by the workload.
 * @property {number} answered Requests, from before the run until the next one has ended.
 * @property {string[]} dropped
 * @property {Next} next
 * @property {string[]} left What runs on the host a minute after the end, and of the build on the runner.
 * @property {string} log
 */

/** The longest that anything of a run may stay on the host. */
const LEFT_MS = 60_000;
/** How long a rollout that nobody watches any more may take to its end; a version that crashes has none. */
const SETTLED_MS = { good: 40_000, bad: 8_000, 'bad later': 20_000 };

const ARRIVED_MS = 3_000;

/** The workload's own minReadySeconds, which must not be forgotten; runs set a longer one. */
const OWN_SOAK = 1;

const CRASH = 'ARG CRASH\nENV CRASH_AFTER=$CRASH';
const LONG_BUILD = 'COPY busybox /busybox\nRUN ["/busybox", "sh", "-c", "echo this takes a while; /busybox sleep 8"]';

const WAITS = /^Another run is at work on/;
const WRITTEN = /^Container "app": .* → /;

/** An app and a host of its own, on which one run after the other can be hit. */
class Rig {
  #app = new App();
  /** @type {Host | undefined} */
  #host;
  #runs = 0;
  #dist;
  #leftMs;

  /** @param {{ dist?: string, leftMs?: number }} [options] Another bundle than the committed one; how long after a run it is looked what is left of it. */
  constructor({ dist, leftMs = LEFT_MS } = {}) {
    this.#dist = dist;
    this.#leftMs = leftMs;
  }

  async install() {
    this.#host = await Host.start();
    await this.#app.install({ drainSeconds: 3, spec: { minReadySeconds: OWN_SOAK } });
    this.#app.file('busybox', readFileSync(testbed('BUSYBOX')), 0o755);
  }

  get repository() {
    return this.#app.repository;
  }

  async remove() {
    this.#host?.stop();
    await this.#app.remove();
  }

  /** Gives what was seen as soon as it was; what is `left` of it is known only later. @param {Case} each @returns {Promise<{ measured: Measured, left: Promise<string[]> }>} */
  async tryOut(each) {
    const before = await this.#app.version();
    const load = new Load(this.#app.nodePort, { workers: 1, pauseMs: 100 });
    try {
      const { left, version, ...seen } = await this.#hit(each);
      const isOver = /^(?:deployed|failed)/.test(seen.outcome);
      const kind = cuts[each.cut]?.version ?? 'good';
      // A write that is under way without its run has to be there first.
      if (!isOver) await sleep(ARRIVED_MS);
      const state = await untilSettled(this.#app, version, isOver ? 0 : SETTLED_MS[kind]);
      const expected = kind === 'good' ? state.image : 'old';
      const answer = await this.#app.serves(expected === 'new' ? version : before);
      const serves = answer === version ? 'new' : answer === before ? 'old' : answer;
      const next = await this.#next();
      await load.stop();
      const { answered, failures: dropped } = load;
      return { measured: { ...seen, state, expected, serves, next, answered, dropped, left: [] }, left };
    } finally {
      await load.stop();
    }
  }

  /** @param {Case} each */
  async #hit(each) {
    const [app, host, cut] = [this.#app, this.#host, cuts[each.cut]];
    if (!host || !cut) throw new Error(`no cut is called ${each.cut}`);
    const gate = host.gate(waitingCall(each, cut));
    const [version, over, lines] = [this.#version(), new AbortController(), new Lines()];
    app.dockerfile(each.cut === 'build' ? LONG_BUILD : cut.version === 'good' ? '' : CRASH);
    const crash = { good: '', bad: '\nCRASH=0s', 'bad later': '\nCRASH=4s' }[cut.version];
    const soak = cut.version === 'bad later' ? '8s' : '4s';
    const connected = host.ssh.next();
    let end = () => {};
    const { main, ended } = this.#run(version, lines, {
      ...host.inputs(gate),
      'build-args': `VERSION=${version}${crash}`,
      ...{ soak, timeout: each.fault === 'gone' ? '30s' : '150s', 'max-restarts': '0' },
    });
    const reach = async () => {
      if (!cut.call && !cut.line) await connected;
      if (cut.call) await gate.reached(over.signal);
      if (cut.line) {
        gate.open();
        await lines.says(cut.line);
      }
    };
    const isReached = await Promise.race([reach().then(() => true), ended.then(() => false)]);
    const hitAt = Date.now();
    const struck = isReached && strike({ app, host, gate, cut, fault: each.fault, main });
    const { outputs, ...result } = await ended;
    over.abort();
    const endedAt = Date.now();
    if (struck) end = await struck;
    const left = sleep(Math.max(0, endedAt + this.#leftMs - Date.now())).then(() => {
      const found = [...gate.running(), ...buildsOf(`${app.repository}:${version}`)];
      gate.close();
      end();
      return found;
    });
    const { outcome = '', cause = '' } = outputs;
    const { exitCode, postExitCode, seconds } = result;
    const log = result.log.replace(/^::add-mask::.*\n/gm, '');
    const after = (result.startedAt + seconds * 1_000 - hitAt) / 1_000;
    return { isReached, outcome, cause, exitCode, postExitCode, seconds, after, log, left, version };
  }

  /** Another run, which nothing happens to. @returns {Promise<Next>} */
  async #next() {
    if (!this.#host) throw new Error('not installed');
    const [version, lines, gate] = [this.#version(), new Lines(), this.#host.gate()];
    this.#app.dockerfile();
    const { ended } = this.#run(version, lines, { ...this.#host.inputs(gate), soak: '2s' });
    const { outputs, seconds } = await ended;
    gate.close();
    const { outcome = '', cause = '' } = outputs;
    const [waits, written] = [WAITS, WRITTEN].map((line) => lines.saidAt(line));
    const waited = waits === undefined ? 0 : ((written ?? Date.now()) - waits) / 1_000;
    const answer = await this.#app.serves(version);
    const { isComplete } = await stateOf(this.#app, version);
    return { outcome, cause, waited, seconds, serves: answer === version ? 'new' : answer, isComplete };
  }

  #version() {
    // Another for each app: what one has built, the others find in docker's cache.
    return `v${++this.#runs}-${this.#app.namespace.slice(-8)}`;
  }

  /** @param {string} version @param {Lines} lines @param {Record<string, string>} inputs */
  #run(version, lines, inputs) {
    let main = /** @type {import('node:child_process').ChildProcess | undefined} */ (undefined);
    const ended = this.#app.run(version, inputs, {
      ...(this.#dist && { dist: this.#dist }),
      // Another workflow run: not another attempt of the one before.
      environment: { GITHUB_RUN_ID: `${this.#runs}` },
      onLine: lines.take,
      onStart: (child) => {
        begun(child);
        main = child;
      },
    });
    if (!main) throw new Error('the run has not started');
    return { main, ended };
  }
}

/** The lines of a log, as they come. */
class Lines {
  /** @type {{ text: string, at: number }[]} */
  #said = [];
  /** @type {{ line: RegExp, seen: () => void }[]} */
  #wanted = [];

  /** @param {string} text */
  take = (text) => {
    this.#said.push({ text, at: Date.now() });
    for (const { line, seen } of this.#wanted) if (line.test(text)) seen();
  };

  /** Resolves when a line fits. @param {RegExp} line */
  says(line) {
    return new Promise((/** @type {(value?: undefined) => void} */ seen) => {
      if (this.saidAt(line) === undefined) this.#wanted.push({ line, seen });
      else seen();
    });
  }

  /** When the first line came that fits. @param {RegExp} line */
  saidAt(line) {
    return this.#said.find(({ text }) => line.test(text))?.at;
  }
}

module.exports = { OWN_SOAK, Rig };
