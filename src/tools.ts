import type { Fetch } from './image/registry';
import type { Config } from './inputs/config';
import type { Change } from './report/deployment';
import type { Log } from './report/log';
import type { Clock } from './system/clock';
import type { Processes } from './system/process';
import type { Transport } from './transport/transport';

/** Everything a run needs of the world outside it. */
export interface Tools {
  readonly clock: Clock;
  readonly log: Log;
  readonly processes: Processes;
  readonly fetch: Fetch;
  readonly connect: (
    config: Config,
    options: { signal: AbortSignal; note: (text: string) => void },
  ) => Promise<Transport>;
  /** A folder of this run's own, for files that docker writes. */
  readonly folder: string;
  /** Has the post step remove a builder that this run makes, whatever happens to the run. */
  readonly removeLater: (builder: string) => void;
  /** Told what this run has put into the workload, or found there; left out where nobody wants to know. */
  readonly tellBegun?: (change: Change) => void;
  /** Aborts when the run is cancelled. */
  readonly signal: AbortSignal;
}

/** Work that nothing waits for: it is begun when there is time for it, once. */
export class Later<T> {
  #result: Promise<T> | undefined;

  constructor(private readonly work: () => Promise<T>) {}

  begin(): Promise<T> {
    this.#result ??= this.work();
    return this.#result;
  }

  /** Its result if it has been begun. */
  get begun(): Promise<T> | undefined {
    return this.#result;
  }
}

/** What has to be ended when the run ends, however it does; the last one begun is ended first. */
export class Closing {
  readonly #ends: (() => Promise<void>)[] = [];

  add(end: () => Promise<void>): void {
    this.#ends.unshift(end);
  }

  async close(): Promise<void> {
    // What fails to end must not hide how the run ended, nor keep the rest from ending.
    for (const end of this.#ends.splice(0)) await end().catch(() => undefined);
  }
}
