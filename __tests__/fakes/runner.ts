/**
 * What a GitHub runner makes of what a step prints and writes, after ActionCommand.cs, ActionCommandManager.cs and
 * FileCommandManager.cs of github.com/actions/runner: the commands it would obey, and what its command files say.
 */

/** A workflow command that the runner would obey. */
export interface Obeyed {
  readonly name: string;
  readonly properties: string;
  readonly data: string;
}

const NAMES = new Set(
  'internal-set-repo-path set-env set-output save-state add-mask add-path add-matcher remove-matcher warning error notice debug group endgroup echo stop-commands'.split(
    ' ',
  ),
);

/** .NET's white space, which is not JavaScript's: it has U+0085, and no U+FEFF. */
const LEADING = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** The commands that a runner would obey in this log, those that are between `stop-commands` and its token left out. */
export function obeyed(log: string): Obeyed[] {
  const names = new Set(NAMES);
  const found: Obeyed[] = [];
  let token: string | undefined;
  // StreamReader.ReadLine ends a line at each of these three.
  for (const text of log.split(/\r\n|\r|\n/)) {
    const command = second(text, names) ?? first(text, names);
    if (!command) continue;
    if (token !== undefined) {
      if (command.name.toLowerCase() !== token.toLowerCase()) continue;
      names.delete(token.toLowerCase());
      token = undefined;
      continue;
    }
    if (command.name.toLowerCase() === 'stop-commands') {
      token = command.data;
      names.add(token.toLowerCase());
    }
    found.push(command);
  }
  return found;
}

/** `::name a=b,c=d::data`, at the beginning of a line. */
function second(text: string, names: ReadonlySet<string>): Obeyed | undefined {
  const message = text.replace(LEADING, '');
  const end = message.indexOf('::', 2);
  return message.startsWith('::') && end >= 0 ? known(message.slice(2, end), message.slice(end + 2), names) : undefined;
}

/** `##[name a=b;c=d]data`, anywhere in a line. */
function first(text: string, names: ReadonlySet<string>): Obeyed | undefined {
  const at = text.indexOf('##[');
  const end = at < 0 ? -1 : text.indexOf(']', at);
  return end < 0 ? undefined : known(text.slice(at + 3, end), text.slice(end + 1), names);
}

function known(info: string, data: string, names: ReadonlySet<string>): Obeyed | undefined {
  const space = info.indexOf(' ');
  const name = space < 0 ? info : info.slice(0, space);
  return names.has(name.toLowerCase())
    ? { name, properties: space < 0 ? '' : info.slice(space + 1), data: unescapeData(data) }
    : undefined;
}

function unescapeData(data: string): string {
  return data.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

/** The values that a command file sets, in their order: a runner reads `name=value` lines and `name<<delimiter` blocks. */
export function commandFile(text: string): [name: string, value: string][] {
  const values: [string, string][] = [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (line === '') continue;
    const [equals, block] = [line.indexOf('='), line.indexOf('<<')];
    if (equals >= 0 && (block < 0 || equals < block)) {
      values.push([line.slice(0, equals), line.slice(equals + 1)]);
      continue;
    }
    if (block <= 0 || block + 2 === line.length) throw new Error(`Invalid format '${line}'`);
    const end = lines.indexOf(line.slice(block + 2), index + 1);
    if (end < 0) throw new Error(`Matching delimiter not found '${line.slice(block + 2)}'`);
    values.push([line.slice(0, block), lines.slice(index + 1, end).join('\n')]);
    index = end;
  }
  return values;
}
