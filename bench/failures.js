// Bad and good versions rolled out three ways on the running testbed: by the action, by `kubectl` as most workflows call
// it, and by helm at its most careful. Who notices, how soon, who says why, and what do users get meanwhile?
//
//   eval "$(testbed/env)" && node bench/failures.js --out failures.md
//
//   --only NAME,NAME      these conditions of testbed/conditions.js alone
//   --tools NAME,NAME     of action, kubectl and helm
//   --runs N              each so often (1)
//   --parallel N          so many of kubectl's and helm's at a time (2); the action's run before them, at most 2 at a time
//   --bad-timeout S       seconds that kubectl and helm are given for a bad version (90), and
//   --good-timeout S      for a good one (300)
//   --with-exclusive      also the conditions that disturb the whole node, each alone, at the end
//
// helm is taken from PATH or from the variable HELM:  go install helm.sh/helm/v4/cmd/helm@v4.3.1

const { execFileSync, spawn } = require('node:child_process');
const { readFileSync, writeFileSync } = require('node:fs');
const { cpus, totalmem } = require('node:os');
const { join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { parseArgs } = require('node:util');
const { conditions } = require('../testbed/conditions');
const { root, testbed } = require('../testbed/sample-app');
const { render } = require('./table');
const { helmProgram, tools } = require('./tools');

/** @typedef {import('../testbed/conditions').Condition} Condition */
/** @typedef {{ condition: Condition, tool: string }} Attempt */

/** More would spoil its seconds on two cores. */
const ACTIONS_AT_A_TIME = 2;
/** What has not ended by then never will. */
const ATTEMPT_MS = 20 * 60_000;

const OPTIONS = /** @type {const} */ ({
  only: { type: 'string' },
  tools: { type: 'string', default: Object.keys(tools).join(',') },
  runs: { type: 'string', default: '1' },
  parallel: { type: 'string', default: '2' },
  'bad-timeout': { type: 'string', default: '90' },
  'good-timeout': { type: 'string', default: '300' },
  'with-exclusive': { type: 'boolean', default: false },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
});

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
let isStopped = false;

async function main() {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return process.stdout.write(usage());
  const timeouts = { bad: count(values, 'bad-timeout'), good: count(values, 'good-timeout') };
  const chosen = choose(values);
  const about = environment(chosen.tools);
  const seen = /** @type {import('./table').Seen[]} */ ([]);
  const attempts = (/** @type {string[]} */ names, /** @type {Condition[]} */ of) =>
    names
      .filter((tool) => chosen.tools.includes(tool))
      .flatMap((tool) =>
        Array.from({ length: count(values, 'runs') }, () => of.map((condition) => ({ condition, tool }))).flat(),
      );
  const alone = chosen.conditions.filter(({ exclusive }) => exclusive);
  const beside = chosen.conditions.filter(({ exclusive }) => !exclusive);
  /** @type {[attempts: Attempt[], atATime: number][]} */
  const rounds = [
    [attempts(['action'], beside), ACTIONS_AT_A_TIME],
    [attempts(['kubectl', 'helm'], beside), count(values, 'parallel')],
    [attempts(Object.keys(tools), alone), 1],
  ];
  const total = rounds.reduce((sum, [each]) => sum + each.length, 0);
  const act = async (/** @type {Attempt} */ { condition, tool }) => {
    const result = await attempt(condition, tool, timeouts[condition.kind]);
    if (isStopped) return;
    seen.push({ condition, tool, ...result });
    say(`${seen.length}/${total} ${tool} ${condition.name}: ${JSON.stringify({ ...result, output: undefined })}`);
  };
  stopOnSignals();
  for (const [each, atATime] of rounds) await inTurns(each, atATime, act);
  const report = render({ ...chosen, seen, environment: about, timeouts });
  process.stdout.write(report);
  if (values.out) writeFileSync(values.out, report);
  if (isStopped) process.exitCode = 130;
}

/** @param {{ only?: string | undefined, tools: string, 'with-exclusive': boolean }} values */
function choose(values) {
  const names = values.only?.split(',');
  const wanted = conditions.filter(({ name }) => names?.includes(name) ?? true);
  refuseUnknown(
    names ?? [],
    conditions.map(({ name }) => name),
  );
  const chosenTools = values.tools.split(',');
  refuseUnknown(chosenTools, Object.keys(tools));
  if (chosenTools.includes('helm') && version(helmProgram, 'version') === undefined) {
    say('helm is not measured: it is neither in PATH nor named by HELM (go install helm.sh/helm/v4/cmd/helm@v4.3.1)');
    chosenTools.splice(chosenTools.indexOf('helm'), 1);
  }
  return { conditions: wanted.filter(({ exclusive }) => values['with-exclusive'] || !exclusive), tools: chosenTools };
}

/** @param {string[]} names @param {string[]} known */
function refuseUnknown(names, known) {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`not known: ${unknown.join(', ')}; there are: ${known.join(' ')}`);
}

/** @param {Record<string, unknown>} values @param {string} name */
function count(values, name) {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} is a number from 1 on`);
  return number;
}

/**
 * Never two of one condition at a time: some share what the node has.
 *
 * @param {Attempt[]} attempts @param {number} atATime @param {(attempt: Attempt) => Promise<void>} act
 */
async function inTurns(attempts, atATime, act) {
  const waiting = [...attempts];
  const underWay = new Set();
  const worker = async () => {
    while (waiting.length > 0 && !isStopped) {
      const index = waiting.findIndex(({ condition }) => !underWay.has(condition));
      const [next] = index < 0 ? [] : waiting.splice(index, 1);
      if (!next) {
        await sleep(500);
        continue;
      }
      underWay.add(next.condition);
      await act(next);
      underWay.delete(next.condition);
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}

/**
 * @param {Condition} condition @param {string} tool @param {number} timeoutSeconds
 * @returns {Promise<import('./table').Measured | { fault: string }>}
 */
function attempt({ name }, tool, timeoutSeconds) {
  return new Promise((done) => {
    // In a group of its own: Ctrl-C reaches it through us, once.
    const argv = [join(__dirname, 'attempt.js'), name, tool, String(timeoutSeconds)];
    const child = spawn(process.execPath, argv, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    let [output, faults] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      faults += text;
    });
    const limit = setTimeout(() => stop(child), ATTEMPT_MS);
    child.on('close', (exitCode) => {
      clearTimeout(limit);
      running.delete(child);
      const last = output.trimEnd().split('\n').at(-1) ?? '';
      done(
        exitCode === 0 && last.startsWith('{')
          ? JSON.parse(last)
          : { fault: faults.trim() || `ended with ${exitCode}` },
      );
    });
  });
}

/** @param {import('node:child_process').ChildProcess} child */
function stop(child) {
  try {
    if (child.pid) process.kill(-child.pid, 'SIGTERM');
  } catch {
    // It has just ended.
  }
}

/** What is under way is taken away; the table shows what there is. */
function stopOnSignals() {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (isStopped) return;
      isStopped = true;
      say('taking away what is under way');
      for (const child of running) stop(child);
    });
  }
}

/** @param {string[]} chosen */
function environment(chosen) {
  const { serverVersion, clientVersion } = JSON.parse(version('kubectl', 'version', '-o', 'json') ?? '{}');
  const changes = version('git', '-C', root, 'status', '--porcelain', '--', 'dist');
  return [
    `the action at ${version('git', '-C', root, 'rev-parse', '--short', 'HEAD')}${changes ? ' with a dist that is not committed' : ''}, on node ${version(testbed('NODE'), '--version')}`,
    `Kubernetes ${serverVersion?.gitVersion}, kubectl ${clientVersion?.gitVersion}`,
    ...(chosen.includes('helm') ? [`helm ${version(helmProgram, 'version', '--template', '{{.Version}}')}`] : []),
    `one node, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    new Date().toISOString().slice(0, 10),
  ];
}

/** What a program says of itself; undefined where there is no such program. @param {string} program @param {string[]} argv */
function version(program, ...argv) {
  try {
    return execFileSync(program, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

function usage() {
  const [text = ''] = /^(\/\/.*\n)*/.exec(readFileSync(__filename, 'utf8')) ?? [];
  return text.replace(/^\/\/ ?/gm, '');
}

/** @param {string} text */
function say(text) {
  process.stderr.write(`${text}\n`);
}

main().catch((fault) => {
  say(fault.message);
  process.exitCode = 2;
});
