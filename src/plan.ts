import { printReference } from './image/reference';
import { isNew } from './kubectl/objects';
import { titleOf } from './manifests/object';
import { changesOf, diffLines } from './manifests/tell';
import type { Aim } from './parts';
import type { Ready } from './preflight';
import type { Plan, Report } from './report/report';
import type { Run, Wanted } from './run';
import { line } from './words/words';
import { printWorkload } from './words/workload';
import { historyOf } from './workload/history';
import { holderOf } from './workload/hold';
import { type Chosen, imagesOf, isSameVersion, type Version, versionFor, versionIn } from './workload/images';
import { knownGood } from './workload/plan-change';

/** Says what the run would do (`dry-run`), and ends it. `wanted` is missing where it would have to be built first. */
export async function tellPlans(run: Run, aims: readonly Aim[]): Promise<Report> {
  await run.reporter.phase('plan', async () => {
    for (const { run: part, ready, wanted } of aims) {
      const plan = planOf(part, ready, wanted);
      for (const text of [...plan.steps, ...plan.diff]) part.reporter.log.info(text);
      part.reporter.found({ plan, history: historyOf(ready.workload) });
    }
  });
  return run.reporter.endTogether(aims.map(({ run: part }) => part.reporter.end('planned', 'unknown', [])));
}

function planOf({ config }: Run, ready: Ready, wanted: Wanted | undefined): Plan {
  const { build, image, workload } = config;
  const { container, soak } = ready;
  const holder = holderOf(ready.workload);
  const running = versionIn(ready.workload, container);
  const known = wanted?.isRestart ? running : knownGood(ready);
  const pushed = image.references.map(printReference);
  const built = { image: `${pushed[0]}@${line('plan.digest', {})}` };
  const to = versionFor(container, wanted ?? built);
  // What it goes to is not what it would come back to.
  const back = known && wanted && !wanted.isRestart && isSameVersion(known, to) ? undefined : known;
  const isThere = wanted !== undefined && !wanted.isRestart && isSameVersion(to, running);
  const { manifests } = ready;
  const news = manifests ? changesOf(manifests).filter(({ isNews }) => isNews) : [];
  const applied = news.map(({ planned }) => titleOf(planned));
  const steps = [
    ...(wanted ? [] : [line('plan.build', { context: build.context, tags: pushed.join(', ') })]),
    ...(applied.length > 0 ? [line('plan.apply', { objects: applied.join(', ') })] : []),
    ...(holder ? [line('plan.held', { deployment: printWorkload(workload), ...holder })] : []),
    isThere
      ? line('plan.unchanged', {})
      : line('plan.change', {
          ...workload,
          name: printWorkload(workload),
          container: imagesOf(container, to)
            .map(([name]) => name)
            .join(', '),
        }),
    line('plan.back', { image: back?.image ?? '' }),
  ];
  const present = ready.workload.spec?.minReadySeconds ?? 0;
  const diff = isThere
    ? []
    : [
        ...(wanted?.isRestart ? line('plan.restart', {}).split('\n') : changedImages(container, running, to)),
        ...changed('minReadySeconds', isNew(ready.workload) ? '' : String(present), String(soak.set)),
      ];
  return { steps, diff: [...diff, ...(manifests ? diffLines(manifests) : [])] };
}

function changed(name: string, from: string, to: string): string[] {
  if (from === to) return [];
  return [...(from === '' ? [] : [`- ${name}: ${from}`]), `+ ${name}: ${to}`];
}

function changedImages(container: Chosen, from: Version, to: Version): string[] {
  const was = new Map(imagesOf(container, from));
  // Where there is one container only, nobody asks which.
  const nameOf = (name: string) => (container.others ? `image (${name})` : 'image');
  return imagesOf(container, to).flatMap(([name, image]) => changed(nameOf(name), was.get(name) ?? '', image));
}
