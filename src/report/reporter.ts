import { type PinnedImage, parseReference, printReference } from '../image/reference';
import type { Config } from '../inputs/config';
import { isSuccess, type Outcome, type Serving, worstOf } from '../outcome';
import type { Clock } from '../system/clock';
import { line, type Problem } from '../words/words';
import { printWorkload } from '../words/workload';
import type { Advice } from '../workload/advice';
import { linksOf } from './links';
import { type Log, prefixed } from './log';
import type { Phase, PhaseName } from './phase';
import type { Report } from './report';

/** Writes the log of a run and gathers what its report needs. */
export class Reporter {
  readonly #startedAt: number;
  readonly #phases: Phase[] = [];
  readonly #warnings: string[] = [];
  #found: Partial<Report> = {};
  #report: Report | undefined;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    readonly log: Log,
    /** Of one workload of several: the log of the whole run. */
    private readonly whole?: Log,
  ) {
    this.#startedAt = clock.now();
  }

  /** For one workload of several: it gathers what is its own, and its lines say whose they are. */
  of(config: Config): Reporter {
    const { workload, workloads } = config;
    return workloads.length > 1
      ? new Reporter(config, this.clock, prefixed(this.log, printWorkload(workload)), this.log)
      : this;
  }

  /** Runs a phase that has the log to itself: in a group, with its duration behind it. */
  async phase<T>(name: PhaseName, work: () => Promise<T>): Promise<T> {
    this.log.group(line('phase.title', { phase: name }));
    return this.#timed(name, work, (ended) => {
      this.log.end();
      this.log.info(ended);
    });
  }

  /** Runs a phase beside another one. Its lines are kept; the returned function shows them once the log is free. */
  aside<T>(
    name: PhaseName,
    work: (note: (text: string) => void) => Promise<T>,
  ): { result: Promise<T>; show: () => void } {
    const notes: string[] = [];
    let last = '';
    let isShown = false;
    const result = this.#timed(
      name,
      () => work((text) => (isShown ? this.log.info(text) : void notes.push(text))),
      (ended) => {
        last = ended;
      },
    );
    const show = () => {
      this.log.group(line('phase.title', { phase: name }));
      for (const note of notes) this.log.info(note);
      isShown = true;
      this.log.end();
      this.log.info(last);
    };
    return { result, show };
  }

  /** Adds to what is known of the run. */
  found(facts: Partial<Report>): void {
    this.#found = { ...this.#found, ...facts };
  }

  proved(image: PinnedImage): void {
    const tags = this.config.image.references.map(printReference);
    this.#found = { ...this.#found, image: printReference(image), digest: image.digest, tags };
    this.log.info(line('log.proved', { digest: image.digest }));
  }

  /** The image of a run that builds none. */
  chose(image: string): void {
    const { digest } = parseReference(image).value ?? {};
    this.#found = { ...this.#found, image, ...(digest && { digest }) };
  }

  /** Something that makes the run no failure, and that somebody should see. */
  warn(text: string): void {
    this.#warnings.push(text);
    this.log.warning(text);
  }

  /** Ends the run: shows what went wrong and gives the report. A run ends once; later calls give the same report. */
  end(outcome: Outcome, serving: Serving, problems: readonly Problem[]): Report {
    this.#report ??= this.#end(outcome, serving, problems);
    return this.#report;
  }

  /** Ends the run from the ends of its workloads, each of which has told its own. */
  endTogether(parts: readonly Report[]): Report {
    const [only, ...others] = parts;
    if (only && others.length === 0) return only;
    const outcome = worstOf(parts.map((part) => part.outcome));
    const all = (values: (string | undefined)[]) => values.filter((value) => value !== undefined).join('\n');
    const told = new Set<string>();
    const isNews = (advice: Advice) => !told.has(JSON.stringify(advice)) && told.add(JSON.stringify(advice));
    const { image, digest } = only ?? {};
    this.#found = { ...(image && { image }), ...(digest && { digest }), ...this.#found };
    this.#report ??= {
      ...this.#end(outcome, 'unknown', []),
      // What is wrong comes before what follows from it.
      problems: parts.flatMap(({ problems }) => problems).sort((one, other) => followsIn(one) - followsIn(other)),
      previousImage: all(parts.map(({ previousImage }) => previousImage)),
      revision: all(parts.map(({ revision }) => revision)),
      warnings: [...this.#warnings, ...parts.flatMap(({ warnings }) => warnings)],
      parts: parts.map((part) => ({ ...part, advice: part.advice.filter(isNews) })),
    };
    return this.#report;
  }

  #end(outcome: Outcome, serving: Serving, problems: readonly Problem[]): Report {
    const { workload, workloads, environmentUrl } = this.config;
    const isWhole = workloads.length > 1 && !this.whole;
    const deployment = isWhole ? workloads.map(printWorkload).join(', ') : printWorkload(workload);
    const { namespace } = workload;
    const { kind: operation } = this.config.operation;
    const links = linksOf(this.config.run);
    for (const each of this.#found.logs ?? []) {
      this.log.group(line('log.logs-of', each));
      for (const text of each.lines.split('\n')) this.log.foreign(text);
      this.log.end();
    }
    const { events = [], wayBack } = this.#found;
    if (events.length > 0) {
      this.log.group(line('log.events', {}));
      for (const each of events) this.log.foreign(line('log.event', each));
      this.log.end();
    }
    for (const each of problems) this.log.error(each);
    // It begins with the workload's name by itself.
    (this.whole ?? this.log).info(line('outcome.headline', { outcome, deployment, operation }));
    if (outcome !== 'refused' && outcome !== 'planned' && !isWhole) this.log.info(line('outcome.serving', { serving }));
    if (wayBack) this.log.info(line('log.way-back', { ...wayBack, outcome }));
    return {
      tags: [],
      warnings: this.#warnings,
      pods: [],
      logs: [],
      events: [],
      advice: [],
      ...(operation === 'deploy' ? links : { ...(links.run && { run: links.run }) }),
      ...this.#found,
      operation,
      outcome,
      serving,
      problems,
      deployment,
      namespace,
      phases: this.#phases,
      durationMs: this.clock.now() - this.#startedAt,
      ...(environmentUrl && isSuccess(outcome) && { environmentUrl }),
    };
  }

  async #timed<T>(name: PhaseName, work: () => Promise<T>, onEnd: (ended: string) => void): Promise<T> {
    const startMs = this.clock.now() - this.#startedAt;
    let ended: Phase['ended'] = 'failed';
    try {
      const result = await work();
      ended = 'done';
      return result;
    } finally {
      const endMs = this.clock.now() - this.#startedAt;
      this.#phases.push({ name, startMs, endMs, ended });
      onEnd(line(ended === 'done' ? 'phase.done' : 'phase.failed', { phase: name, ms: endMs - startMs }));
    }
  }
}

function followsIn({ code }: Problem): number {
  return code === 'rollout.sibling' ? 1 : 0;
}
