import { hasSucceeded, type Processes } from '../system/process';

const GIT_MS = 5_000;

/** When a commit was made (ISO 8601), from the repository that `folder` is in; undefined where git does not tell. */
export async function commitTime(folder: string, sha: string, processes: Processes): Promise<string | undefined> {
  if (!/^[0-9a-f]{40,64}$/.test(sha)) return undefined;
  return git(['show', '--no-show-signature', '--no-patch', '--format=%cI', sha], folder, processes);
}

/** The commit that is checked out where `folder` is; undefined where git does not tell. */
export function checkedOut(folder: string, processes: Processes, cancel: AbortSignal): Promise<string | undefined> {
  return git(['rev-parse', '--verify', 'HEAD'], folder, processes, [cancel]);
}

async function git(
  question: readonly string[],
  folder: string,
  processes: Processes,
  cancels: readonly AbortSignal[] = [],
): Promise<string | undefined> {
  // A folder of the checkout may look like a repository, and its settings may name programs: only one in `.git` counts (Git 2.38).
  const words = ['git', '-c', 'safe.bareRepository=explicit', '-C', folder, ...question];
  // Nor is it to fetch what is not there. The variable overrides every setting, and older versions know it too.
  const environment = { GIT_ALLOW_PROTOCOL: '' };
  const signal = AbortSignal.any([...cancels, AbortSignal.timeout(GIT_MS)]);
  const result = await processes.run(words, { environment, signal });
  return hasSucceeded(result) ? result.stdout.trim() : undefined;
}
