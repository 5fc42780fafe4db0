// Runs the action as a GitHub runner does: inputs by INPUT_* (defaults of action.yml included), command files for
// outputs, state and the summary, the main step and then, whatever happened, the post step.

const { spawn } = require('node:child_process');
const { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');

const repository = resolve(__dirname, '..');

/**
 * @typedef {object} Run
 * @property {Record<string, string>} inputs What stands under `with:`.
 * @property {string} workspace The checked-out repository.
 * @property {string} [node] The node that runs the action; this one by default.
 * @property {string} [dist] The bundle; the committed one by default.
 * @property {Record<string, string>} [environment] More variables, such as GITHUB_SHA.
 * @property {(line: string) => void} [onLine] Called for each line of the log as it appears.
 * @property {(main: import('node:child_process').ChildProcess) => void} [onStart] Called with the main step's process.
 */

/**
 * @typedef {object} Result
 * @property {number | null} exitCode Of the main step; null where a signal ended it.
 * @property {number | null} postExitCode
 * @property {string} log What the main step printed.
 * @property {string} postLog
 * @property {Record<string, string>} outputs
 * @property {string} summary
 * @property {Record<string, string>} state
 * @property {number} seconds How long the main step took.
 * @property {number} startedAt Milliseconds (Date.now()) at the start of the main step.
 */

/** @param {Run} run @returns {Promise<Result>} */
async function runAction(run) {
  const folder = mkdtempSync(join(tmpdir(), 'runner-'));
  try {
    const files = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY', 'GITHUB_ENV', 'GITHUB_PATH'];
    const commandFiles = Object.fromEntries(files.map((name) => [name, join(folder, name.toLowerCase())]));
    for (const file of Object.values(commandFiles)) writeFileSync(file, '');
    const environment = {
      ...withoutInputs(process.env),
      GITHUB_ACTIONS: 'true',
      CI: 'true',
      GITHUB_REPOSITORY: 'medibird/example',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
      GITHUB_RUN_ID: '4242',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_ACTOR: 'somebody',
      GITHUB_WORKSPACE: run.workspace,
      RUNNER_TEMP: folder,
      ...commandFiles,
      ...inputVariables(run.inputs),
      ...run.environment,
    };
    const start = Date.now();
    const main = await step(run, environment, run.onStart);
    const seconds = (Date.now() - start) / 1000;
    const state = readCommandFile(commandFiles.GITHUB_STATE);
    const saved = Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]));
    const post = await step(run, { ...environment, ...saved });
    refuseSecrets({ 'github-token': TOKEN, ...run.inputs }, { main: main.log, post: post.log, files: textsIn(folder) });
    return {
      exitCode: main.exitCode,
      postExitCode: post.exitCode,
      log: main.log,
      postLog: post.log,
      outputs: readCommandFile(commandFiles.GITHUB_OUTPUT),
      summary: readFileSync(commandFiles.GITHUB_STEP_SUMMARY, 'utf8'),
      state,
      seconds,
      startedAt: start,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a runner makes of the default `${{ github.token }}`. */
const TOKEN = 'ghs_0123456789abcdefghijklmnopqrstuvwxyz';

/** Inputs of which no part may stand anywhere else; what is shorter than this may stand anywhere by chance. */
const SECRETS = ['registry-password', 'registry-auth', 'secrets', 'ssh-key', 'ssh-passphrase', 'github-token'];
const SHORTEST = 12;

/**
 * No run may show a secret: neither in its log, whose masks alone repeat them, nor in an output, the summary, its state or a file that
 * is left of it.
 *
 * @param {Record<string, string>} inputs
 * @param {{ main: string, post: string, files: string }} seen
 */
function refuseSecrets(inputs, { main, post, files }) {
  const log = `${main}\n${post}`.replace(/^::add-mask::.*$/gm, '');
  for (const name of SECRETS) {
    const given = inputs[name] ?? '';
    // Of a list of logins only the passwords are secret.
    const lines = name === 'registry-auth' ? (given.match(/password:.*/g) ?? []).join('\n') : given;
    for (const secret of partsOf(lines)) {
      const encoded = Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -2);
      // As docker's configuration and HTTP carry a login.
      const login = Buffer.from(`${inputs['registry-username']}:${secret}`).toString('base64');
      for (const text of [secret, encoded, login].filter((each) => each.length >= SHORTEST)) {
        if (log.includes(text)) throw new Error(`the log shows a part of "${name}"`);
        if (files.includes(text))
          throw new Error(`a part of "${name}" is left in an output, the summary, the state or a file`);
      }
    }
  }
}

/** The lines of a secret, without what is the same in each: the frame of a key, the names of a list. */
function partsOf(secret) {
  return secret
    .split('\n')
    .map((line) => line.replace(/^[\s-]*(?:[\w.-]+\s*[:=]\s*)?/, '').trim())
    .filter((line) => line.length >= SHORTEST && !line.startsWith('-----') && !/PRIVATE KEY/.test(line));
}

/** Everything that is written below a folder. */
function textsIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

function step(run, environment, onStart = () => {}) {
  return new Promise((done, fail) => {
    const child = spawn(run.node ?? process.execPath, [run.dist ?? join(repository, 'dist/index.js')], {
      cwd: run.workspace,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    let rest = '';
    const read = (chunk) => {
      log += chunk;
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) run.onLine?.(line);
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read);
    child.on('error', fail);
    child.on('close', (exitCode) => {
      if (rest !== '') run.onLine?.(rest);
      done({ exitCode, log });
    });
    onStart(child);
  });
}

function withoutInputs(environment) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(INPUT|STATE|GITHUB)_/.test(name)));
}

function inputVariables(inputs) {
  const all = { ...defaults(), 'github-token': TOKEN, ...inputs };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]),
  );
}

/** Every input of action.yml with its default; an input without one is handed over empty, as the runner does. */
function defaults() {
  const [, block = ''] = /^inputs:\n((?: .*\n|\n)*)/m.exec(readFileSync(join(repository, 'action.yml'), 'utf8')) ?? [];
  const inputs = {};
  let name = '';
  for (const line of block.split('\n')) {
    const key = /^ {2}([\w-]+):$/.exec(line)?.[1];
    if (key) {
      name = key;
      inputs[name] = '';
    }
    const value = /^ {4}default: (.*)$/.exec(line)?.[1];
    if (value !== undefined) inputs[name] = value.replace(/^'(.*)'$/, '$1');
  }
  return inputs;
}

/** Reads a command file: `name=value` lines and `name<<delimiter` blocks. */
function readCommandFile(file) {
  const values = {};
  const lines = readFileSync(file, 'utf8').split('\n');
  for (let index = 0; index < lines.length; index++) {
    const block = /^([^=]+?)<<(.+)$/.exec(lines[index]);
    if (block) {
      const end = lines.indexOf(block[2], index + 1);
      values[block[1]] = lines.slice(index + 1, end).join('\n');
      index = end;
    } else {
      const [, name, value] = /^([^=]+)=(.*)$/.exec(lines[index]) ?? [];
      if (name) values[name] = value;
    }
  }
  return values;
}

module.exports = { runAction, defaults, refuseSecrets, TOKEN };
