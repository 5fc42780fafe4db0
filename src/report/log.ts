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

/** The same log, for lines about one of several. */
export function prefixed(log: Log, name: string): Log {
  const own = (text: string) => `${name}: ${text}`;
  return {
    group: (title) => log.group(own(title)),
    end: () => log.end(),
    info: (text) => log.info(own(text)),
    foreign: (text) => log.foreign(text),
    warning: (text) => log.warning(own(text)),
    error: (problem) => log.error(problem),
  };
}
