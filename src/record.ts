import { adviceOf, type Facts, lookBeside } from './advice';
import { isOfManifest } from './apply';
import type { Config } from './inputs/config';
import { isSuccess } from './outcome';
import type { Ready } from './preflight';
import { podRows } from './report/pods';
import type { Report } from './report/report';
import { servingIn } from './rollout/ending';
import { type Ended, wayBack } from './run';
import type { Part } from './settle';
import { line, type Problem } from './words/words';
import { type HistoryEntry, historyOf, recordedAs } from './workload/history';
import { recordOutcome } from './workload/record';

/** How long the end of a run may wait for what is found out aside, which is mostly there by then. */
const ASIDE_MS = 2_000;

/** A workload of the run that has come to its end. */
export interface Closed extends Part {
  readonly ready: Ready;
  readonly ended: Ended;
  /** Found out while the rollout goes on; nothing depends on it. */
  readonly facts: Promise<Facts> | undefined;
}

/** Writes down how it ended on the workload itself, and looks for what will hurt one day. */
export async function recordEnd({ run, begun, ended, ready, facts: asked }: Closed): Promise<void> {
  const { config, tools, reporter } = run;
  const { outcome, snapshot, current } = ended;
  reporter.found({ pods: podRows(snapshot, begun.target, current) });
  if (!isSuccess(outcome)) reporter.found(wayBack(run, begun, current));
  const { workload } = snapshot;
  // A host that is known to be away is not waited for any longer.
  const away = begun.observer.trouble() && { forMs: 0 };
  const writing = { config, cluster: begun.cluster.uncancelled(), clock: tools.clock, ...away };
  const isSeen = run.wrote || outcome === 'unchanged' || outcome.startsWith('failed');
  const { container, version, writer } = begun;
  const ending = {
    outcome: ended.recorded ?? outcome,
    container: container.name,
    version,
    // A version that was still on its way back goes on proving itself.
    isSoakOver: current === 'old' && outcome !== 'cancelled',
    writer,
    ...(isOfManifest(begun) && { of: 'manifest' as const }),
  };
  const isOnNode = isSuccess(outcome) && begun.changed;
  const [lost, beside, facts] = await Promise.all([
    isSeen && workload && recordOutcome(writing, workload, ending),
    isOnNode ? lookBeside(begun.cluster, snapshot) : { hurt: [] },
    Promise.race([asked, tools.clock.sleep(ASIDE_MS).then(() => undefined)]),
  ]);
  const history = workload && historyOf(workload);
  if (history) reporter.found({ history: endedIn(history, config, ending) });
  run.holds &&= lost !== undefined;
  if (lost) reporter.warn(line('log.history-lost', { detail: lost }));
  for (const each of beside.hurt) reporter.warn(line('log.neighbour', each));
  const advice = facts ? adviceOf(config, tools.clock.today(), ready, { ...facts, ...beside }) : [];
  reporter.found({ advice });
}

/** Says how the workload ended. */
export function reportEnd({ run, begun, ended }: Closed, more: readonly Problem[] = []): Report {
  const { outcome, snapshot, current, problems } = ended;
  const isSeen = outcome !== 'superseded' && outcome !== 'unknown' && !begun.observer.trouble();
  return run.reporter.end(outcome, isSeen ? servingIn(snapshot, { current }) : 'unknown', [...problems, ...more]);
}

/** The history with what is being written down just now. */
function endedIn(
  history: readonly HistoryEntry[],
  { run, operation }: Config,
  { outcome, of = operation.kind }: { readonly outcome: string; readonly of?: string },
): HistoryEntry[] {
  return history.map((entry) => (entry.id === run.id ? { ...entry, outcome: recordedAs(of, outcome) } : entry));
}
