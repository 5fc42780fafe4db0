/** Characters that no POSIX shell gives a meaning to, anywhere in a word. */
const PLAIN = /^[A-Za-z0-9_/:.,@+-]+$/;

/** Plain words that a shell would take for grammar where it expects a command. */
const GRAMMAR = new Set(
  'case coproc do done elif else esac fi for function if in select then time until while'.split(' '),
);

/**
 * One line that a POSIX shell reads back as exactly these words.
 * Plain words stay bare, so that a forced command on the host can still match on `kubectl get …`.
 *
 * sshd hands the line to the login shell as one argument, and Linux allows 128 KiB for one: anything large belongs in stdin.
 * @throws RangeError for a NUL, which no argument can carry, and for no words at all
 */
export function quote(argv: readonly string[]): string {
  if (argv.length === 0) throw new RangeError('There is no command to quote.');
  return argv.map((word, index) => quoteWord(word, index === 0)).join(' ');
}

function quoteWord(word: string, isCommand: boolean): string {
  if (word.includes('\0')) throw new RangeError('An argument contains a NUL character.');
  // `-o=json` is an argument, but `a=b` in front would be an assignment.
  const plain = isCommand ? word : word.replaceAll('=', '');
  if (PLAIN.test(plain) && !GRAMMAR.has(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
