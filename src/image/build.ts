import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildSecret, Config } from '../inputs/config';
import { detailOf, hasSucceeded } from '../system/process';
import { Failure, line, problem } from '../words/words';
import { blamedLine } from './blame';
import { type Builder, type BuilderTools, chooseBuilder } from './builder';
import { buildArgv, secretEnvironment, VERSION_ARGV } from './buildx';
import { type Caches, cachesOf, cacheType, offersGitHubCache, withoutGitHub } from './cache';
import { findExisting } from './existing';
import { labelsOf } from './labels';
import { loginEnvironment, loginFolder, loginFor, loginsOf, takesLoginFromEnvironment } from './login';
import { type BuildMetadata, parseMetadata } from './metadata';
import { type Fetch, isInTrouble } from './registry';
import { explainTrouble, hasBegun, isCacheTrouble, mayLackLogin, mayPass, type Trouble, troubleOf } from './trouble';

export interface BuildTools extends BuilderTools {
  readonly fetch: Fetch;
  /** Takes each line that docker prints. */
  readonly onLine: (line: string) => void;
}

/** What was pushed, and the environment that logs docker in to look at it. */
export interface Built extends BuildMetadata {
  readonly login: Record<string, string>;
}

/** How many of docker's last lines are kept: a step that fails repeats what it printed, and its lines of the Dockerfile. */
const LAST_LINES = 60;

/**
 * buildx is not to ask git about the context: a folder of the checkout may look like a repository whose settings name programs.
 * What it would find out is in the labels.
 */
const NO_GIT = { BUILDX_GIT_INFO: '0' } as const;

const PUSH_TRIES = 4;
const SILENT_TRIES = 2;
/** Pauses in milliseconds before the next push; what is built and pushed already is not built or pushed again. */
const PUSH_PAUSES_MS = [3_000, 10_000, 30_000];
/**
 * Milliseconds without a line of output after which a registry is taken for dead: docker waits for ever for one that takes a
 * request and says nothing. The engine tells of each part that it sends, BuildKit is silent until all layers are there.
 */
const SILENCE_MS = { engine: 180_000, buildkit: 900_000 } as const;

/** Builds and pushes the image, and gives what buildx says it pushed. Throws a `Failure` where either did not work. */
export async function buildAndPush(config: Config, tools: BuildTools): Promise<Built> {
  const { build } = config;
  const environment = await loginBefore(config, tools);
  const existing = build.skipExisting ? await findExisting(config, environment, tools) : undefined;
  if (existing) {
    tools.note(line('log.existing', { digest: existing }));
    return { digest: existing, isExisting: true, login: {} };
  }
  const labels = labelsOf(config, process.env);
  const secrets = build.secrets.filter((secret) => isSet(secret, tools));
  const builder = await chooseBuilder(config, usableCaches(config, tools), tools);
  const metadataFile = join(tools.folder, 'metadata.json');
  const login = await buildUntilPushed(
    { ...config, build: { ...build, secrets } },
    builder,
    { labels, metadataFile, environment },
    tools,
  );
  const text = await readFile(metadataFile, 'utf8').catch(() => '');
  const built = parseMetadata(text, { isIndex: build.platforms.length > 1 });
  if (!built) throw new Failure(problem('build.no-digest', {}));
  return { ...built, login };
}

/** What is read before a push is refused would be taken for missing, so there an older buildx is asked for its age first. */
async function loginBefore({ build, image }: Config, tools: BuildTools): Promise<Built['login']> {
  const logins = loginsOf(image);
  const isRead = build.skipExisting || build.cacheFrom.length + build.cacheTo.length > 0;
  return isRead ? loginFor(logins, tools) : loginEnvironment(logins, process.env.DOCKER_AUTH_CONFIG);
}

/** docker itself leaves out what is not set, without a word. The variable is not told: somebody may have written the secret there. */
function isSet(secret: BuildSecret, { warn }: BuildTools): boolean {
  if (!('env' in secret) || process.env[secret.env]) return true;
  warn(line('log.secret-unset', { id: secret.id }));
  return false;
}

function usableCaches({ build, image }: Config, { warn }: BuildTools): Caches {
  const caches = cachesOf(build, image.repository.path);
  const wantsGitHub = [...caches.from, ...caches.to].some((entry) => cacheType(entry) === 'gha');
  if (!wantsGitHub || offersGitHubCache(process.env)) return caches;
  warn(line('log.no-github-cache', {}));
  return withoutGitHub(caches);
}

interface Attempt {
  readonly labels: readonly string[];
  readonly metadataFile: string;
  readonly environment: Record<string, string>;
}

/**
 * The same build again, as long as only the way to the registry is in trouble: all that it has done is in its cache.
 * Gives the environment that the registry was logged in by.
 */
async function buildUntilPushed(
  config: Config,
  builder: Builder,
  attempt: Attempt,
  tools: BuildTools,
): Promise<Built['login']> {
  const { clock, signal } = tools;
  const logins = loginsOf(config.image);
  let { environment } = attempt;
  let { caches } = builder;
  let isLoginTried = logins.length === 0 || 'DOCKER_CONFIG' in environment;
  for (let tries = 1; ; ) {
    const trouble = await buildOnce(config, { ...builder, caches }, { ...attempt, environment }, tools);
    if (!trouble) return environment;
    if (signal.aborted) throw new Failure(problem('run.cancelled', {}));
    const version = await tools.processes.ask(VERSION_ARGV);
    if (!hasSucceeded(version)) throw new Failure(problem('build.no-buildx', { detail: detailOf(version) }));
    if (!isLoginTried && mayLackLogin(trouble) && takesLoginFromEnvironment(version.stdout) === false) {
      environment = await loginFolder(logins, tools.folder);
      isLoginTried = true;
      tools.note(line('log.old-buildx', { version: version.stdout.trim() }));
    } else if ((isCacheTrouble(trouble) || !hasBegun(trouble)) && caches.from.length + caches.to.length > 0) {
      tools.warn(line('log.cache-failed', { detail: trouble.said }));
      caches = { from: [], to: [] };
    } else if (tries < triesFor(trouble) && (await isTransient(trouble, config, { tries }, tools))) {
      const ms = PUSH_PAUSES_MS[tries - 1] ?? 0;
      const detail = trouble.kind === 'silent' ? line('log.silent', { last: trouble.said }) : trouble.said;
      tools.note(line('log.push-retry', { detail, attempt: ++tries, of: triesFor(trouble), ms }));
      await clock.sleep(ms, signal);
    } else throw new Failure(explainTrouble({ ...trouble, ...(await blame(config, trouble)) }, config, tries));
  }
}

/** An engine never gives a request up that nobody answers, and each later push of that layer waits for it. */
function triesFor({ kind }: Trouble): number {
  return kind === 'silent' ? SILENT_TRIES : PUSH_TRIES;
}

/**
 * Whether the same build may go through in a while. A refusal stays one; but the engine says `unauthorized` too where the registry
 * was in too much trouble to ask for the login.
 */
async function isTransient(
  trouble: Trouble,
  { image }: Config,
  { tries }: { tries: number },
  { fetch, signal }: BuildTools,
): Promise<boolean> {
  if (mayPass(trouble)) return true;
  if (trouble.kind !== 'push-unasked' || !image.credentials) return false;
  return tries === 1 || isInTrouble(image.repository, fetch, signal);
}

async function blame({ build }: Config, { tail }: Trouble): Promise<Pick<Trouble, 'at'>> {
  const file = build.file ?? join(build.context, 'Dockerfile');
  const at = blamedLine(tail, file, await readFile(file, 'utf8').catch(() => ''));
  return at ? { at } : {};
}

/** One build and push; gives what was wrong, or nothing where all went well. */
async function buildOnce(
  { build, image }: Config,
  builder: Builder,
  { labels, metadataFile, environment }: Attempt,
  { processes, signal, onLine }: BuildTools,
): Promise<Trouble | undefined> {
  const last: string[] = [];
  const silence = new Silence();
  const argv = buildArgv(build, { ...image, labels, metadataFile, caches: builder.caches, builder: builder.name });
  const result = await processes
    .run(argv, {
      environment: { ...environment, ...builder.environment, ...secretEnvironment(build.secrets), ...NO_GIT },
      signal: AbortSignal.any([signal, silence.signal]),
      onLine: (text) => {
        onLine(text);
        silence.broken(text);
        // What docker says of being ended is no reason.
        if (text.trim() === '' || silence.signal.aborted) return;
        if (last.push(text) > LAST_LINES) last.shift();
      },
    })
    .finally(() => silence.end());
  return hasSucceeded(result) ? undefined : troubleOf(last, { isSilent: silence.signal.aborted });
}

/** Aborts where docker waits for a registry and has printed nothing for long. A step of the Dockerfile may be silent for ever. */
class Silence {
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #ms: number | undefined;

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  broken(text: string): void {
    this.end();
    // The engine's step is "pushing NAME with docker", then "pushing layer ID"; BuildKit's are "pushing layers" and "manifest".
    if (/^#\d+ pushing (?:layers|manifest)\b/.test(text)) this.#ms = SILENCE_MS.buildkit;
    else if (/^#\d+ pushing /.test(text)) this.#ms = SILENCE_MS.engine;
    // Once it pushes, it builds no more; before that, only the line itself says what is waited for.
    const ms = this.#ms ?? (/^#\d+ \[internal\] load metadata for /.test(text) ? SILENCE_MS.engine : undefined);
    if (ms !== undefined) this.#timer = setTimeout(() => this.#abort.abort(), ms);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
