import { adviceOf, type Facts, lookBeside } from './advice';
import { askRegistry, chooseImage } from './choose';
import { buildAndPush } from './image/build';
import { measure } from './image/measure';
import { provePushed } from './image/prove';
import { printReference } from './image/reference';
import type { ImageSize } from './image/size';
import type { Config } from './inputs/config';
import { problemsOf } from './kubectl/explain';
import { isSuccess, type Outcome } from './outcome';
import { tellPlan } from './plan';
import type { Ready } from './preflight';
import { buildTools, buildWhileChecking, type Checked, check } from './prepare';
import { type Ended, recover } from './recover';
import { podRows } from './report/pods';
import { progressLines } from './report/progress';
import type { Report } from './report/report';
import { Reporter } from './report/reporter';
import { servingIn, unclearEnding } from './rollout/ending';
import type { Cause } from './rollout/verdict';
import { PathCheck, verifyUrl } from './rollout/verify';
import { WaitingPods } from './rollout/waiting';
import { type Watched, watchRollout } from './rollout/watch';
import { type Begun, type Run, type Wanted, wayBack } from './run';
import { Closing, type Tools } from './tools';
import { update } from './update';
import { Failure, line, problem } from './words/words';
import { historyOf } from './workload/changes';
import { type HistoryEntry, recordedAs } from './workload/history';
import { versionIn } from './workload/images';
import { recordOutcome } from './workload/record';
import { driftFrom } from './workload/version';

/** How long the end of a run may wait for what is found out aside, which is mostly there by then. */
const ASIDE_MS = 2_000;

/** After a cancel GitHub waits 7.5 s before it asks again, and 2.5 s more before it kills: what is not done by then is let go. */
const CANCEL_MS = 6_000;

/** One deploy, from the build to the report. It does not throw: however it ends, the report says so. */
export async function deploy(config: Config, tools: Tools): Promise<Report> {
  const run: Run = {
    config,
    tools,
    reporter: new Reporter(config, tools.clock, tools.log),
    closing: new Closing(),
    wrote: false,
    holds: false,
  };
  const ended = new AbortController();
  return Promise.race([story(run), overdue(run, ended.signal)]).finally(() => ended.abort());
}

/** The phases, one after the other. */
async function story(run: Run): Promise<Report> {
  const { config, tools, reporter, closing } = run;
  try {
    const { ready, cluster, facts, wanted } = await (builds(config) ? buildImage(run) : findImage(run));
    tellDrift(run, ready);
    if (config.isDryRun || !wanted) return await tellPlan(run, ready, wanted);
    const begun = await reporter.phase('update', () => update(run, cluster, ready, wanted));
    // Only now: what is refused, or waits for another run, is not under way, and what to write may be chosen anew until then.
    tools.tellBegun?.({ image: begun.target.image, commit: wanted.commit });
    const isNew = config.operation.kind === 'deploy';
    const size = isNew
      ? measure(config, wanted, begun.replaced.image, tools).catch(() => undefined)
      : Promise.resolve(undefined);
    const ended = await watchToItsEnd(run, begun);
    return await report(run, begun, ended, { ready, facts: begun.changed ? facts.begin() : facts.begun, size });
  } catch (error) {
    return fail(run, error);
  } finally {
    await closing.close();
  }
}

/** An operation that builds, and not only tells what it would do. */
function builds({ operation, isDryRun }: Config): boolean {
  return operation.kind === 'deploy' && !isDryRun;
}

/** Builds and pushes while it looks at the cluster, and proves what was pushed. */
async function buildImage({ config, tools, reporter, closing }: Run): Promise<Checked & { readonly wanted: Wanted }> {
  const { built, ...checked } = await buildWhileChecking(config, tools, reporter, closing);
  return reporter.phase('prove', async () => {
    const building = buildTools(tools, reporter);
    const pushAgain = () => buildAndPush(config, building);
    const proved = await provePushed(config, built, { ...tools, ...building, pushAgain });
    reporter.proved(proved);
    const { manifest } = proved;
    const wanted = {
      image: printReference(proved),
      commit: config.run.sha,
      ...(manifest !== undefined && { manifest }),
    };
    return { ...checked, wanted };
  });
}

/** Looks at the cluster, and finds the image that the operation is about; none where a plan's would have to be built. */
async function findImage(run: Run): Promise<Checked & { readonly wanted?: Wanted }> {
  const { config, tools, reporter, closing } = run;
  const asked = askRegistry(run);
  const [looked, found] = await Promise.allSettled([check(config, tools, reporter, closing), asked]);
  if (looked.status === 'rejected') {
    // What is wrong with the version is told beside what is wrong with the cluster.
    const more = found.status === 'rejected' ? problemsOf(found.reason) : [];
    throw new Failure([...problemsOf(looked.reason), ...more.filter(({ code }) => code !== 'run.cancelled')]);
  }
  const checked = looked.value;
  if (config.operation.kind === 'deploy') return checked;
  const wanted = await reporter.phase('choose', () => chooseImage(run, checked.ready, asked));
  reporter.chose(wanted.image);
  return { ...checked, wanted };
}

/** What runs is not what was deployed here last: somebody has changed it by other means. */
function tellDrift({ reporter }: Run, { workload, container }: Ready): void {
  const expected = driftFrom({ history: historyOf(workload), container, running: versionIn(workload, container) });
  if (expected) reporter.warn(line('log.drift', { running: container.image, ...expected }));
}

/** Ends a run that was cancelled and does not come to its end by itself in time, such as one whose host does not answer. */
async function overdue(run: Run, ended: AbortSignal): Promise<Report> {
  const { config, tools, reporter } = run;
  await new Promise((resolve) => {
    if (tools.signal.aborted) resolve(undefined);
    tools.signal.addEventListener('abort', resolve, { signal: ended });
  });
  await tools.clock.sleep(CANCEL_MS, ended);
  const { name: deployment, namespace } = config.workload;
  const said = run.wrote ? problem('rollout.interrupted', { deployment, namespace }) : problem('run.cancelled', {});
  return reporter.end('cancelled', 'unknown', [said]);
}

/** Watches until the rollout is judged, and verified; a version that is bad is put back. */
async function watchToItsEnd(run: Run, begun: Begun): Promise<Ended> {
  const { config, tools, reporter } = run;
  const where = { deployment: config.workload.name, namespace: config.workload.namespace };
  const { verdict, snapshot } = await reporter.phase('watch', () => watch(run, begun));
  switch (verdict.kind) {
    case 'good': {
      reporter.found({ revision: verdict.revision });
      const cause = await verify(run);
      if (cause) return recover(run, begun, snapshot, cause);
      if (config.verdict.verifyUrl !== undefined && tools.signal.aborted) {
        return { ...unclearEnding({ kind: 'unknown', why: 'interrupted' }, where), snapshot, current: 'new' };
      }
      return { outcome: begun.changed ? done(config) : 'unchanged', problems: [], snapshot, current: 'new' };
    }
    case 'bad':
      return recover(run, begun, snapshot, verdict.cause);
    case 'superseded':
    case 'unknown': {
      const trouble = begun.observer.trouble()?.message ?? '';
      return { ...unclearEnding(verdict, { ...where, trouble }), snapshot, current: 'new' };
    }
    default:
      return verdict satisfies never;
  }
}

/** How a change that serves ends. */
function done({ operation }: Config): Outcome {
  const outcomes = { deploy: 'deployed', redeploy: 'deployed', restart: 'restarted', rollback: 'rolled-back' } as const;
  return outcomes[operation.kind];
}

async function watch(
  { config, tools, reporter }: Run,
  { target, container, cluster, observer }: Begun,
): Promise<Watched> {
  const { clock, signal } = tools;
  const { namespace } = config.workload;
  const { verifyPath } = config.verdict;
  const { hasReadinessProbe } = container;
  const port = verifyPath?.port ?? container.port;
  const check =
    verifyPath && port && new PathCheck(cluster, clock, { namespace, port, path: verifyPath.path, hasReadinessProbe });
  const onLook = progressLines(clock, (text) => reporter.log.info(text));
  const waiting = new WaitingPods(cluster, clock, namespace);
  return watchRollout(target, { observer, clock, signal, onLook, waiting, ...(check && { check }) });
}

/** Asks the address that users use, where there is one; gives the cause where it does not answer as it should. */
async function verify({ config, tools, reporter }: Run): Promise<Cause | undefined> {
  const { verifyUrl: url } = config.verdict;
  if (url === undefined) return undefined;
  const detail = await reporter.phase('verify', () => verifyUrl(url, tools.fetch, tools.clock, tools.signal));
  return detail === undefined ? undefined : { code: 'verify-url', url, detail };
}

/** What is found out while the rollout goes on, and that nothing depends on. */
interface Aside {
  readonly ready: Ready;
  readonly facts: Promise<Facts> | undefined;
  readonly size: Promise<ImageSize | undefined>;
}

/** Writes down how the run ended, and says so. */
async function report(run: Run, begun: Begun, ended: Ended, aside: Aside): Promise<Report> {
  const { config, tools, reporter } = run;
  const { outcome, snapshot, current } = ended;
  reporter.found({ pods: podRows(snapshot, begun.target, current) });
  if (!isSuccess(outcome)) reporter.found(wayBack(run, begun));
  const { workload } = snapshot;
  await reporter.phase('record', async () => {
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
    };
    const late = tools.clock.sleep(ASIDE_MS);
    const isOnNode = isSuccess(outcome) && begun.changed;
    const [lost, beside, facts, size] = await Promise.all([
      isSeen && workload && recordOutcome(writing, workload, ending),
      isOnNode ? lookBeside(begun.cluster, snapshot) : { hurt: [] },
      Promise.race([aside.facts, late.then(() => undefined)]),
      Promise.race([aside.size, late.then(() => undefined)]),
    ]);
    const history = workload && historyOf(workload);
    if (history) reporter.found({ history: endedIn(history, config, ending.outcome) });
    run.holds &&= lost !== undefined;
    if (lost) reporter.warn(line('log.history-lost', { detail: lost }));
    for (const each of beside.hurt) reporter.warn(line('log.neighbour', each));
    const advice = facts ? adviceOf(config, tools.clock.today(), aside.ready, { ...facts, ...beside }) : [];
    reporter.found({ advice, ...(size && { size }) });
  });
  const isSeen = outcome !== 'superseded' && outcome !== 'unknown' && outcome !== 'cancelled';
  return reporter.end(outcome, isSeen ? servingIn(snapshot, { current }) : 'unknown', ended.problems);
}

/** The history with what is being written down just now. */
function endedIn(history: readonly HistoryEntry[], { run, operation }: Config, outcome: string): HistoryEntry[] {
  return history.map((entry) =>
    entry.id === run.id ? { ...entry, outcome: recordedAs(operation.kind, outcome) } : entry,
  );
}

/** What a run ends in that could not go on: before the write nothing has been changed, after it nobody knows. */
function fail({ config, tools, reporter, wrote }: Run, error: unknown): Report {
  const problems = problemsOf(error);
  const isRefused = problems.some(({ code }) => code === 'workload.rejected' || code === 'workload.contended');
  const isUnknown = wrote && !isRefused;
  if (tools.signal.aborted) {
    const { name: deployment, namespace } = config.workload;
    const said = isUnknown ? problem('rollout.interrupted', { deployment, namespace }) : problem('run.cancelled', {});
    return reporter.end('cancelled', 'unknown', [said]);
  }
  return reporter.end(isUnknown ? 'unknown' : 'refused', 'unknown', problems);
}
