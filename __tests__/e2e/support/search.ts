import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testbed } from '../harness';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** The words that tell of a login or a secret: each line of what is secret, and a login as docker writes it down. */
export function tellTales(logins: readonly Login[], secrets: readonly string[] = []): string[] {
  const auths = logins.map(({ username, password }) => Buffer.from(`${username}:${password}`).toString('base64'));
  const lines = [...secrets, ...logins.map(({ password }) => password)].flatMap((text) => text.split('\n'));
  return [...auths, ...lines.map((line) => line.trim())].filter((word) => word.length > 3);
}

/**
 * The files that have been written since `begun` and hold one of these words: in the folders for what is temporary, among
 * all that the engine and the registries keep, and in `folders`; files whose path begins with one of `except` may.
 */
export function filesThatHold(
  words: readonly string[],
  begun: number,
  { folders = [], except = [] }: { folders?: readonly string[]; except?: readonly string[] } = {},
): string[] {
  const canary = join(mkdtempSync(join(tmpdir(), 'canary-')), 'file');
  const places = new Set([tmpdir(), '/tmp', '/var/tmp', '/dev/shm', testbed('STATE'), ...folders]);
  const find = 'find "$@" -xdev -type f -newermt "$SINCE" -print0 2>/dev/null';
  // grep says 2 where a file that find has named is gone.
  const search = `${find} | xargs -0 -r grep -laF -f <(printf '%s\\n' "$WORDS") -- 2>/dev/null; true`;
  try {
    writeFileSync(canary, `(${words.at(-1)})`);
    const env = { ...process.env, SINCE: `@${begun / 1_000}`, WORDS: words.join('\n') };
    const stdout = execFileSync('bash', ['-c', search, 'search', ...places], { env, encoding: 'utf8' });
    const found = [...new Set(stdout.split('\n').filter(Boolean))];
    // A search that finds nothing has to be one that would have.
    expect(found).toContain(canary);
    return found.filter((file) => file !== canary && !except.some((each) => file.startsWith(each))).toSorted();
  } finally {
    rmSync(join(canary, '..'), { recursive: true, force: true });
  }
}
