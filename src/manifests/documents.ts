import { type Problem, problem } from '../words/words';

/** One document of a YAML file; its line is where its content begins. */
export interface Document {
  readonly file: string;
  readonly line: number;
  readonly value: unknown;
}

/**
 * Reads the documents of a YAML (or JSON) file as kubectl does, which is YAML 1.1: `0644` is octal there, and `yes` is true. Like
 * kubectl's reader it knows no times, and no numbers to the base of 60.
 */
export async function readDocuments(
  file: string,
  text: string,
): Promise<{ documents: readonly Document[]; problems: readonly Problem[] }> {
  // The YAML reader is large, and most runs need none.
  const { LineCounter, parseAllDocuments } = await import('yaml');
  const lines = new LineCounter();
  const lineOf = (offset: number) => lines.linePos(offset).line;
  // Pretty errors show the line, which may be a Secret's.
  const parsed = parseAllDocuments(text, {
    version: '1.1',
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    customTags: (tags) =>
      tags.filter(
        (tag) =>
          typeof tag === 'string' || !(tag.tag.endsWith(':timestamp') || ('format' in tag && tag.format === 'TIME')),
      ),
  });
  const documents: Document[] = [];
  const problems: Problem[] = [];
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const line = lineOf(document.contents?.range?.[0] ?? document.range?.[0] ?? 0);
    for (const { message, pos } of document.errors)
      problems.push(problem('manifests.unreadable', { file, detail: message }, { file, line: lineOf(pos[0]) }));
    if (document.errors.length > 0) continue;
    try {
      // Few aliases can stand for more than any memory holds: the reader's own limit is 100.
      documents.push({ file, line, value: document.toJS() as unknown });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      problems.push(problem('manifests.unreadable', { file, detail }, { file, line }));
    }
  }
  return { documents, problems };
}
