// A kubectl that tells which call has come, and can make one of them wait for a word: right before it is sent, or when its answer
// is there but not handed over yet.

const { execFileSync } = require('node:child_process');
const {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  writeFileSync,
  writeSync,
} = require('node:fs');
const { join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

/** @typedef {'get' | 'watch' | 'dry-run' | 'patch' | 'logs'} Kind */
/** The number of the call among those of its kind, from 1. @typedef {{ kind: Kind, turn: number, when: 'before' | 'after' }} Call */

/**
 * @typedef {object} GateOptions
 * @property {string} folder Of its own, to be made.
 * @property {string} mark What all of its processes have in their environment.
 * @property {{ uid: number, gid: number }} user Who runs it.
 * @property {string[]} kubectl The words that start the real one.
 * @property {string} cache Folder for what kubectl keeps.
 * @property {Call} [call] The one that waits.
 */

/** The longest that a call waits: what was forgotten must not stay for ever. */
const LONGEST_S = 90;

class Gate {
  /** The `kubectl` input. */
  path;
  #folder;
  #mark;
  #word;

  /** @param {GateOptions} options */
  constructor({ folder, mark, user, kubectl, cache, call }) {
    this.#folder = folder;
    this.#mark = mark;
    this.path = join(folder, 'kubectl');
    mkdirSync(folder, { recursive: true });
    chownSync(folder, user.uid, user.gid);
    execFileSync('mkfifo', ['--mode=666', join(folder, 'go')]);
    const wanted = call ? `${call.kind} ${call.turn} ${call.when}` : '';
    writeFileSync(this.path, script({ folder, mark, kubectl, cache, wanted }), { mode: 0o755 });
    // Held open, so that a word is kept until it is read.
    this.#word = openSync(join(folder, 'go'), 'r+');
  }

  /** Resolves when the call has come that waits, or `signal` aborts. @param {AbortSignal} signal */
  async reached(signal) {
    while (!signal.aborted && !existsSync(join(this.#folder, 'waits'))) await sleep(25);
  }

  /** Lets it go on. */
  open() {
    writeSync(this.#word, 'go\n');
  }

  /** Ends the call that waits: it never takes place. */
  kill() {
    process.kill(Number(readFileSync(join(this.#folder, 'waits'), 'utf8')), 'SIGKILL');
  }

  /** What still runs of it, as command lines. */
  running() {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => isOurs(pid, this.#mark, this.path))
      .map((pid) => words(`/proc/${pid}/cmdline`).join(' ').slice(0, 200))
      .filter((line) => line !== '');
  }

  close() {
    closeSync(this.#word);
  }
}

/** @param {string} pid @param {string} mark @param {string} path */
function isOurs(pid, mark, path) {
  return words(`/proc/${pid}/environ`).includes(`FAULTS=${mark}`) || words(`/proc/${pid}/cmdline`).includes(path);
}

/** @param {string} file */
function words(file) {
  try {
    return readFileSync(file, 'utf8').split('\0').filter(Boolean);
  } catch {
    return []; // It has ended meanwhile.
  }
}

/** @param {{ folder: string, mark: string, kubectl: string[], cache: string, wanted: string }} of */
function script({ folder, mark, kubectl, cache, wanted }) {
  return `#!/bin/bash
export FAULTS='${mark}' KUBECACHEDIR='${cache}'
case "$1 $*" in
  patch*--dry-run=server*) kind=dry-run ;;
  patch*) kind=patch ;;
  logs*) kind=logs ;;
  *watch=1*) kind=watch ;;
  *) kind=get ;;
esac
turn=1
until mkdir "${folder}/$kind.$turn" 2>/dev/null; do turn=$((turn + 1)); done
waits() {
  echo $$ >"${folder}/waits.new" && mv "${folder}/waits.new" "${folder}/waits"
  read -r -t ${LONGEST_S} _ <"${folder}/go"
}
[ "$kind $turn before" != '${wanted}' ] || waits
[ "$kind $turn after" = '${wanted}' ] || exec ${kubectl.join(' ')} "$@"
out=$(${kubectl.join(' ')} "$@" 2>"${folder}/said")
code=$?
waits
printf '%s\\n' "$out"
cat "${folder}/said" >&2
exit $code
`;
}

module.exports = { Gate };
