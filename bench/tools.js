// Three ways to roll version `second` of a sample app out, each measured from its change to its verdict.

const { execFileSync, spawn } = require('node:child_process');
const { mkdirSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { App, execute } = require('../testbed/sample-app');

/** @typedef {InstanceType<typeof App>} SampleApp */

/**
 * @typedef {object} Verdict
 * @property {number} seconds From the change in the cluster to the verdict; from the start where nothing was changed.
 * @property {number | null} exitCode
 * @property {string} said What it said of the cause, in one line.
 * @property {string} [output] All that it printed, where its cause is to be looked for in it.
 * @property {string} [outcome] In a word.
 * @property {number} [total] Seconds of the whole run, a rollback included.
 * @property {number} [behind] Seconds after `kubectl rollout status` had seen the same rollout's end.
 */

/** @typedef {(app: SampleApp, inputs: Record<string, string>, timeoutSeconds: number) => Promise<Verdict>} Tool */

const now = () => performance.now() / 1000;

/** As a user has it: the defaults of action.yml, but for what the condition asks for. @type {Tool} */
async function action(app, inputs) {
  const at = /** @type {Record<string, number>} */ ({});
  let status = Promise.resolve(0);
  const onLine = (/** @type {string} */ line) => {
    const [, phase] = /^[✓✗] ([^:]+): /.exec(line) ?? [];
    if (phase) at[phase] = now();
    if (!/^Container ".*": .* → /.test(line) || at.change) return;
    at.change = now();
    // The same rollout, seen by kubectl: two rollouts never take the same time.
    const argv = ['rollout', 'status', 'deployment/app', '-n', app.namespace, '--timeout=10m'];
    status = execute('kubectl', argv).then(now, () => 0);
  };
  const began = now();
  const result = await app.run('second', { soak: '', ...inputs }, { onLine });
  const end = at['Find out why it failed'] ?? at['Verify from outside'] ?? at['Watch the rollout'] ?? now();
  const { outcome, cause = '' } = result.outputs;
  const isGood = result.exitCode === 0;
  return {
    seconds: end - (at.change ?? began),
    exitCode: result.exitCode,
    said: cause,
    outcome,
    total: result.seconds,
    ...(isGood && { behind: (at['Watch the rollout'] ?? end) - (await status) }),
  };
}

/** What most workflows do, with the same care for minReadySeconds. @type {Tool} */
async function kubectl(app, inputs, timeoutSeconds) {
  const environment = configuration(inputs);
  const image = await app.build('second');
  const patch = {
    spec: { minReadySeconds: soakSeconds(app, inputs), template: { spec: { containers: [{ name: 'app', image }] } } },
  };
  const where = ['deployment/app', '-n', app.namespace];
  const patched = await run('kubectl', ['patch', ...where, '-p', JSON.stringify(patch)], environment);
  if (patched.exitCode !== 0) return { ...patched, said: lastLine(patched.output) };
  const watched = await run('kubectl', ['rollout', 'status', ...where, `--timeout=${timeoutSeconds}s`], environment);
  // The API server's warnings come with the change.
  return { ...watched, said: lastLine(watched.output), output: patched.output + watched.output };
}

/** As careful as helm can be. Its app must be a HelmApp. @type {Tool} */
async function helm(app, inputs, timeoutSeconds) {
  if (!(app instanceof HelmApp)) throw new Error('not installed by helm');
  const image = await app.build('second');
  const values = `image=${image},minReadySeconds=${soakSeconds(app, inputs)}`;
  const options = ['--wait', '--rollback-on-failure', '--timeout', `${timeoutSeconds}s`];
  const upgrade = ['upgrade', 'app', app.chart, '-n', app.namespace, '--set', values, ...options];
  let failed = 0;
  const began = now();
  const upgraded = await run(helmProgram, upgrade, configuration(inputs), (line) => {
    if (/upgrade failed/.test(line)) failed ||= now();
  });
  const history = JSON.parse(
    (await execute(helmProgram, ['history', 'app', '-n', app.namespace, '-o', 'json'])).stdout,
  );
  const last = history.at(-1);
  return {
    ...upgraded,
    seconds: failed > 0 ? failed - began : upgraded.seconds,
    total: upgraded.seconds,
    said: /^Error: (.*)/ms.exec(upgraded.output)?.[1]?.trim() ?? upgraded.output.split('\n')[0] ?? '',
    outcome: `${last.status}: ${last.description}`,
  };
}

const helmProgram = process.env.HELM ?? 'helm';

/** An app whose first version comes with `helm install`, from a chart made of the same manifest. */
class HelmApp extends App {
  chart = mkdtempSync(join(tmpdir(), 'chart-'));

  constructor() {
    super();
    this.undo(() => rmSync(this.chart, { recursive: true, force: true }));
  }

  /** @override @param {any} object */
  apply(object) {
    const deployment = object.items?.find(({ kind }) => kind === 'Deployment');
    if (!deployment) return super.apply(object);
    mkdirSync(join(this.chart, 'templates'));
    writeFileSync(join(this.chart, 'Chart.yaml'), 'apiVersion: v2\nname: app\nversion: 1.0.0\n');
    const [container] = deployment.spec.template.spec.containers;
    const { image } = container;
    container.image = '{{ .Values.image }}';
    deployment.spec.minReadySeconds = 'SECONDS';
    object.items.forEach((each, index) => {
      const text = JSON.stringify(each, undefined, 2).replace('"SECONDS"', '{{ .Values.minReadySeconds }}');
      writeFileSync(join(this.chart, `templates/${index}.yaml`), `${text}\n`);
    });
    writeFileSync(join(this.chart, 'values.yaml'), `image: ${image}\nminReadySeconds: 0\n`);
    execFileSync(helmProgram, ['install', 'app', this.chart, '-n', this.namespace], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }
}

/** What the action sets minReadySeconds to. @param {SampleApp} app @param {Record<string, string>} inputs */
function soakSeconds(app, inputs) {
  const [container] = app.deployment().spec?.template.spec?.containers ?? [];
  return Number.parseInt(inputs.soak ?? (container?.readinessProbe ? '10' : '30'), 10);
}

/** Where the condition gives kubectl another configuration, helm gets it too. @param {Record<string, string>} inputs */
function configuration(inputs) {
  const [, file] = /--kubeconfig=(\S+)/.exec(inputs.kubectl ?? '') ?? [];
  return file === undefined ? {} : { KUBECONFIG: file };
}

/**
 * @param {string} program @param {string[]} argv @param {Record<string, string>} [environment]
 * @param {(line: string) => void} [onLine]
 * @returns {Promise<{ exitCode: number | null, output: string, seconds: number }>}
 */
function run(program, argv, environment = {}, onLine = () => {}) {
  const began = now();
  return new Promise((done, fail) => {
    const child = spawn(program, argv, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        for (const line of text.split('\n')) onLine(line);
      });
    }
    child.on('error', fail);
    child.on('close', (exitCode) => done({ exitCode, output, seconds: now() - began }));
  });
}

/** @param {string} output */
const lastLine = (output) => output.trimEnd().split('\n').at(-1) ?? '';

/** @type {Record<string, { deploy: Tool, App: new () => SampleApp }>} */
const tools = {
  action: { deploy: action, App },
  kubectl: { deploy: kubectl, App },
  helm: { deploy: helm, App: HelmApp },
};

module.exports = { tools, helmProgram };
