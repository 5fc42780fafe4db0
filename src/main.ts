import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';
import { deploy } from './deploy';
import { removeBuilder } from './image/builder';
import { commitTime } from './image/commit';
import { encoded, loginFolderIn, loginsOf } from './image/login';
import { checkInputs } from './inputs/check';
import type { Config } from './inputs/config';
import { INPUTS, type RawInputs, SECRET_INPUTS } from './inputs/names';
import { nearest } from './inputs/nearest';
import { languageOf, parseInputs } from './inputs/parse';
import { readInputs, readRun, unknownInputs } from './inputs/read';
import { secretsIn } from './manifests/object';
import { GitHubLog, publish } from './report/github';
import { deploymentsApi, endLeft, GitHubDeployment } from './report/github-deployment';
import type { Report } from './report/report';
import { systemClock } from './system/clock';
import { systemProcesses } from './system/process';
import { Secret } from './system/secret';
import type { PrivateKey } from './transport/key';
import type { Transport } from './transport/transport';
import { setLanguage } from './words/language';
import { explain, line, type Problem, problem } from './words/words';
import { printWorkload } from './words/workload';

/** What the main step leaves for the post step. */
const STATE = { begun: 'begun', folder: 'folder', builder: 'builder', deployment: 'deployment' } as const;

const log = new GitHubLog((text) => process.stdout.write(`${text}\n`));

async function main(): Promise<void> {
  // Whatever keeps this from being set right must not end as a success.
  process.exitCode = 1;
  const cancel = new AbortController();
  // GitHub cancels with SIGINT, and 7.5 s later with SIGTERM.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => cancel.abort());
  const raw = readInputs();
  maskSecrets(raw);
  setLanguage(languageOf(raw.language) ?? 'en');
  const run = readRun(randomBytes(4).toString('hex'));
  for (const name of unknownInputs()) warn(problem('input.unknown', { name, nearest: nearest(name, INPUTS) ?? '' }));
  const [committedAt, checked] = await Promise.all([
    commitTime(raw.context.trim() || '.', run.sha, systemProcesses),
    checkInputs(raw),
  ]);
  for (const { password } of checked.otherLogins) mask(password.reveal());
  for (const secret of secretsIn(checked.manifests)) mask(secret);
  const parsed = parseInputs(
    raw,
    { ...run, ...(committedAt && { committedAt }) },
    checked.otherLogins,
    checked.manifests,
  );
  const problems = [...('problems' in parsed ? parsed.problems : []), ...checked.problems];
  const { key } = checked;
  if (problems.length > 0 || !('config' in parsed) || !key) return publish(refused(raw, problems));

  const folder = await mkdtemp(join(process.env.RUNNER_TEMP ?? tmpdir(), 'deploy-action-'));
  core.saveState(STATE.folder, folder);
  const { config } = parsed;
  const { kind: operation } = config.operation;
  if (raw.manifests.trim() !== '' && operation !== 'deploy') warn(problem('manifests.idle', { operation }));
  const { image, workload, workloads, host } = config;
  log.info(
    line('log.begin', {
      operation: config.operation.kind,
      isDryRun: config.isDryRun,
      image: raw.image.trim(),
      deployment: workloads.map(printWorkload).join(', '),
      namespace: workload.namespace,
      host: host.host,
    }),
  );
  for (const login of loginsOf(image)) core.setSecret(encoded(login));
  for (const secret of config.build.secrets) if ('value' in secret) mask(secret.value.reveal());
  const shown = showOnGitHub(config);
  let hasBuilder = false;
  const report = await deploy(config, {
    clock: systemClock,
    log,
    processes: systemProcesses,
    fetch,
    connect: (to, options) => connect(to, key, options),
    folder,
    removeLater: (builder) => {
      hasBuilder = true;
      core.saveState(STATE.builder, builder);
    },
    ...(shown && { tellBegun: (change) => shown.begin(change) }),
    signal: cancel.signal,
  });
  await publish(report);
  await shown?.end(report);
  // A builder is removed by what is written down of it there. Whatever fails here, the post step does.
  await rm(hasBuilder ? loginFolderIn(folder) : folder, { recursive: true, force: true }).catch(() => undefined);
}

/** The step's clean-up; it also runs after a cancel or a crash of the main step. */
async function post(): Promise<void> {
  const [folder, builder] = [core.getState(STATE.folder), core.getState(STATE.builder)];
  const left = core.getState(STATE.deployment);
  if (left !== '') {
    const raw = readInputs();
    setLanguage(languageOf(raw.language) ?? 'en');
    const run = readRun('post');
    await endLeft(left, { run }, { api: deploymentsApi(run, new Secret(raw['github-token'].trim())), warn });
  }
  if (builder !== '') await removeBuilder(builder, folder, systemProcesses);
  if (folder !== '') await rm(folder, { recursive: true, force: true });
}

/** The run among GitHub's deployments, where that is asked for. */
function showOnGitHub(config: Config): GitHubDeployment | undefined {
  const { githubToken, run } = config;
  if (!githubToken) return undefined;
  const remember = (left: string) => core.saveState(STATE.deployment, left);
  return new GitHubDeployment(config, {
    api: deploymentsApi(run, githubToken),
    clock: systemClock,
    log,
    warn,
    remember,
  });
}

/** The SSH library takes a while to load, so a run with bad inputs does not. */
async function connect(
  { host }: Config,
  key: PrivateKey,
  { signal, note }: { signal: AbortSignal; note: (text: string) => void },
): Promise<Transport> {
  const { connectSsh } = await import('./transport/ssh');
  return connectSsh({
    host: host.host,
    port: host.port,
    username: host.username,
    key,
    hostKeys: host.hostKeys,
    clock: systemClock,
    signal,
    onRetry: (fault, attempt, ms) => note(line('log.retry', { detail: explain(fault).what, attempt, ms })),
  });
}

/** A run whose inputs do not fit: everything that is wrong with them, at once. */
function refused(raw: RawInputs, problems: readonly Problem[]): Report {
  for (const each of problems) log.error(each);
  const [deployment, namespace] = [raw.deployment.trim(), raw.namespace.trim() || 'default'];
  if (deployment !== '') log.info(line('outcome.headline', { operation: 'deploy', outcome: 'refused', deployment }));
  return {
    operation: 'deploy',
    outcome: 'refused',
    deployment,
    namespace,
    tags: [],
    serving: 'unknown',
    problems,
    warnings: [],
    pods: [],
    logs: [],
    events: [],
    advice: [],
    phases: [],
    durationMs: performance.now(),
  };
}

function warn(about: Problem): void {
  const { what, next } = explain(about);
  log.warning(`${what} ${next}`);
}

function maskSecrets(raw: RawInputs): void {
  for (const name of SECRET_INPUTS) mask(raw[name]);
}

/** Keeps a secret out of the log, line by line: the runner looks for a mask within one line only. */
function mask(secret: string): void {
  for (const part of secret.split(/\r?\n|\\n/).map((each) => each.trim())) {
    // The first and last line of a key are the same in every key.
    if (part.length > 3 && !part.startsWith('-----')) core.setSecret(part);
  }
}

async function start(): Promise<void> {
  if (core.getState(STATE.begun) !== '') return post();
  core.saveState(STATE.begun, 'true');
  return main();
}

start()
  .catch((error: unknown) => {
    log.error(
      problem('run.unexpected', { detail: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
    process.exitCode = 1;
  })
  // A connection that a library keeps open must not keep the step running.
  .finally(() => process.exit());
