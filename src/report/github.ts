import { randomUUID } from 'node:crypto';
import * as core from '@actions/core';
import { isSuccess } from '../outcome';
import { explain, line, type Problem } from '../words/words';
import type { Log } from './log';
import { renderSummary } from './render';
import type { Report } from './report';

/** GitHub shows at most this many annotations of a kind for a step. */
const ANNOTATIONS = 10;

/** The log of a step on a GitHub runner. `write` takes whole lines. */
export class GitHubLog implements Log {
  #fence: string | undefined;
  #annotations = 0;

  constructor(private readonly write: (line: string) => void) {}

  group(title: string): void {
    this.#command(() => core.startGroup(clean(title)));
  }

  end(): void {
    this.#command(() => core.endGroup());
  }

  info(text: string): void {
    this.#command(() => {
      // The runner ends a line at a carriage return too.
      for (const each of text.split(/\r\n|\r|\n/)) this.write(clean(each));
    });
  }

  /**
   * Workflow commands are switched off around it, by a token that nobody can guess, for the runner takes them from
   * any line: https://docs.github.com/actions/reference/workflow-commands-for-github-actions#stopping-and-starting-workflow-commands
   */
  foreign(text: string): void {
    if (this.#fence === undefined) {
      this.#fence = randomUUID();
      this.write(`::stop-commands::${this.#fence}`);
    }
    this.write(text);
  }

  warning(text: string): void {
    this.#command(() => core.warning(text));
  }

  error(problem: Problem): void {
    const { what, next } = explain(problem);
    const text = `${what}\n${line('log.next', { next })}`;
    const place = problem.at && { file: problem.at.file, startLine: problem.at.line };
    this.#command(() => (this.#annotations++ < ANNOTATIONS ? core.error(text, place) : this.info(text)));
  }

  #command(send: () => void): void {
    if (this.#fence !== undefined) {
      this.write(`::${this.#fence}::`);
      this.#fence = undefined;
    }
    send();
  }
}

/** A line of ours that repeats words from outside: none of it may be a workflow command (`::x::`, or `##[x]` anywhere). */
function clean(text: string): string {
  // U+0085 is white space to the runner, and not to JavaScript.
  return text.replace(/^([\s\u0085]*)::/, '$1: :').replaceAll('##[', '# #[');
}

/** Sets the outputs, writes the job summary, and marks the step as failed where the run was no success. */
export async function publish(report: Report): Promise<void> {
  const cause = report.problems.map((each) => explain(each).what.split('\n')[0]).join(' ');
  const outputs: Record<string, string | undefined> = {
    outcome: report.outcome,
    image: report.image,
    digest: report.digest,
    tags: report.tags.join('\n'),
    'previous-image': report.previousImage,
    revision: report.revision,
    cause,
    duration: (report.durationMs / 1_000).toFixed(1),
    'environment-url': report.environmentUrl,
  };
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value ?? '');
  await core.summary
    .addRaw(renderSummary(report), true)
    .write()
    .catch((error: unknown) => core.warning(String(error)));
  process.exitCode = isSuccess(report.outcome) ? 0 : 1;
}
