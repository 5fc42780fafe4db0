/** A command for the cluster's host. Only reads are ever repeated by the transport; a change is sent once. */
export interface Command {
  readonly argv: readonly string[];
  readonly stdin?: string;
  readonly effect: 'read' | 'change';
  /** For a command that may last: it is ended on the host when its channel closes, however that comes. It gets no input. */
  readonly isHeld?: true;
  /** Milliseconds from sending until the command counts as hanging. */
  readonly timeoutMs: number;
}

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * How a command ended. Only `exited` says anything of what the command found.
 * `lost`: the connection died before the exit status and all output had arrived. After it, as after `timedOut` and
 * `cancelled`, whether the command took effect is not known, and it may still be running.
 */
export type RunResult =
  | ({ readonly kind: 'exited'; readonly code: number } & Output)
  | ({ readonly kind: 'signalled'; readonly signal: string } & Output)
  | ({ readonly kind: 'timedOut' } & Output)
  | ({ readonly kind: 'cancelled' } & Output)
  | ({ readonly kind: 'lost'; readonly detail: string } & Output);

export interface RunOptions {
  /** Called for each whole line of standard output as it arrives; such output is then not kept in the result. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Runs commands on the cluster's host. Knows nothing of what they mean. */
export interface Transport {
  /**
   * Runs one command and says how it ended. Rejects only with a `Failure`, when the host cannot be reached (again) at
   * all or starts no command, or when the output is too long; and with whatever `onLine` throws.
   */
  run(command: Command, options?: RunOptions): Promise<RunResult>;
  /** Ends what is running as `cancelled`, and the connection. May be called again. */
  close(): Promise<void>;
}
