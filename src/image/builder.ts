import { join } from 'node:path';
import type { BuildConfig, Config } from '../inputs/config';
import type { Clock } from '../system/clock';
import { detailOf, hasSucceeded, type Processes } from '../system/process';
import type { BuilderNeed } from '../words/en/build';
import { explain, Failure, line, type Problem, problem } from '../words/words';
import { parseDriver } from './buildx';
import { type Caches, engineCaches, needsBuildKit } from './cache';
import { loginEnvironment, loginsOf } from './login';
import { isLoopback } from './reference';

export interface Builder {
  /** Left out: docker's current one. */
  readonly name?: string;
  readonly environment: Record<string, string>;
  /** What it can use of the caches. */
  readonly caches: Caches;
}

export interface BuilderTools {
  readonly processes: Processes;
  readonly clock: Clock;
  /** A folder of this run's own, which the temporary builder is written down in. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
  readonly warn: (text: string) => void;
  /** Has the post step remove a builder, whatever happens from here on. */
  readonly removeLater: (builder: string) => void;
}

/** buildx's own default for a container builder (github.com/docker/buildx, driver/bkimage). */
const BUILDKIT_IMAGE = 'moby/buildkit:buildx-stable-1';
const PULL_TRIES = 3;
const PULL_PAUSE_MS = 3_000;
/** Milliseconds for what docker does on this machine alone. */
const ANSWER_MS = 15_000;
const BOOT_MS = 120_000;

/** What the build asks for that the engine's own builder (without containerd's image store) does not do. */
export function needsOf(build: BuildConfig, caches: Caches): BuilderNeed[] {
  return [
    ...(build.platforms.length > 1 ? (['platforms'] as const) : []),
    ...(build.provenance || build.sbom ? (['attestations'] as const) : []),
    ...(needsBuildKit(caches) ? (['cache'] as const) : []),
  ];
}

/**
 * Finds a builder that can do what is asked. Mostly that is docker's current one, and then nothing is asked or booted;
 * otherwise a container builder is made for this run. Throws a `Failure` where there is none; for caches alone it only warns.
 */
export async function chooseBuilder(config: Config, caches: Caches, tools: BuilderTools): Promise<Builder> {
  const { build } = config;
  const present = { environment: {}, caches, ...(build.builder && { name: build.builder }) };
  const needs = needsOf(build, caches);
  if (needs.length === 0 || (await isCapable(build.builder, tools))) return present;
  const trouble = build.builder
    ? problem('build.builder-cannot', { builder: build.builder, needs })
    : await makeBuilder(config, tools);
  if (!trouble) return { name: nameOf(config), environment: environmentOf(tools.folder), caches };
  if (tools.signal.aborted) throw new Failure(problem('run.cancelled', {}));
  if (needs.some((need) => need !== 'cache')) throw new Failure(trouble);
  tools.warn(line('log.no-cache', { detail: explain(trouble).what }));
  return { ...present, caches: engineCaches(caches) };
}

/** Whether the builder is BuildKit's, or the engine keeps its images in containerd's store and can do the same. */
async function isCapable(builder: string | undefined, { processes, signal }: BuilderTools): Promise<boolean> {
  const ask = (argv: readonly string[]) =>
    processes.run(argv, { signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) });
  const [inspected, info] = await Promise.all([
    ask(['docker', 'buildx', 'inspect', ...(builder ? [builder] : [])]),
    ask(['docker', 'info', '--format', '{{json .DriverStatus}}']),
  ]);
  if (signal.aborted) throw new Failure(problem('run.cancelled', {}));
  if (inspected.kind !== 'exited' || inspected.code !== 0) {
    if (builder) throw new Failure(problem('build.no-builder', { builder, detail: detailOf(inspected) }));
    return false;
  }
  const isEngine = parseDriver(inspected.stdout) === 'docker';
  return !isEngine || (info.kind === 'exited' && info.stdout.includes('io.containerd.snapshotter'));
}

/** Boots a builder of this run's own. Its image is got beforehand, for buildx itself tries that once only. */
async function makeBuilder(config: Config, tools: BuilderTools): Promise<Problem | undefined> {
  const { processes, clock, signal, folder } = tools;
  const name = nameOf(config);
  tools.note(line('log.builder', { builder: name }));
  const login = loginEnvironment(loginsOf(config.image), process.env.DOCKER_AUTH_CONFIG);
  const run = (argv: readonly string[], environment: Record<string, string> = {}) =>
    processes.run(argv, { signal: AbortSignal.any([signal, AbortSignal.timeout(BOOT_MS)]), environment });
  for (let tries = 1; !signal.aborted; tries++) {
    const pulled = await run(['docker', 'pull', '--quiet', BUILDKIT_IMAGE], login);
    if (hasSucceeded(pulled) || hasSucceeded(await run(['docker', 'image', 'inspect', BUILDKIT_IMAGE]))) break;
    if (tries === PULL_TRIES) return problem('build.no-buildkit', { image: BUILDKIT_IMAGE, detail: detailOf(pulled) });
    tools.note(line('log.retry', { detail: detailOf(pulled), attempt: tries + 1, ms: PULL_PAUSE_MS * tries }));
    await clock.sleep(PULL_PAUSE_MS * tries, signal);
  }
  tools.removeLater(name);
  const created = await run(createArgv(config, name), { ...login, ...environmentOf(folder) });
  return hasSucceeded(created) ? undefined : problem('build.no-boot', { detail: detailOf(created) });
}

function createArgv({ build, image }: Config, name: string): string[] {
  const reachesLoopback = image.references.some(({ repository }) => isLoopback(repository.registry));
  return [
    ...['docker', 'buildx', 'create', '--name', name, '--driver', 'docker-container', '--bootstrap'],
    // A registry on this machine's own address is not there for a container with a network of its own.
    ...(reachesLoopback || build.network === 'host' ? ['--driver-opt', 'network=host'] : []),
    ...(build.network === 'host' ? ['--buildkitd-flags', '--allow-insecure-entitlement network.host'] : []),
  ];
}

/** Removes a temporary builder: the container, its volume and what is written down of it. Used by the post step. */
export async function removeBuilder(name: string, folder: string, processes: Processes): Promise<void> {
  const run = (argv: readonly string[]) =>
    processes.run(argv, { signal: AbortSignal.timeout(BOOT_MS), environment: environmentOf(folder) });
  if (hasSucceeded(await run(['docker', 'buildx', 'rm', '--force', name]))) return;
  // The run may have been killed between the container's start and the builder's being written down.
  const container = `buildx_buildkit_${name}0`;
  await run(['docker', 'rm', '--force', '--volumes', container]);
  await run(['docker', 'volume', 'rm', '--force', `${container}_state`]);
}

/** Builders are written down in the run's own folder: the user's list, and which of it is current, stay as they are. */
function environmentOf(folder: string): Record<string, string> {
  return { BUILDX_CONFIG: join(folder, 'buildx') };
}

function nameOf({ run }: Config): string {
  return `deploy-action-${run.id}`;
}
