import { hasSucceeded, type Processes } from '../system/process';

const GIT_MS = 5_000;

/** When a commit was made (ISO 8601), from the repository that `folder` is in; undefined where git does not tell. */
export async function commitTime(folder: string, sha: string, processes: Processes): Promise<string | undefined> {
  if (!/^[0-9a-f]{40,64}$/.test(sha)) return undefined;
  const argv = ['git', '-C', folder, 'show', '--no-patch', '--format=%cI', sha];
  const result = await processes.run(argv, { signal: AbortSignal.timeout(GIT_MS) });
  return hasSucceeded(result) ? result.stdout.trim() : undefined;
}
