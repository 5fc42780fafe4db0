import type { Facts } from './advice';
import { askRegistry, chooseImage } from './choose';
import { buildAndPush } from './image/build';
import { provePushed } from './image/prove';
import { printReference } from './image/reference';
import type { Cluster } from './kubectl/client';
import { problemsOf } from './kubectl/explain';
import { diffLines } from './manifests/tell';
import type { Ready } from './preflight';
import { buildTools, buildWhileChecking, type Checked, check } from './prepare';
import type { Run, Wanted } from './run';
import type { Later } from './tools';
import { Failure } from './words/words';

/** One workload as it was found, and what it is to run; nothing where a plan's image would have to be built first. */
export interface Aim {
  readonly run: Run;
  readonly ready: Ready;
  readonly facts: Later<Facts>;
  readonly wanted?: Wanted;
}

export interface Obtained {
  readonly cluster: Cluster;
  readonly aims: readonly Aim[];
}

/** Builds and pushes while it looks at the cluster, and proves what was pushed. */
export async function buildImage(run: Run, parts: readonly Run[]): Promise<Obtained> {
  const { config, tools, reporter, closing } = run;
  const { built, ...checked } = await buildWhileChecking(config, tools, reporter, closing);
  tellPrevious(parts, checked);
  const wanted = await reporter.phase('prove', async (): Promise<Wanted> => {
    const building = buildTools(tools, reporter);
    const pushAgain = () => buildAndPush(config, building);
    const proved = await provePushed(config, built, { ...tools, ...building, pushAgain });
    reporter.proved(proved);
    const { manifest } = proved;
    return { image: printReference(proved), commit: config.run.sha, ...(manifest !== undefined && { manifest }) };
  });
  return { cluster: checked.cluster, aims: aimsOf(parts, checked).map((aim) => ({ ...aim, wanted })) };
}

/** Looks at the cluster, and finds the image that the operation is about. */
export async function findImage(run: Run, parts: readonly Run[]): Promise<Obtained> {
  const { config, tools, reporter, closing } = run;
  const asked = askRegistry(run);
  const [looked, found] = await Promise.allSettled([check(config, tools, reporter, closing), asked]);
  if (looked.status === 'rejected') {
    // What is wrong with the version is told beside what is wrong with the cluster.
    const more = found.status === 'rejected' ? problemsOf(found.reason) : [];
    throw new Failure([...problemsOf(looked.reason), ...more.filter(({ code }) => code !== 'run.cancelled')]);
  }
  tellPrevious(parts, looked.value);
  const { cluster } = looked.value;
  const aims = aimsOf(parts, looked.value);
  if (config.operation.kind === 'deploy') return { cluster, aims };
  const chosen = await reporter.phase('choose', async () => {
    const all: Aim[] = [];
    for (const aim of aims) all.push({ ...aim, wanted: await chooseImage(aim.run, aim.ready, asked) });
    return all;
  });
  for (const { run: part, wanted } of chosen) if (wanted) part.reporter.chose(wanted.image);
  return { cluster, aims: chosen };
}

function aimsOf(parts: readonly Run[], { looked }: Checked): Aim[] {
  return looked.flatMap((each, index) => {
    const run = parts[index];
    return run ? [{ run, ...each }] : [];
  });
}

function tellPrevious(parts: readonly Run[], checked: Checked): void {
  for (const { run, ready } of aimsOf(parts, checked)) {
    const { container, manifests } = ready;
    run.reporter.found({ previousImage: container.image, ...(manifests && { changes: diffLines(manifests) }) });
  }
}
