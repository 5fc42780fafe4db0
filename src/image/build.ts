import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../inputs/config';
import type { Clock } from '../system/clock';
import type { Processes, ProcessResult } from '../system/process';
import { Failure, problem } from '../words/words';
import {
  buildArgv,
  loginEnvironment,
  manifestArgv,
  saysPushDenied,
  takesLoginFromEnvironment,
  VERSION_ARGV,
} from './buildx';
import { type BuildMetadata, parseMetadata, proveDigest } from './metadata';
import { type PinnedImage, printRepository } from './reference';

export interface BuildTools {
  readonly processes: Processes;
  /** A folder of this run's own. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

/** How many of the last lines of a failed build go into its problem. */
const LAST_LINES = 15;

/** Builds and pushes the image, and gives what buildx says it pushed. Throws a `Failure` where either did not work. */
export async function buildAndPush(config: Config, tools: BuildTools): Promise<BuildMetadata> {
  const { processes, folder, signal } = tools;
  const version = await processes.ask(VERSION_ARGV);
  if (version.kind !== 'exited' || version.code !== 0)
    throw new Failure(problem('build.no-buildx', { detail: detailOf(version) }));
  if (config.image.credentials && takesLoginFromEnvironment(version.stdout) === false) {
    throw new Failure(problem('build.old-buildx', { version: version.stdout.trim() }));
  }
  const metadataFile = join(folder, 'metadata.json');
  const last: string[] = [];
  const result = await processes.run(buildArgv(config.build, config.image.references, metadataFile), {
    environment: environmentOf(config),
    signal,
    onLine: (line) => {
      tools.onLine(line);
      if (line.trim() !== '' && last.push(line) > LAST_LINES) last.shift();
    },
  });
  if (result.kind === 'cancelled') throw new Failure(problem('run.cancelled', {}));
  if (result.kind !== 'exited' || result.code !== 0) throw buildFailure(config, last);
  const built = parseMetadata(await readFile(metadataFile, 'utf8').catch(() => ''));
  if (!built) throw new Failure(problem('build.no-digest', {}));
  return built;
}

export interface ProveTools extends Pick<BuildTools, 'processes' | 'signal'> {
  readonly clock: Clock;
}

/** A registry may need a moment to show what it has just taken. */
const READ_TRIES = 3;
const READ_PAUSE_MS = 1_000;
const READ_MS = 20_000;

/** Reads the manifest back by its digest and compares it with the build. Throws a `Failure` where it is another. */
export async function provePushed(
  config: Config,
  built: BuildMetadata,
  { processes, signal, clock }: ProveTools,
): Promise<PinnedImage> {
  const { repository, references } = config.image;
  const read = () =>
    processes.run(manifestArgv(repository, built.digest), {
      environment: environmentOf(config),
      // buildx itself waits for ever for a registry that takes the question and says nothing.
      signal: AbortSignal.any([signal, AbortSignal.timeout(READ_MS)]),
    });
  const isRead = (result: ProcessResult) => result.kind === 'exited' && result.code === 0;
  let result = await read();
  for (let tries = 1; tries < READ_TRIES && !isRead(result) && !signal.aborted; tries++) {
    await clock.sleep(READ_PAUSE_MS * tries, signal);
    result = await read();
  }
  if (result.kind !== 'exited' || result.code !== 0) {
    throw new Failure(problem('build.unreadable', { digest: built.digest, detail: detailOf(result) }));
  }
  const proof = proveDigest(built, result.stdout);
  if (proof !== 'proved')
    throw new Failure(problem('build.unproved', { digest: built.digest, tag: references[0].tag }));
  return { repository, tag: references[0].tag, digest: built.digest };
}

function environmentOf({ image }: Config): Record<string, string> {
  if (!image.credentials) return {};
  return loginEnvironment(image.repository.registry, image.credentials, process.env.DOCKER_AUTH_CONFIG);
}

/** buildx ends with 1 whatever went wrong, so here its last words have to be read. */
function buildFailure({ image }: Config, last: readonly string[]): Failure {
  if (!saysPushDenied(last)) return new Failure(problem('build.failed', { tail: last.join('\n') }));
  const repository = printRepository(image.repository);
  return new Failure(problem('build.push-denied', { repository, username: image.credentials?.username ?? '' }));
}

function detailOf(result: ProcessResult): string {
  if (result.kind === 'exited') return (result.stderr || result.stdout).trim().slice(-500);
  if (result.kind === 'cancelled') return 'the registry gave no answer';
  return result.kind === 'missing' ? result.detail : result.kind;
}
