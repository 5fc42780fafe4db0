import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root, testbed } from '../harness';

/** One run of a workflow, with what GitHub would have of it. */
export interface Started {
  readonly event: 'push' | 'workflow_dispatch' | 'pull_request';
  /** What GitHub tells of the event. */
  readonly payload?: object;
  /** The workflow's file, in the repository. */
  readonly workflow: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string | undefined>>;
  readonly secrets: Readonly<Record<string, string | undefined>>;
}

export interface Acted {
  readonly code: number;
  /** With the summaries. */
  readonly log: string;
  /** Of the run's steps. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Runs workflows with act, straight on this machine, with this checkout as medibird/deploy-action@v1. */
export class Act {
  readonly #folder = mkdtempSync(join(tmpdir(), 'act-'));

  constructor() {
    // act copies the whole action for each job: it gets what a release has.
    for (const name of ['action.yml', 'dist', '.github/workflows/deploy.yml']) {
      cpSync(join(root, name), join(this.#folder, 'action', name), { recursive: true });
    }
  }

  /** Runs a workflow of the clone in `clone`. */
  run(clone: string, { event, payload, workflow, inputs = {}, vars, secrets }: Started): Promise<Acted> {
    // By files: what stands in act's own environment would be in the job's too.
    const files = Object.entries({ 'input-file': inputs, 'var-file': vars, 'secret-file': secrets });
    const argv = [
      ...[event, '--workflows', workflow],
      // One of its own keeps act from making one of the inputs.
      ...(payload ? ['--eventpath', this.#yaml('event.json', payload)] : []),
      ...['ubuntu-latest', 'self-hosted'].flatMap((label) => ['--platform', `${label}=-self-hosted`]),
      ...['--local-repository', `medibird/deploy-action@v1=${join(this.#folder, 'action')}`],
      ...files.flatMap(([option, values]) => [`--${option}`, this.#yaml(`${option}.yml`, values)]),
    ];
    const env = {
      ...process.env,
      PATH: `${dirname(testbed('NODE'))}:${process.env.PATH}`,
      HOME: this.#folder,
    };
    return new Promise((done) => {
      execFile(testbed('ACT'), argv, { cwd: clone, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
        const log = stdout + stderr;
        const set = log.matchAll(/::set-output:: ([\w-]+)=(.*)$/gm);
        const outputs = Object.fromEntries([...set].map(([, name = '', value = '']) => [name, value]));
        done({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, log, outputs });
      });
    });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #yaml(name: string, values: object): string {
    const path = join(this.#folder, name);
    writeFileSync(path, JSON.stringify(values), { mode: 0o600 });
    return path;
  }
}

/** Makes a repository a clone of GitHub's on a branch, as act reads both from it. */
export function asClone(folder: string, repository: string, branch: string): void {
  const git = (...argv: string[]) => execFileSync('git', ['-C', folder, ...argv], { stdio: 'pipe' });
  git('config', 'remote.origin.url', `https://github.com/${repository}.git`);
  git('branch', '--move', branch);
}
