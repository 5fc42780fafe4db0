import { isPutBack, recover } from './recover';
import { progressLines } from './report/progress';
import { unclearEnding } from './rollout/ending';
import { Pulls } from './rollout/pulls';
import { EARLIER_MS, Unblocker } from './rollout/unblock';
import type { Cause } from './rollout/verdict';
import { PathCheck, verifyUrl } from './rollout/verify';
import { WaitingPods } from './rollout/waiting';
import { type Watched, watchRollout } from './rollout/watch';
import { type Begun, type Ended, outcomeOf, type Run, whereOf } from './run';
import { waitsForBroken } from './workload/stateful';

/** A workload of the run whose rollout has begun. */
export interface Part {
  readonly run: Run;
  readonly begun: Begun;
}

/**
 * Watches every workload until its rollout is judged, and verified. A version that is bad is put back, and with it what the other
 * workloads of the step have got: they came together. `isLost`: one of them could not be
 * written at all, so the others are put back too.
 */
export async function settle<P extends Part>(
  whole: Run,
  parts: readonly P[],
  { isLost }: { isLost: boolean },
): Promise<(P & { readonly ended: Ended })[]> {
  const { config, reporter } = whole;
  const watched = await reporter.phase('watch', () => watchAll(whole, parts, isLost));
  for (const { run, seen } of watched)
    if (seen.verdict.kind === 'good') run.reporter.found({ revision: seen.verdict.revision });
  const isGood = watched.every(({ seen }) => seen.verdict.kind === 'good') && !isLost;
  const wrong = isGood ? await verify(whole) : undefined;
  // An address that does not answer is laid to what this run has changed; where that is nothing, to all.
  const isBlamed = ({ begun }: Part) => begun.changed || parts.every((each) => !each.begun.changed);
  const causeOf = ({ verdict }: Watched, part: Part) =>
    verdict.kind === 'bad' ? verdict.cause : isBlamed(part) ? wrong : undefined;
  const judged = watched.map((part) => ({ ...part, cause: causeOf(part.seen, part) }));
  const goesBack = isLost || judged.some(({ cause }) => cause && isPutBack(config, cause));
  const fates = judged.map((part) => {
    const isOurs = part.seen.verdict.kind === 'good' || isInterrupted(part.seen, whole);
    return { ...part, isSibling: !part.cause && goesBack && isOurs && part.begun.changed };
  });
  const back = await recover(whole, fates.filter(({ cause, isSibling }) => cause || isSibling).map(toBad));
  const isAsked = isGood || config.verdict.verifyUrl === undefined;
  return fates.map((fate) => ({ ...fate, ended: back.get(fate.begun) ?? endOf(whole, fate, isAsked) }));
}

interface Fate extends Part {
  readonly seen: Watched;
  /** Missing also where nothing is wrong with it, but it goes back with another one that failed. */
  readonly cause: Cause | undefined;
}

function toBad({ run, begun, seen, cause }: Fate) {
  return { run, begun, snapshot: seen.snapshot, ...(cause && { cause }) };
}

/** Whether it was not watched to its end because another workload had failed. */
function isInterrupted({ verdict }: Watched, { tools }: Run): boolean {
  return verdict.kind === 'unknown' && verdict.why === 'interrupted' && !tools.signal.aborted;
}

/** How a workload ends that stays as it is. `isAsked`: its version has been asked all that it is judged by. */
function endOf({ config, tools }: Run, { run, begun, seen }: Fate, isAsked: boolean): Ended {
  const { verdict, snapshot } = seen;
  const where = whereOf(run);
  const stays = { snapshot, current: 'new' as const };
  switch (verdict.kind) {
    case 'good': {
      if (config.verdict.verifyUrl !== undefined && tools.signal.aborted)
        return { ...unclearEnding({ kind: 'unknown', why: 'interrupted' }, where), ...stays };
      const proved = begun.changed ? outcomeOf(config) : 'unchanged';
      return { outcome: proved, problems: [], ...stays, ...(!isAsked && { recorded: 'unknown' as const }) };
    }
    case 'superseded':
    case 'unknown': {
      const trouble = begun.observer.trouble()?.message ?? '';
      return { ...unclearEnding(verdict, { ...where, trouble }), ...stays };
    }
    case 'bad':
      // All that are bad have been recovered from; what nobody has said anything of is unknown.
      return { outcome: 'unknown', problems: [], ...stays };
    default:
      return verdict satisfies never;
  }
}

/** As soon as one is known to be put back, the others that this run has changed need not be watched any longer. */
async function watchAll<P extends Part>(
  whole: Run,
  parts: readonly P[],
  isLost: boolean,
): Promise<(P & { readonly seen: Watched })[]> {
  const failed = new AbortController();
  if (isLost) failed.abort();
  return Promise.all(
    parts.map(async (part) => {
      const signals = part.begun.changed ? [whole.tools.signal, failed.signal] : [whole.tools.signal];
      const seen = await watch(part, AbortSignal.any(signals));
      if (seen.verdict.kind === 'bad' && isPutBack(whole.config, seen.verdict.cause)) failed.abort();
      return { ...part, seen };
    }),
  );
}

async function watch({ run, begun }: Part, signal: AbortSignal): Promise<Watched> {
  const { config, tools, reporter } = run;
  const { target, container, cluster, observer } = begun;
  const { clock } = tools;
  const { namespace } = config.workload;
  const { verifyPath } = config.verdict;
  const { hasReadinessProbe } = container;
  const port = verifyPath?.port ?? container.port;
  const check =
    verifyPath && port && new PathCheck(cluster, clock, { namespace, port, path: verifyPath.path, hasReadinessProbe });
  const onLook = progressLines(clock, (text) => reporter.log.info(text), begun.changed ? 'new' : 'present');
  const waiting = new WaitingPods(cluster, clock, namespace);
  const pulls = new Pulls(cluster, clock, namespace);
  const { workload } = observer.snapshot();
  // Pods of an earlier version that failed and was left there; the new one would wait for them for good.
  const isBlocked = begun.changed && workload && waitsForBroken(workload);
  const unblocker = isBlocked && new Unblocker(cluster, clock, { namespace, graceMs: EARLIER_MS });
  const beside = { ...(check && { check }), ...(unblocker && { unblocker }) };
  return watchRollout(target, { observer, clock, signal, onLook, waiting, pulls, ...beside });
}

/** Asks the address that users use, where there is one; gives the cause where it does not answer as it should. */
async function verify({ config, tools, reporter }: Run): Promise<Cause | undefined> {
  const { verifyUrl: url } = config.verdict;
  if (url === undefined) return undefined;
  const detail = await reporter.phase('verify', () => verifyUrl(url, tools.fetch, tools.clock, tools.signal));
  return detail === undefined ? undefined : { code: 'verify-url', url, detail };
}
