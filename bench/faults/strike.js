// Brings a fault about.

const { setTimeout: sleep } = require('node:timers/promises');
const { watchHistory } = require('./truth');

/** How long what fails is away. An API server on one node, or an sshd, takes less to start. */
const AWAY_MS = 10_000;
const SSHD_MS = 5_000;
const REBOOT_MS = 40_000;
/** The run that is given up meanwhile has a shorter `timeout`. */
const GONE_MS = 75_000;
/** A call that waits goes on in the middle of the fault. */
const GO_MS = 500;
const LATE_MS = 8_000;
/** Of what the API server says: so that its answer can be lost when it has done what it was asked. */
const LATENCY_MS = 1_500;
/** GitHub cancels by SIGINT, asks again after this, and kills after that. */
const SIGTERM_MS = 7_500;
const SIGKILL_MS = 10_000;

/**
 * @typedef {object} Struck
 * @property {import('../../testbed/sample-app').SampleApp} app
 * @property {import('./host').Host} host
 * @property {import('./gate').Gate} gate
 * @property {import('./cases').Cut} cut
 * @property {import('./cases').Fault} fault
 * @property {import('node:child_process').ChildProcess} main The runner's process.
 */

/** The call that has to wait for the fault: what the API server has done must be seen by itself. @param {import('./cases').Case} each @param {import('./cases').Cut} cut */
function waitingCall({ fault }, { call }) {
  return fault === 'api' && call?.kind === 'patch' ? { ...call, when: /** @type {const} */ ('before') } : call;
}

/** Resolves when the fault is over; gives what has to be done to leave nothing of it. @param {Struck} of @returns {Promise<() => void>} */
async function strike(of) {
  const { app, host, gate, cut, fault } = of;
  const isAnswerLost = fault === 'api' && cut.call?.kind === 'patch' && cut.call.when === 'after';
  if (!isAnswerLost) return (await Promise.all([bringAbout(of), goOn(of)]))[0];
  const { seen } = await watchHistory(app);
  host.api.latencyMs = LATENCY_MS;
  gate.open();
  await seen;
  host.api.latencyMs = 0;
  return bringAbout(of);
}

/** @param {Struck} of */
async function bringAbout({ host, fault, main }) {
  switch (fault) {
    case 'reset':
      host.ssh.reset();
      break;
    case 'drop': {
      const { over, end } = host.ssh.forget(AWAY_MS);
      await over;
      return end;
    }
    case 'stall':
      await host.ssh.stall(AWAY_MS);
      break;
    case 'away':
      await host.ssh.away(REBOOT_MS);
      break;
    case 'gone':
      await host.ssh.away(GONE_MS);
      break;
    case 'sshd':
      await host.restartSshd(SSHD_MS);
      break;
    case 'api':
      await host.api.away(AWAY_MS);
      break;
    case 'SIGINT':
      await cancel(main);
      break;
    case 'SIGKILL':
      main.kill('SIGKILL');
      break;
    default:
      throw new Error(`no fault is called ${fault}`);
  }
  return () => {};
}

/** @param {Struck} of */
async function goOn({ gate, cut }) {
  await sleep(cut.goesOn === 'late' ? LATE_MS : GO_MS);
  if (cut.goesOn === 'never') gate.kill();
  else gate.open();
}

/** As GitHub's runner does it. @param {import('node:child_process').ChildProcess} main */
async function cancel(main) {
  const ended = new AbortController();
  main.once('exit', () => ended.abort());
  main.kill('SIGINT');
  const later = (/** @type {number} */ ms, /** @type {NodeJS.Signals} */ signal) =>
    sleep(ms, undefined, { signal: ended.signal }).then(
      () => main.kill(signal),
      () => undefined,
    );
  await Promise.all([later(SIGTERM_MS, 'SIGTERM'), later(SIGKILL_MS, 'SIGKILL')]);
}

module.exports = { strike, waitingCall };
