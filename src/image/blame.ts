import { basename } from 'node:path';
import type { Place } from '../words/words';

/** The line of the Dockerfile that a build failed of, by docker's last lines; undefined where they do not lead to one. */
export function blamedLine(lines: readonly string[], file: string, dockerfile: string): Place | undefined {
  const line = shownLine(lines, basename(file)) ?? parserLine(lines) ?? stepLine(lines, dockerfile);
  return line === undefined ? undefined : { file, line };
}

/** docker shows the failing instruction below a line such as `Dockerfile:12`. */
function shownLine(lines: readonly string[], name: string): number | undefined {
  const head = lines.findLast((text, index) => text.startsWith(`${name}:`) && /^-{10,}$/.test(lines[index + 1] ?? ''));
  const number = head?.slice(name.length + 1) ?? '';
  return /^\d+$/.test(number) ? Number(number) : undefined;
}

function parserLine(lines: readonly string[]): number | undefined {
  const text = lines.findLast((each) => /^error: .*dockerfile parse error/i.test(each)) ?? '';
  const [, number] = /parse error (?:on )?line (\d+)/i.exec(text) ?? [];
  return number === undefined ? undefined : Number(number);
}

/** An older engine only names the step, such as ` > [build 2/3] RUN make:`. Its instruction is looked up. */
function stepLine(lines: readonly string[], dockerfile: string): number | undefined {
  const [, step] = /^ > \[[^\]]*\d+\/\d+\] (.*):$/.exec(lines.findLast((text) => /^ > \[/.test(text)) ?? '') ?? [];
  if (step === undefined) return undefined;
  const found = instructions(dockerfile).filter(({ text }) => text === oneLine(step));
  return found.length === 1 ? found[0]?.line : undefined;
}

/** The instructions of a Dockerfile with the lines that they begin in; one may go on behind a backslash. */
function instructions(dockerfile: string): { line: number; text: string }[] {
  const all: { line: number; text: string }[] = [];
  let isOpen = false;
  for (const [index, each] of dockerfile.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(each)) continue;
    const part = each.replace(/\\\s*$/, ' ');
    const last = all.at(-1);
    if (isOpen && last) last.text = oneLine(`${last.text} ${part}`);
    else all.push({ line: index + 1, text: oneLine(part) });
    isOpen = part !== each;
  }
  return all;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
