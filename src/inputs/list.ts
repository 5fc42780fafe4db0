import { parse } from 'csv-parse/sync';

/**
 * Reads a list as docker's own actions do: one entry a line, an entry in double quotes may hold line breaks and
 * commas, and (`commas`) an unquoted comma also separates. `#` begins no comment.
 */
export function parseList(text: string, { commas }: { commas: boolean }): string[] {
  const rows: string[][] = parse(text, { columns: false, relaxQuotes: true, relaxColumnCount: true, skipEmptyLines: true });
  return rows
    .flatMap((row) => (commas ? row : [row.join(',')]))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
