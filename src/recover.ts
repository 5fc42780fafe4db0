import { diagnoseSeen } from './diagnosis';
import type { Config } from './inputs/config';
import { rollBack } from './roll-back';
import type { Ending } from './rollout/ending';
import type { Snapshot } from './rollout/snapshot';
import type { Cause } from './rollout/verdict';
import { type Begun, type Ended, type Run, whereOf } from './run';
import { explain, type Problem, problem } from './words/words';
import { printWorkload } from './words/workload';
import { isSameVersion, type Version } from './workload/images';

/** A workload whose version is bad; or (no `cause`) that came in one step with another one whose version is. */
export interface Bad {
  readonly run: Run;
  readonly begun: Begun;
  readonly snapshot: Snapshot;
  readonly cause?: Cause;
}

/** Whether a version that is bad for this cause gives way to the one before, as far as there is one. */
export function isPutBack({ verdict }: Config, cause: Cause): boolean {
  // A node in trouble is no better with the version before, and may not be able to start it.
  return verdict.rollbackOnFailure && !isNodeTrouble(cause);
}

/**
 * What is done about versions that are bad: evidence first, for going back deletes it; then back to the last version that is
 * known to have served, watched as the new one was. Gives how each workload ended.
 */
export async function recover(whole: Run, bad: readonly Bad[]): Promise<Map<Begun, Ended>> {
  const ended = new Map<Begun, Ended>();
  if (bad.length === 0) return ended;
  const diagnosed = await whole.reporter.phase('diagnose', () =>
    Promise.all(bad.map(async (each) => ({ ...each, found: await whatIsWrong(each, bad) }))),
  );
  const back: (Bad & { found: Problem; lastGood: Version })[] = [];
  for (const each of diagnosed) {
    const stays = whyItStays(each, each.found);
    if ('outcome' in stays) ended.set(each.begun, stays);
    else back.push({ ...each, ...stays });
  }
  if (back.length === 0) return ended;
  await whole.reporter.phase('rollback', () =>
    Promise.all(
      back.map(async ({ run, begun, snapshot, found, lastGood }) => {
        const { problems, ...end } = await rollBack(run, begun, snapshot, lastGood);
        const recorded = end.outcome === 'cancelled' && ({ recorded: 'failed' } as const);
        ended.set(begun, { ...end, problems: [found, ...problems], ...recorded });
      }),
    ),
  );
  return ended;
}

async function whatIsWrong({ run, begun, snapshot, cause }: Bad, all: readonly Bad[]): Promise<Problem> {
  if (cause) {
    const { found, evidence } = await diagnoseSeen(run, begun, {
      target: begun.target,
      snapshot,
      cause,
      current: 'new',
    });
    run.reporter.found({ logs: evidence.logs, events: evidence.warnings });
    run.reporter.log.info(explain(found).what);
    return found;
  }
  const others = all.filter((each) => each.cause).map((each) => printWorkload(each.run.config.workload));
  return problem('rollout.sibling', { ...whereOf(run), others });
}

/** How it ends where it is not put back; else what it goes back to. */
function whyItStays({ run, begun, snapshot, cause }: Bad, found: Problem): Ended | { readonly lastGood: Version } {
  const { config, tools } = run;
  const ended = (outcome: Ending['outcome'], ...more: Problem[]): Ended => ({
    outcome,
    problems: [found, ...more],
    snapshot,
    current: 'new',
    ...(cause && isNodeTrouble(cause) && { recorded: 'unknown' }),
    ...(outcome === 'cancelled' && { recorded: 'failed' }),
  });
  if (cause && !isPutBack(config, cause)) return ended('failed');
  const { lastGood } = begun;
  const isOnlyImage = begun.restartedAt === undefined && !begun.manifest;
  if (!lastGood || (isOnlyImage && isSameVersion(lastGood, begun.version))) return ended('failed-no-previous');
  // What GitHub still grants a cancelled run is too short for a rollback that is seen to its end.
  if (tools.signal.aborted) return ended('cancelled', problem('rollout.interrupted', whereOf(run)));
  return { lastGood };
}

function isNodeTrouble(cause: Cause): boolean {
  return cause.code === 'node' || (cause.code === 'deadline' && cause.behind?.code === 'node');
}
