import { line } from '../words/words';
import { titleOf } from './object';
import type { Change, Survey } from './survey';

/** Lines that a log or a summary shows of all changes together. */
const MOST_LINES = 200;

export function changesOf({ others, workload }: Survey): readonly Change[] {
  return workload ? [...others, workload] : others;
}

/** What is to be said before anything is applied. */
export function tellLines(survey: Survey, namespace: string): string[] {
  const untried = survey.isNamespaceNew ? [line('manifests.untried', { namespace })] : [];
  return [countLine(survey), ...untried, ...diffLines(survey)];
}

/** How many objects change. Whose the fields are is no change that anybody sees. */
export function countLine(survey: Survey): string {
  const all = changesOf(survey);
  const created = all.filter(({ live }) => !live).length;
  const changed = all.filter(({ live, lines }) => live && lines.length > 0).length;
  return line('manifests.survey', { created, changed, same: all.length - created - changed });
}

/** What changes, as the lines of a diff. */
export function diffLines(survey: Survey): string[] {
  const lines = changesOf(survey).flatMap(({ live, lines, planned }) => {
    const object = titleOf(planned);
    if (!live) return [line('manifests.create', { object })];
    return lines.length > 0 ? [`  ${object}`, ...lines] : [];
  });
  return lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES - 1), '…'] : lines;
}
