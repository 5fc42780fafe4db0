import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { testbed } from '../harness';

/** A stage with the sample server and, for RUN, busybox. What is the same in all builds comes first, and is there once. */
export const TOOLS = [
  'FROM scratch AS tools',
  'COPY server busybox /',
  'SHELL ["/busybox", "sh", "-c"]',
  'ENTRYPOINT ["/server"]',
  'COPY salt /',
];
/** The same without busybox. */
export const SERVER = ['FROM scratch', 'COPY server /', 'ENTRYPOINT ["/server"]'];

/** A checked-out repository with the sample app in the folder `app`, as the step finds one on a runner. */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'workspace-'));

  constructor() {
    this.#git(['init', '--quiet', '--initial-branch=main']);
    this.file('.git/info/exclude', 'app/server\napp/busybox\n');
    for (const name of ['server', 'busybox']) {
      cpSync(testbed(name.toUpperCase()), join(this.folder, 'app', name), { preserveTimestamps: true });
    }
  }

  file(name: string, content: string | Buffer): void {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  dockerfile(lines: readonly string[], name = 'app/Dockerfile'): void {
    this.file(name, `${lines.join('\n')}\n`);
  }

  /** Commits what has changed. Gives the commit's name, which depends on the content and the time alone. */
  commit(time = '2024-02-29T12:34:56+09:00'): string {
    this.#git(['add', '--all']);
    const dates = { GIT_AUTHOR_DATE: '2020-01-01T00:00:00Z', GIT_COMMITTER_DATE: time };
    const hasChanged = this.#git(['status', '--porcelain']) !== '';
    if (hasChanged) this.#git(['commit', '--quiet', '--message', 'The app'], dates);
    return this.#git(['rev-parse', 'HEAD']).trim();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #git(argv: readonly string[], environment: Record<string, string> = {}): string {
    const author = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
    return execFileSync('git', [...author, ...argv], {
      cwd: this.folder,
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', ...environment },
      encoding: 'utf8',
    });
  }
}
