import { isSameImage, printReference } from './image/reference';
import type { Ready } from './preflight';
import type { Plan, Report } from './report/report';
import type { Run, Wanted } from './run';
import { line } from './words/words';
import { historyOf, knownGood } from './workload/changes';
import { holderOf } from './workload/hold';

/** Says what the run would do (`dry-run`), and ends it. `wanted` is missing where it would have to be built first. */
export async function tellPlan(run: Run, ready: Ready, wanted: Wanted | undefined): Promise<Report> {
  const { reporter } = run;
  const plan = planOf(run, ready, wanted);
  await reporter.phase('plan', async () => {
    for (const text of [...plan.steps, ...plan.diff]) reporter.log.info(text);
  });
  reporter.found({ plan, history: historyOf(ready.workload) });
  return reporter.end('planned', 'unknown', []);
}

function planOf({ config }: Run, ready: Ready, wanted: Wanted | undefined): Plan {
  const { build, image, workload } = config;
  const { container, soak } = ready;
  const holder = holderOf(ready.workload);
  const known = wanted?.isRestart ? container.image : knownGood(ready);
  // What it goes to is not what it would come back to.
  const back = known && wanted && !wanted.isRestart && isSameImage(known, wanted.image) ? undefined : known;
  const pushed = image.references.map(printReference);
  const to = wanted?.image ?? `${pushed[0]}@${line('plan.digest', {})}`;
  const isThere = wanted !== undefined && !wanted.isRestart && isSameImage(wanted.image, container.image);
  const steps = [
    ...(wanted ? [] : [line('plan.build', { context: build.context, tags: pushed.join(', ') })]),
    ...(holder ? [line('plan.held', { deployment: workload.name, ...holder })] : []),
    isThere ? line('plan.unchanged', {}) : line('plan.change', { ...workload, container: container.name }),
    line('plan.back', { image: back ?? '' }),
  ];
  const present = ready.workload.spec?.minReadySeconds ?? 0;
  const diff = isThere
    ? []
    : [
        ...(wanted?.isRestart ? line('plan.restart', {}).split('\n') : changed('image', container.image, to)),
        ...changed('minReadySeconds', String(present), String(soak.set)),
      ];
  return { steps, diff };
}

function changed(name: string, from: string, to: string): string[] {
  return from === to ? [] : [`- ${name}: ${from}`, `+ ${name}: ${to}`];
}
