import type { Advice } from '../workload/advice';
import { type AdviceWords, adviceLines } from './en/advice';
import { lines } from './en/lines';
import { problems } from './en/problems';
import { adviceLines as koAdviceLines } from './ko/advice';
import { lines as koLines } from './ko/lines';
import { problems as koProblems } from './ko/problems';
import { language } from './language';

const CATALOGUES = {
  en: { problems, lines, adviceLines },
  ko: { problems: koProblems, lines: koLines, adviceLines: koAdviceLines },
};

/** What a person reads about something that went wrong: what happened (and why), and what to do next. */
export interface Explanation {
  readonly what: string;
  readonly next: string;
}

type Entry<Table, Code extends keyof Table> = Table[Code] extends (params: infer Params) => unknown ? Params : never;

export type ProblemCode = keyof typeof problems;
export type LineCode = keyof typeof lines;

/** A line of a file of the repository. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Something that went wrong, as data: the words are chosen when it is shown. */
export type Problem = {
  [Code in ProblemCode]: { readonly code: Code; readonly params: Entry<typeof problems, Code>; readonly at?: Place };
}[ProblemCode];

/** `at` is the line that is to blame, where there is one. */
export function problem<Code extends ProblemCode>(
  code: Code,
  params: Entry<typeof problems, Code>,
  at?: Place,
): Problem {
  return { code, params, ...(at && { at }) } as Problem;
}

export function explain(given: Problem): Explanation {
  return (CATALOGUES[language()].problems[given.code] as (params: unknown) => Explanation)(given.params);
}

/** One line of the log or the summary. */
export function line<Code extends LineCode>(code: Code, params: Entry<typeof lines, Code>): string {
  return (CATALOGUES[language()].lines[code] as (params: unknown) => string)(params);
}

export function adviceWords({ code, params }: Advice): AdviceWords {
  return (CATALOGUES[language()].adviceLines[code] as (params: unknown) => AdviceWords)(params);
}

/** Thrown where the run cannot go on. It carries every problem found, so that a person can mend them all at once. */
export class Failure extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: Problem | readonly Problem[], options?: ErrorOptions) {
    const all = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem];
    super(all.map((each) => explain(each).what).join(' '), options);
    this.name = 'Failure';
    this.problems = all;
  }
}
