import { StringDecoder } from 'node:string_decoder';

/** What is kept of one stream, or of one line of it: far above any object Kubernetes stores, far below the runner's memory. */
export const OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024;

/** Takes the chunks of one stream, which may cut a character or a line anywhere. */
export interface Output {
  /** False once the limit is passed. */
  add(chunk: Buffer): boolean;
  /** What is kept in the end. `isWhole`: the stream has ended by itself, so that what stands after the last line break is a line too. */
  end(isWhole: boolean): string;
}

/** Keeps everything. */
export function keepText(): Output {
  const decoder = new StringDecoder('utf8');
  const parts: string[] = [];
  let size = 0;
  return {
    add(chunk) {
      size += chunk.length;
      if (size > OUTPUT_LIMIT_BYTES) return false;
      parts.push(decoder.write(chunk));
      return true;
    },
    end: () => parts.join('') + decoder.end(),
  };
}

/** Hands on each line, without its line break, and keeps nothing. */
export function passLines(onLine: (line: string) => void): Output {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let size = 0;
  return {
    add(chunk) {
      const lines = decoder.write(chunk).split('\n');
      const last = lines.pop() ?? '';
      for (const line of lines) {
        onLine(parts.join('') + line);
        parts = [];
        size = 0;
      }
      parts.push(last);
      size += last.length;
      return size <= OUTPUT_LIMIT_BYTES;
    },
    end(isWhole) {
      const rest = parts.join('') + decoder.end();
      if (isWhole && rest !== '') onLine(rest);
      return '';
    },
  };
}
