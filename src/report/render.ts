import { printDuration } from '../inputs/duration';
import { isSuccess } from '../outcome';
import type { ContainerLog } from '../rollout/evidence';
import type { Warning } from '../rollout/warnings';
import { adviceWords, explain, line } from '../words/words';
import type { Advice } from '../workload/advice';
import type { HistoryEntry } from '../workload/history';
import type { Phase } from './phase';
import type { Plan, PodRow, Report } from './report';

/** A summary may have 1 MiB; logs, and what docker printed, are what could make one large. */
const LOG_CHARACTERS = 20_000;
const LINE_CHARACTERS = 2_000;

const EVENTS = 20;

/** New pods come first, so what is cut off are old ones mostly. */
const POD_ROWS = 30;

const TICKS = 10;

const ROWS = ['image', 'size', 'built', 'commit', 'previous', 'namespace', 'revision', 'run', 'took'] as const;
type Row = (typeof ROWS)[number];

/** What belongs to one workload of several; the rest belongs to the run. */
const OF_PART: ReadonlySet<Row> = new Set(['previous', 'revision'] as const);

/** The job summary, in GitHub's Markdown. */
export function renderSummary(report: Report): string {
  const { parts, phases } = report;
  const ofPart = (isOfPart: boolean) => ROWS.filter((row) => OF_PART.has(row) === isOfPart);
  return [
    `## ${headline(report)}`,
    ...(parts ? [facts(report, ofPart(false))] : account(report, ROWS)),
    ...(parts ?? []).flatMap((part) => [`### ${headline(part)}`, ...account(part, ofPart(true))]),
    ...report.warnings.map((warning) => `> [!WARNING]\n> ${escapeText(warning)}`),
    ...(phases.length > 0 ? [`**${line('summary.timeline', {})}**`, fence(gantt(phases), 'mermaid')] : []),
  ].join('\n\n');
}

function headline({ outcome, deployment, operation }: Report): string {
  const isUnclear = outcome === 'cancelled' || outcome === 'superseded' || outcome === 'unknown';
  const mark = isSuccess(outcome) ? '✅' : isUnclear ? '⚠️' : '❌';
  return `${mark} ${escapeText(line('outcome.headline', { outcome, deployment, operation }))}`;
}

/** What there is to say of one workload. */
function account(report: Report, rows: readonly Row[]): string[] {
  const { outcome } = report;
  return [
    ...(outcome === 'refused' || outcome === 'planned' ? [] : [line('outcome.serving', { serving: report.serving })]),
    ...report.problems.flatMap((each) => {
      const { what, next } = explain(each);
      return [
        `**${line('summary.why', {})}:** ${paragraph(what)}`,
        `**${line('summary.next', {})}:** ${paragraph(next)}`,
      ];
    }),
    ...(report.wayBack
      ? [`**${line('summary.way-back', { ...report.wayBack, outcome })}:**`, fence(report.wayBack.command, 'sh')]
      : []),
    facts(report, rows),
    ...(report.plan ? [planText(report.plan)] : []),
    ...(report.changes && report.changes.length > 0 && !report.plan ? [changeDetails(report.changes)] : []),
    ...(report.pods.length > 0 ? [podTable(report.pods)] : []),
    ...(report.events.length > 0 ? [eventDetails(report.events)] : []),
    ...report.logs.map(logDetails),
    ...report.advice.map(adviceItem),
    ...(report.history && report.history.length > 0 ? [historyDetails(report.history)] : []),
  ];
}

function facts(report: Report, names: readonly Row[]): string {
  const { outcome, phases } = report;
  const isDone = outcome !== 'refused' && outcome !== 'planned';
  const built = phases.find(({ name, ended }) => name === 'build' && ended === 'done');
  const rows: Readonly<Record<Row, readonly [string, string | false | undefined]>> = {
    image: [line('summary.image', {}), report.image && imageCode(report.image)],
    size: [line('summary.size', {}), report.size && line('summary.size-is', report.size)],
    built: [line('summary.built', {}), built && printDuration(built.endMs - built.startMs)],
    commit: [line('summary.commit', {}), report.commit && linked(code(report.commit.text), report.commit.address)],
    previous: [
      line(isDone ? 'summary.previous' : 'summary.now', {}),
      report.previousImage && imageCode(report.previousImage),
    ],
    namespace: [line('summary.namespace', {}), code(report.namespace)],
    revision: [line('summary.revision', {}), report.revision && escapeText(report.revision)],
    run: [line('summary.run', {}), report.run && linked(escapeText(report.run.text), report.run.address)],
    took: [line('summary.took', {}), printDuration(report.durationMs)],
  };
  const filled = names
    .map((name) => rows[name])
    .filter((row): row is [string, string] => row[1] !== undefined && row[1] !== false && row[1] !== '');
  // Markdown has no table without heads, and empty ones are drawn.
  const lines = filled.map(([name, value]) => `<tr><td nowrap>${name}</td><td>${value}</td></tr>`);
  return ['<table>', ...lines, '</table>'].join('\n');
}

/** `html` that leads to an address, which has been looked at for being one. */
function linked(html: string, address: string): string {
  return `<a href="${address}">${html}</a>`;
}

function podTable(all: readonly PodRow[]): string {
  const rows = all.slice(0, POD_ROWS);
  const more = all.length - rows.length;
  const heads = [
    line('summary.pod', {}),
    line('summary.version', {}),
    line('summary.ready', {}),
    line('summary.restarts', {}),
    line('summary.state', {}),
  ];
  const shown = table(
    heads,
    rows.map(({ name, version, label, ready, restarts, state }) => [
      code(name),
      label === undefined ? line(version === 'new' ? 'summary.new' : 'summary.old', {}) : code(label),
      ready ? line('summary.yes', {}) : line('summary.no', {}),
      String(restarts),
      escapeText(state),
    ]),
  );
  return more > 0 ? `${shown}\n\n${line('summary.more-pods', { count: more })}` : shown;
}

function planText({ steps, diff }: Plan): string {
  const list = steps.map((step) => `- ${escapeText(step)}`).join('\n');
  return [list, ...(diff.length > 0 ? [`**${line('summary.plan', {})}:**`, fence(diff.join('\n'), 'diff')] : [])].join(
    '\n\n',
  );
}

function changeDetails(changes: readonly string[]): string {
  const shown = fence(changes.join('\n').slice(0, LOG_CHARACTERS), 'diff');
  return `<details><summary>${line('summary.manifests', {})}</summary>\n\n${shown}\n\n</details>`;
}

/** The newest first, as a person looks for it. */
function historyDetails(history: readonly HistoryEntry[]): string {
  const heads = (['when', 'ended', 'revision', 'image', 'run'] as const).map((name) => line(`summary.${name}`, {}));
  const rows = history.toReversed().map(({ at, outcome, revision = '', image, run }) => [
    escapeText(at.replace('T', ' ').slice(0, 16)),
    escapeText(outcome === 'found' ? line('history.found', {}) : outcome),
    escapeText(revision),
    code(image),
    // What the workload says of it is no link to be followed.
    run === '' ? '' : code(run),
  ]);
  return `<details><summary>${line('summary.history', {})}</summary>\n\n${table(heads, rows)}\n\n</details>`;
}

function adviceItem(advice: Advice): string {
  const { text, snippet } = adviceWords(advice);
  const tip = `> [!TIP]\n> ${escapeText(text)}`;
  if (!snippet) return tip;
  const code = fence(snippet.code, snippet.language);
  return `${tip}\n\n<details><summary>${line('summary.advice', {})}</summary>\n\n${code}\n\n</details>`;
}

function eventDetails(events: readonly Warning[]): string {
  const lines = events.slice(0, EVENTS).map((each) => line('log.event', each));
  return `<details><summary>${line('log.events', {})}</summary>\n\n${fence(lines.join('\n').slice(0, LOG_CHARACTERS), 'text')}\n\n</details>`;
}

function logDetails({ pod, container, lines }: ContainerLog): string {
  const title = escapeText(line('log.logs-of', { pod, container }));
  return `<details open><summary>${title}</summary>\n\n${fence(lines.slice(-LOG_CHARACTERS), 'text')}\n\n</details>`;
}

/** A mermaid chart of the phases, which GitHub draws. Its time axis counts seconds from the run's beginning. */
export function gantt(phases: readonly Phase[]): string {
  const bars = phases.map(({ name, startMs, endMs, ended }) => {
    const title = line('phase.title', { phase: name });
    // Mermaid draws nothing for a bar of no length.
    const end = Math.max(endMs, startMs + 1);
    return `  ${title} (${printDuration(endMs - startMs)}) :${ended === 'failed' ? 'crit, ' : ''}${Math.round(startMs)}, ${Math.round(end)}`;
  });
  const isShort = Math.max(0, ...phases.map(({ endMs }) => endMs)) < TICKS * 1_000;
  // Left alone, mermaid puts about ten ticks there: half seconds, each of which would read as a whole one.
  const ticks = isShort ? ['  tickInterval 1second'] : [];
  return ['gantt', '  dateFormat x', '  axisFormat %M:%S', ...ticks, ...bars].join('\n');
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\r?\n/g, ' ')).join(' | ')} |`;
  return [row(heads), row(heads.map(() => '---')), ...rows.map(row)].join('\n');
}

function paragraph(text: string): string {
  const [first = '', ...rest] = text.split('\n');
  const head = escapeText(first.slice(0, LINE_CHARACTERS));
  return rest.length === 0 ? head : `${head}\n\n${fence(rest.join('\n').slice(-LOG_CHARACTERS), 'text')}`;
}

/** A code block that its content cannot end. */
function fence(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${text}\n${ticks}`;
}

function code(text: string): string {
  return `<code>${escapeText(text)}</code>`;
}

/** A digest is longer than a narrow table: it gets a line of its own. */
function imageCode(image: string): string {
  return code(image).replace('sha256:', '<wbr>sha256:');
}

/** Text from outside as one line, so that none of it becomes Markdown or HTML (a heading, a mention, a link, a picture). */
export function escapeText(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_[\]!#|~@]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll('://', '&#58;//')
    .replace(/www\./gi, (www) => www.replace('.', '&#46;'));
}
