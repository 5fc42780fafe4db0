import type { Problem } from '../words/words';

/** What a run shows while it runs. */
export interface Log {
  /** Opens a foldable group; `end` closes it. */
  group(title: string): void;
  end(): void;
  info(text: string): void;
  /** A line that another program printed: it may look like anything, a workflow command included. */
  foreign(text: string): void;
  warning(text: string): void;
  error(problem: Problem): void;
}
