import fc from 'fast-check';
import { parseList } from '../../src/inputs/list';

describe('a list of lines', () => {
  it.each<[string, string[]]>([
    ['', []],
    ['\n \n', []],
    ['A=1', ['A=1']],
    ['A=1\nB=2\n', ['A=1', 'B=2']],
    ['  A=1  \n\n\tB=2', ['A=1', 'B=2']],
    ['A=1\r\nB=2\r\n', ['A=1', 'B=2']],
    ['A=1\r\nB=2\nC=3', ['A=1', 'B=2', 'C=3']],
    ['A=1\nB=2\r\nC=3', ['A=1', 'B=2', 'C=3']],
    ['"A=1"\r\n"B=2"\nC=3', ['A=1', 'B=2', 'C=3']],
    ['A=1,2', ['A=1,2']],
    ['"A=1\n2"\nB=3', ['A=1\n2', 'B=3']],
    ['"A=1\r\n2"', ['A=1\r\n2']],
    ['"A=say ""hi"""', ['A=say "hi"']],
    ['A="1"', ['A="1"']],
    ['# A=1', ['# A=1']],
    ['A=#1', ['A=#1']],
    ['A=;B|C&D$(E)`F`', ['A=;B|C&D$(E)`F`']],
    ['A=::set-output name=x::y', ['A=::set-output name=x::y']],
    ['A=값 🙂', ['A=값 🙂']],
    ["A='1 2'", ["A='1 2'"]],
  ])('%j is %j', (text, entries) => expect(parseList(text, { commas: false })).toEqual(entries));

  it('refuses a quote that is never closed, rather than swallow the lines after it', () => {
    expect(() => parseList('"A=1\nB=2', { commas: false })).toThrow(/quote/i);
  });

  it('gives back every plain line as it was written', () => {
    const plain = fc.stringMatching(/^[^\s"][^\r\n"]{0,20}$/).filter((each) => each.trim() === each && each !== '');
    fc.assert(
      fc.property(fc.array(plain), fc.constantFrom('\n', '\r\n'), (entries, end) => {
        expect(parseList(entries.join(end), { commas: false })).toEqual(entries);
      }),
    );
  });
});

describe('a quoted entry', () => {
  const quoted = (entry: string) => `"${entry.replaceAll('"', '""')}"`;
  const text = fc.string({ unit: 'binary', maxLength: 30 }).filter((each) => each.trim() === each && each !== '');

  it('holds anything: quotes, commas, line breaks of every kind', () => {
    fc.assert(
      fc.property(fc.array(text), fc.constantFrom('\n', '\r\n'), fc.boolean(), (entries, end, commas) => {
        expect(parseList(entries.map(quoted).join(end), { commas })).toEqual(entries);
      }),
    );
  });

  it('stands beside others on a line where commas separate', () => {
    fc.assert(
      fc.property(fc.array(text), (entries) => {
        expect(parseList(entries.map(quoted).join(','), { commas: true })).toEqual(entries);
      }),
    );
  });
});

describe('a list in which commas separate too', () => {
  it.each<[string, string[]]>([
    ['v1', ['v1']],
    ['v1,latest', ['v1', 'latest']],
    ['v1, latest ,', ['v1', 'latest']],
    ['v1\nlatest, next', ['v1', 'latest', 'next']],
    ['"a,b",c', ['a,b', 'c']],
    [',,', []],
  ])('%j is %j', (text, entries) => expect(parseList(text, { commas: true })).toEqual(entries));
});
