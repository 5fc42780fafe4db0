import { parse } from 'csv-parse/sync';

/**
 * Reads a list as docker's own actions do: one entry a line, an entry in double quotes may hold line breaks and
 * commas, and (`commas`) an unquoted comma also separates. `#` begins no comment.
 */
export function parseList(text: string, { commas }: { commas: boolean }): string[] {
  if (text.trim() === '') return [];
  const rows: string[][] = parse(text, {
    columns: false,
    relaxQuotes: true,
    relaxColumnCount: true,
    skipEmptyLines: true,
    // Left to itself, the parser takes the first line's end for that of all, and a secret may mix them.
    recordDelimiter: ['\r\n', '\n'],
  });
  return rows
    .flatMap((row) => (commas ? row : [row.join(',')]))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
