import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { quote } from '../../src/transport/quote';

/** What a shell makes of a line: the words it would hand to a program. */
function readBack(shell: string, line: string): string[] {
  const { stdout } = spawnSync(shell, ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
  return stdout.split('\0').slice(0, -1);
}

describe('quoting', () => {
  it.each([
    [
      ['kubectl', 'get', 'pods', '-o=json', '--namespace=x', 'deployment/a.b:1@c,d+e'],
      'kubectl get pods -o=json --namespace=x deployment/a.b:1@c,d+e',
    ],
    [['echo', 'two words'], "echo 'two words'"],
    [['echo', "it's"], "echo 'it'\\''s'"],
    [['echo', ''], "echo ''"],
    [['echo', '$HOME'], "echo '$HOME'"],
    [['a=b', 'a=b'], "'a=b' a=b"],
    [['while', 'do'], "'while' 'do'"],
    [['~/x', '*', '!', '{a,b}'], "'~/x' '*' '!' '{a,b}'"],
  ])('writes %j as %s', (argv, line) => expect(quote(argv)).toBe(line));

  it.each(['sh', 'bash'])('gives words back that %s reads as they were', (shell) => {
    const word = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom(...` \t\n\r\\'"$\`!*?[]{}()<>|&;#~=%^-\x07\x1b\x7f한`) }),
    );
    const words = fc.array(
      word.map((text) => text.replaceAll('\0', '')),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      // The first word stands where printf's arguments stand, so it must hold there too.
      fc.property(words, (argv) => expect(readBack(shell, quote(argv))).toEqual(argv)),
      { numRuns: 150 },
    );
  });

  it('runs the very program that was named', () => {
    const { stdout } = spawnSync('sh', ['-c', quote(['printf', '%s', '$(id)'])], { encoding: 'utf8' });
    expect(stdout).toBe('$(id)');
  });

  it('refuses a NUL, and no words at all', () => {
    expect(() => quote(['echo', 'a\0b'])).toThrow(RangeError);
    expect(() => quote([])).toThrow(RangeError);
  });
});
