import { spawnSync } from 'node:child_process';
import { parseReference } from '../../src/image/reference';
import { OUTCOMES } from '../../src/outcome';
import type { Step } from './step';

/** What is wrong with a step, by what a runner and GitHub make of it; nothing where nothing is. */
export function faultsOf(step: Step): string[] {
  return [...faultsOfLog(step), ...faultsOfOutputs(step), ...faultsOfSummary(step.summary)];
}

/** A runner obeys what was meant for it, one for one. */
function faultsOfLog({ meant, obeyed, fences, others }: Step): string[] {
  const names = obeyed.map(({ name }) => name);
  // An empty title or text is no command's end.
  const isSame = names.length === meant.length && names.every((name, index) => name === meant[index]);
  return [
    ...(isSame ? [] : [`the runner obeys ${names.join(' ')}, and ${meant.join(' ')} was meant`]),
    ...obeyed.flatMap(({ name, properties }) =>
      properties === '' || (name === 'error' && /^file=[^,:]+,line=\d+$/.test(properties))
        ? []
        : [`${name} has the properties ${properties}`],
    ),
    ...(others === 0 ? [] : ['the files for state, environment or path are not empty']),
    ...(fences.some((token) => !/^[0-9a-f-]{36}$/.test(token)) ? ['a fence can be guessed'] : []),
    ...(new Set(fences).size === fences.length ? [] : ['a fence is used twice']),
  ];
}

const OUTPUTS = 'outcome image digest tags previous-image revision cause duration environment-url'.split(' ');

const isReference = (text: string) => parseReference(text).value !== undefined;
const SHAPES: Readonly<Record<string, (value: string) => boolean>> = {
  outcome: (value) => (OUTCOMES as readonly string[]).includes(value),
  image: (value) => value === '' || isReference(value),
  digest: (value) => /^(?:sha256:[0-9a-f]{64})?$/.test(value),
  tags: (value) => value === '' || value.split('\n').every(isReference),
  duration: (value) => /^\d+\.\d$/.test(value),
};

/** Every output once, and each with what belongs to it. */
export function faultsOfOutputs({ outputs }: Pick<Step, 'outputs'>): string[] {
  const names = outputs.map(([name]) => name);
  return [
    ...(names.join() === OUTPUTS.join() ? [] : [`the outputs are ${names.join()}`]),
    ...outputs.flatMap(([name, value]) => ((SHAPES[name]?.(value) ?? true) ? [] : [`${name} is ${cut(value)}`])),
  ];
}

/** Links to the run's own commit and to the run itself, with nothing in them but letters, digits and the runner's own path. */
const OWN_LINKS =
  /<a href="https:\/\/[\w.-]+(?::\d+)?\/[\w./-]+\/(?:commit\/[0-9a-f]{40,64}|actions\/runs\/\d+)">(?:<code>[0-9a-f]{12}<\/code>|\d+)<\/a>/g;

const TAGS = /<\/?(?:details|summary|code)>|<details open>|<wbr>/g;

/** What of the summary is live that is not the summary's own. */
export function faultsOfSummary(summary: string): string[] {
  const text = withoutBlocks(summary);
  const own = text
    .replace(OWN_LINKS, '')
    .replace(TAGS, '')
    .replace(/^> \[!(?:TIP|WARNING)\]$/gm, '')
    .replace(/^> /gm, '')
    .replace(/^\*\*([^*\n]*)\*\*/gm, '$1')
    .replace(/^## /, '')
    .replace(/^<\/?table>$/gm, '')
    .replace(/^<tr><td nowrap>(.*)<\/td><td>(.*)<\/td><\/tr>$/gm, 'row $1 $2')
    .replace(/^\|[ |-]*\|$/gm, '')
    // What begins a cell begins no list.
    .replace(/^\| (.*) \|$/gm, (_, row: string) => `row ${row.replaceAll(' | ', ' ')}`);
  const live =
    own.match(/[<>`*_[\]!|~@\\]|&(?!(?:amp|lt|gt|#\d+);)|:\/\/|www\.|^#|^\s*(?:[-+]|\d+\.)\s|^ {4}|^(?:=+|-+)$/gim) ??
    [];
  const count = (tag: string) => text.split(tag).length;
  const isEven = count('<details') === count('</details>') && count('<summary>') === count('</summary>');
  return [
    ...live.map((each) => `the summary has a live ${JSON.stringify(each)}`),
    ...(isEven ? [] : ['the summary has an open fold']),
  ];
}

/** Without the blocks of code, whose content GitHub shows as it is. */
export function withoutBlocks(summary: string): string {
  const lines: string[] = [];
  let end: string | undefined;
  for (const line of summary.split(/\r\n|\r|\n/)) {
    const ticks = /^(`{3,})[a-z]*$/.exec(line)?.[1];
    if (end === undefined && ticks !== undefined) end = ticks;
    else if (end === undefined) lines.push(line);
    else if (/^ {0,3}`+\s*$/.test(line) && line.trim().length >= end.length) end = undefined;
  }
  return lines.join('\n');
}

/** What a real shell makes of these command lines: the words of each, as a program would get them. */
export function wordsOf(lines: readonly string[], { shell = 'sh', cwd }: { shell?: string; cwd: string }): string[][] {
  // Each line's words end in one of its own, which no line can know.
  const end = 'e'.repeat(8) + Math.random().toString(36).slice(2);
  const script = lines.map((line) => `printf '%s\\0' ${line} ${end}\n`).join('');
  const { stdout, status, stderr } = spawnSync(shell, { input: script, cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0 || stderr !== '') throw new Error(`${shell} ended with ${status}: ${cut(stderr)}`);
  const all: string[][] = [[]];
  for (const word of stdout.split('\0').slice(0, -1)) {
    if (word === end) all.push([]);
    else all.at(-1)?.push(word);
  }
  return all.slice(0, -1);
}

export function cut(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** Enough of them to see what is wrong, and how many there are. */
export function some(faults: readonly string[]): readonly string[] {
  return faults.length <= 6 ? faults : [...faults.slice(0, 6), `and ${faults.length - 6} more`];
}
