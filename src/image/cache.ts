import type { BuildConfig } from '../inputs/config';

export interface Caches {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** Kinds that the engine's own builder reads: the rest need one of BuildKit's, as each kind but `inline` does to write. */
const READ_BY_ENGINE: ReadonlySet<string> = new Set(['registry', 'local']);

/**
 * The caches as buildx gets them. One that cannot be written must not fail a deploy (`ignore-error`), and of two images
 * of one repository each gets a scope of its own, for one scope holds the cache of one build.
 */
export function cachesOf({ cacheFrom, cacheTo }: BuildConfig, scope: string): Caches {
  return {
    from: cacheFrom.map((entry) => withDefaults(entry, { scope })),
    to: cacheTo.map((entry) => withDefaults(entry, { scope, 'ignore-error': 'true' })),
  };
}

/** What the engine's own builder can use of them. */
export function engineCaches({ from, to }: Caches): Caches {
  return {
    from: from.filter((entry) => READ_BY_ENGINE.has(cacheType(entry))),
    to: to.filter((entry) => cacheType(entry) === 'inline'),
  };
}

/** What is left without GitHub's cache, which only a runner of GitHub Actions offers. */
export function withoutGitHub({ from, to }: Caches): Caches {
  const isOther = (entry: string) => cacheType(entry) !== 'gha';
  return { from: from.filter(isOther), to: to.filter(isOther) };
}

/** Whether a job's environment leads to GitHub's cache; these variables are there for actions, and not for `run:` steps. */
export function offersGitHubCache(environment: Readonly<Record<string, string | undefined>>): boolean {
  const { ACTIONS_RUNTIME_TOKEN, ACTIONS_RESULTS_URL, ACTIONS_CACHE_URL } = environment;
  return Boolean(ACTIONS_RUNTIME_TOKEN && (ACTIONS_RESULTS_URL || ACTIONS_CACHE_URL));
}

/** Whether the builder has to do what the engine's own cannot. */
export function needsBuildKit(caches: Caches): boolean {
  const engine = engineCaches(caches);
  return engine.from.length < caches.from.length || engine.to.length < caches.to.length;
}

/** The kind of a cache. An image's name alone stands for one in a registry (docs.docker.com/build/cache/backends). */
export function cacheType(entry: string): string {
  if (!entry.includes('=')) return 'registry';
  return /(?:^|,)\s*type\s*=\s*([^,\s]+)/i.exec(entry)?.[1]?.toLowerCase() ?? '';
}

function withDefaults(entry: string, { scope, ...all }: Record<string, string>): string {
  const type = cacheType(entry);
  const added = { ...(type === 'gha' && { scope }), ...(type !== 'inline' && all) };
  const missing = Object.entries(added).filter(([name]) => !new RegExp(`(?:^|,)\\s*"?${name}\\s*=`, 'i').test(entry));
  const full = entry.includes('=') ? entry : `type=registry,ref=${entry}`;
  return [full, ...missing.map(([name, value]) => `${name}=${value}`)].join(',');
}
