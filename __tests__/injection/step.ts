import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitHubLog, publish } from '../../src/report/github';
import type { Report } from '../../src/report/report';
import type { Problem } from '../../src/words/words';
import { commandFile, type Obeyed, obeyed } from '../fakes/runner';

const FILES = ['OUTPUT', 'STATE', 'ENV', 'PATH', 'STEP_SUMMARY'] as const;

/** What a runner has of a step once it has ended. */
export interface Step {
  /** Every byte that was printed. */
  readonly log: string;
  /** What the step meant to tell the runner, by what it called. */
  readonly meant: readonly string[];
  /** What the runner obeys, fences left out. */
  readonly obeyed: readonly Obeyed[];
  /** The tokens by which commands were switched off. */
  readonly fences: readonly string[];
  readonly outputs: readonly [name: string, value: string][];
  readonly summary: string;
  /** How much the files for state, environment and path hold: the report writes to none of them. */
  readonly others: number;
}

/** The log of a step that notes which commands were meant for the runner. */
class NotingLog extends GitHubLog {
  readonly meant: string[] = [];

  override group(title: string): void {
    this.meant.push('group');
    super.group(title);
  }

  override end(): void {
    this.meant.push('endgroup');
    super.end();
  }

  override warning(text: string): void {
    this.meant.push('warning');
    super.warning(text);
  }

  override error(problem: Problem): void {
    // GitHub shows ten; what is more is plain text.
    if (this.meant.filter((name) => name === 'error').length < 10) this.meant.push('error');
    super.error(problem);
  }
}

/** The step's files, which all the tests of one file share. */
export class Runner {
  readonly folder = mkdtempSync(join(tmpdir(), 'injection-'));
  readonly #saved = new Map(FILES.map((name) => [name, process.env[`GITHUB_${name}`]]));
  #log = '';
  #write: jest.SpyInstance | undefined;

  start(): void {
    for (const name of FILES) {
      process.env[`GITHUB_${name}`] = this.#file(name);
      writeFileSync(this.#file(name), '');
    }
  }

  stop(): void {
    for (const [name, value] of this.#saved) {
      if (value === undefined) delete process.env[`GITHUB_${name}`];
      else process.env[`GITHUB_${name}`] = value;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs a step: what it prints goes to the runner, and its report into the runner's files. */
  async step(work: (log: NotingLog) => Promise<Report>): Promise<Step> {
    for (const name of ['OUTPUT', 'STEP_SUMMARY'] as const) writeFileSync(this.#file(name), '');
    this.#log = '';
    this.#write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      this.#log += chunk;
      return true;
    });
    const log = new NotingLog((text) => process.stdout.write(`${text}\n`));
    try {
      await publish(await work(log));
    } finally {
      this.#write.mockRestore();
      process.exitCode = undefined;
    }
    const read = (name: (typeof FILES)[number]) => readFileSync(this.#file(name), 'utf8');
    const all = obeyed(this.#log);
    const isFence = ({ name }: Obeyed) => name === 'stop-commands';
    return {
      log: this.#log,
      meant: log.meant,
      obeyed: all.filter((each) => !isFence(each)),
      fences: all.filter(isFence).map(({ data }) => data),
      outputs: commandFile(read('OUTPUT')),
      summary: read('STEP_SUMMARY'),
      others: (['STATE', 'ENV', 'PATH'] as const).reduce((size, name) => size + statSync(this.#file(name)).size, 0),
    };
  }

  #file(name: string): string {
    return join(this.folder, name.toLowerCase());
  }
}
