// What the measurements share: how they tell what they were made with, and how they take away what they have made.

const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { cpus, totalmem } = require('node:os');
const { root, testbed } = require('../testbed/sample-app');

/** @type {(() => unknown)[]} */
const undoing = [];

/** Has something done at the end, the last one first. @param {() => unknown} act */
function undo(act) {
  undoing.unshift(act);
}

/** What a program says. @param {string} program @param {string[]} argv */
function said(program, ...argv) {
  return execFileSync(program, argv, { encoding: 'utf8' }).trim();
}

/** @param {string} text */
function say(text) {
  process.stderr.write(`${text}\n`);
}

/** The comment that a script begins with. @param {string} file */
function usage(file) {
  const [text = ''] = /^(\/\/.*\n)*/.exec(readFileSync(file, 'utf8')) ?? [];
  return text.replace(/^\/\/ ?/gm, '');
}

/** Which action, and which node runs it. @param {string} [dist] Another bundle than the committed one. */
function measuredAction(dist) {
  const changes = said('git', '-C', root, 'status', '--porcelain', '--', 'dist');
  const bundle = dist === undefined ? (changes ? ' with a dist that is not committed' : '') : ' with another bundle';
  const commit = said('git', '-C', root, 'rev-parse', '--short', 'HEAD');
  return `the action at ${commit}${bundle}, on node ${said(testbed('NODE'), '--version')}`;
}

function dockerVersions() {
  const engine = said('docker', 'version', '--format', '{{.Server.Version}}');
  return `Docker ${engine}, buildx ${said('docker', 'buildx', 'version').split(' ')[1]}`;
}

function kubernetesVersions() {
  const { serverVersion, clientVersion } = JSON.parse(said('kubectl', 'version', '-o', 'json'));
  return `Kubernetes ${serverVersion?.gitVersion}, kubectl ${clientVersion?.gitVersion}`;
}

function machine() {
  return `all on one machine, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
}

function today() {
  return new Date().toISOString().slice(0, 10);
}

/** Runs a script to its end, and takes away what it has made, also where it is stopped. @param {() => Promise<unknown>} main @param {() => void} stop */
function run(main, stop) {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      say('taking away what is under way');
      process.exitCode = 130;
      stop();
    });
  }
  main()
    .catch((fault) => {
      say(fault.message);
      process.exitCode ??= 2;
    })
    .finally(takeAway);
}

async function takeAway() {
  for (const act of undoing.splice(0)) {
    try {
      await act();
    } catch (fault) {
      say(`${fault}`);
      process.exitCode ??= 2;
    }
  }
}

module.exports = { dockerVersions, kubernetesVersions, machine, measuredAction, run, said, say, today, undo, usage };
