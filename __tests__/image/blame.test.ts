import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { blamedLine } from '../../src/image/blame';

const recording = (name: string) =>
  readFileSync(join(__dirname, `../fixtures/push/${name}.txt`), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(0, -1);
const lineOf = (lines: readonly string[], dockerfile = '', file = 'web/Dockerfile') =>
  blamedLine(lines, file, dockerfile)?.line;

/** How BuildKit shows the instruction that failed. */
const shown = (head: string) => [
  head,
  '--------------------',
  '   2 | >>> RUN make',
  '--------------------',
  'ERROR: no',
];
/** How an older engine names it. */
const step = (text: string) => [
  '------',
  ` > ${text}:`,
  '------',
  'ERROR: failed to solve: executor failed running [x]',
];

describe('the line of the Dockerfile that a build failed of', () => {
  it('is told with the file, as the user named it', () => {
    expect(blamedLine(shown('Dockerfile:12'), 'web/Dockerfile', '')).toEqual({ file: 'web/Dockerfile', line: 12 });
    expect(blamedLine(shown('web.Dockerfile:3'), './docker/web.Dockerfile', '')).toEqual({
      file: './docker/web.Dockerfile',
      line: 3,
    });
  });

  it.each([
    ['docker-container-run-fails', 'FROM scratch\nCOPY server /server\nENV A=b\nRUN ["/server"]\n', 4],
    ['docker-run-fails', 'FROM scratch\nCOPY server /server\nENV A=b\nRUN ["/server"]\n', 4],
    ['docker-container-copy-missing', 'FROM scratch\nCOPY nothing /nothing\n', 2],
    ['docker-copy-missing', 'FROM scratch\nCOPY nothing /nothing\n', 2],
    ['docker-container-syntax', 'FORM scratch\n', 1],
    ['docker-syntax', 'FORM scratch\n', 1],
  ])('of the recording %s is found', (name, dockerfile, line) => {
    expect(lineOf(recording(name), dockerfile)).toBe(line);
  });

  it.each([
    ['a build that ended otherwise', ['ERROR: failed to push user/app:v1: denied']],
    ['nothing', []],
    ['what a program printed', ['#5 1.0 Dockerfile:12', 'ERROR: no']],
    ['what a program printed as docker does, of another file', shown('main.go:12')],
    ['a heading alone', ['Dockerfile:12', 'ERROR: no']],
    ['a heading without a number', shown('Dockerfile:x')],
  ])('is not known of %s', (_, lines) => expect(lineOf(lines, 'FROM scratch\nRUN make\n')).toBeUndefined());

  it('is the last one that is shown', () => {
    expect(lineOf([...shown('Dockerfile:3'), ...shown('Dockerfile:7')])).toBe(7);
  });

  it.each([
    ['dockerfile parse error line 4: unknown instruction: COPPY', 4],
    ['dockerfile parse error on line 14: unknown instruction: COPPY', 14],
  ])('is the one that cannot be read: %s', (text, line) => {
    expect(lineOf([`ERROR: failed to build: failed to solve: ${text}`])).toBe(line);
  });

  describe('where only the step is named', () => {
    it.each<[string, string, string, number | undefined]>([
      ['is looked up', '[2/3] RUN make', 'FROM a\nRUN make\n', 2],
      ['is looked up in a stage', '[build 2/3] RUN make', 'FROM a AS build\nRUN make\n', 2],
      [
        'is that of the first of its lines',
        '[2/2] RUN make &&     make install',
        'FROM a\nRUN make && \\\n    make install\n',
        2,
      ],
      [
        'is that of the first of its lines, around a comment',
        '[2/2] RUN make  install',
        'FROM a\n\n# x\nRUN make \\\n# why\n  install\n',
        4,
      ],
      ['is found with other line ends', '[2/2] RUN make', 'FROM a\r\nRUN make\r\n', 2],
      ['is found where it is indented', '[2/2] RUN make', 'FROM a\n  RUN   make\n', 2],
      ['is not guessed of two that are alike', '[2/2] RUN make', 'FROM a\nRUN make\nFROM b\nRUN make\n', undefined],
      ['is not guessed where it is not there', '[2/2] RUN make', 'FROM a\nRUN make all\n', undefined],
      ['is not that of a comment', '[2/2] RUN make', 'FROM a\n# RUN make\n', undefined],
    ])('%s', (_, name, dockerfile, line) => expect(lineOf(step(name), dockerfile)).toBe(line));
  });

  it('is a line of the Dockerfile or none, whatever is printed', () => {
    const text = fc.constantFrom(
      ...step('[2/2] RUN make'),
      ...shown('Dockerfile:1'),
      'x',
      '',
      ' > [1/1] :',
      'FROM a',
      'RUN make',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(text), fc.array(text), (lines, dockerfile) => {
        const line = lineOf(lines, dockerfile.join('\n'));
        if (line !== undefined) expect(line).toBeGreaterThan(0);
      }),
    );
  });
});
