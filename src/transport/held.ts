import { quote } from './quote';

/**
 * Runs `"$@"` until it ends, or until nobody holds the channel any more: sshd then closes the input that `read` waits on. (It
 * does not end a command by itself, and a signal reaches none whose key is bound to a forced command: both measured.)
 * The shell lets go of both outputs, so that their end is the end of the command.
 */
const SCRIPT = '"$@" & held=$!; exec >&- 2>&-; read -r _; kill "$held"; wait "$held"';

/** The command line for something that may last: it ends on the host as soon as its channel does. */
export function holdLine(argv: readonly string[]): string {
  return quote(['sh', '-c', SCRIPT, 'sh', ...argv]);
}
