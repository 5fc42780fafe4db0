import { buildArgsOf, type FoundImage, findImage } from './image/find';
import { parseReference } from './image/reference';
import type { Ready } from './preflight';
import type { Run, Wanted } from './run';
import { Failure, line, problem } from './words/words';
import { historyOf } from './workload/changes';
import { ofContainer } from './workload/history';
import { chooseVersion } from './workload/version';

/** Asks the registry for what a redeploy is about; that needs no cluster. */
export function askRegistry({ config, tools }: Run): Promise<FoundImage> | undefined {
  const { operation } = config;
  return operation.kind === 'redeploy' ? findImage(config, operation.version, tools) : undefined;
}

/** Which image an operation that builds none is about. Throws a `Failure` where there is none that may be taken. */
export async function chooseImage(run: Run, ready: Ready, asked: Promise<FoundImage> | undefined): Promise<Wanted> {
  const { operation } = run.config;
  const { container, workload } = ready;
  tellHistory(run, ready);
  if (asked) return checkBuildArgs(run, ready, await asked);
  switch (operation.kind) {
    case 'deploy':
    case 'redeploy':
      throw new Error('this operation has an image of its own');
    case 'restart':
      return { image: container.image, commit: '', isRestart: true };
    case 'rollback': {
      const chosen = chooseVersion({ ...ready, history: historyOf(workload) }, operation.version);
      if ('code' in chosen) throw new Failure(chosen);
      run.reporter.log.info(line('log.chosen', { image: chosen.image }));
      return { image: chosen.image, commit: '' };
    }
    default:
      return operation satisfies never;
  }
}

/** What the container has run, so that a person can choose what to go back to. */
function tellHistory({ reporter }: Run, { workload, container }: Ready): void {
  const entries = ofContainer(historyOf(workload), container.name);
  if (entries.length > 0) reporter.log.info(line('log.history', { container: container.name }));
  for (const entry of entries) reporter.log.info(line('log.history-entry', entry));
}

/** Whether the image is meant for this environment, as far as its build arguments say. */
async function checkBuildArgs(run: Run, { container }: Ready, found: FoundImage): Promise<Wanted> {
  const { config, tools, reporter } = run;
  const { image, commit = '', buildArgs } = found;
  const allowOtherBuildArgs = config.operation.kind === 'redeploy' && config.operation.allowOtherBuildArgs;
  reporter.log.info(line('log.chosen', { image }));
  const isHere = parseReference(container.image).value !== undefined;
  const running = isHere && !allowOtherBuildArgs ? await buildArgsOf(container.image, config, tools) : undefined;
  if (buildArgs !== undefined && running !== undefined && buildArgs !== running)
    throw new Failure(problem('version.other-build-args', { image, running: container.image }));
  if (!allowOtherBuildArgs && (buildArgs === undefined || running === undefined))
    reporter.warn(line('log.build-args-unknown', { image: buildArgs === undefined ? image : container.image }));
  return { image, commit };
}
