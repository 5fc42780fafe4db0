// Where a run can be hit, and by what.

/** @typedef {import('./gate').Call} Call */

/**
 * @typedef {object} Cut
 * @property {string} title
 * @property {'good' | 'bad' | 'bad later'} version What is deployed; `bad later` is ready for a while before it crashes.
 * @property {Call} [call] The kubectl call at which it is. Without call and line it is where the runner says its first words to the host.
 * @property {RegExp} [line] The line of the log at which it is; later than the call, where there is one too.
 * @property {'late' | 'never'} [goesOn] When the call goes on that was made to wait, where that is not at once.
 */

const BUILDING = /^#\d+ [\d.]+ this takes a while$/;
const SOAKING = /new pod 1\/1 is ready/;

/** @param {import('./gate').Kind} kind @param {number} turn @param {Call['when']} when @returns {Call} */
const at = (kind, turn, when) => ({ kind, turn, when });

/** @type {Record<string, Cut>} */
const cuts = {
  connecting: { title: 'connecting', version: 'good' },
  preflight: {
    title: 'preflight: the dry run, and what is read beside it',
    version: 'good',
    call: at('dry-run', 1, 'before'),
  },
  build: { title: 'the build, after the preflight', version: 'good', call: at('dry-run', 1, 'after'), line: BUILDING },
  patch: { title: 'just before the patch gets to the API server', version: 'good', call: at('patch', 1, 'before') },
  'patch-late': {
    title: '… which gets there only 8 s later',
    version: 'good',
    call: at('patch', 1, 'before'),
    goesOn: 'late',
  },
  'patch-never': {
    title: '… which never gets there',
    version: 'good',
    call: at('patch', 1, 'before'),
    goesOn: 'never',
  },
  patched: {
    title: 'the patch has taken effect, its answer is under way',
    version: 'good',
    call: at('patch', 1, 'after'),
  },
  watching: { title: 'watching', version: 'good', line: SOAKING },
  'watching-bad': {
    title: 'watching a version that crashes meanwhile, after it was ready',
    version: 'bad later',
    line: SOAKING,
  },
  evidence: { title: 'collecting evidence: the first logs', version: 'bad', call: at('logs', 1, 'before') },
  rollback: { title: "just before the rollback's patch", version: 'bad', call: at('patch', 2, 'before') },
  'rolled-back': { title: "the rollback's patch has taken effect", version: 'bad', call: at('patch', 2, 'after') },
  recording: { title: 'just before the outcome is recorded', version: 'good', call: at('patch', 2, 'before') },
  recorded: { title: 'the outcome has been recorded', version: 'good', call: at('patch', 2, 'after') },
};

/** @typedef {'reset' | 'drop' | 'stall' | 'away' | 'gone' | 'sshd' | 'api' | 'SIGINT' | 'SIGKILL'} Fault */

/** @type {Record<Fault, string>} */
const faults = {
  reset: 'TCP reset',
  drop: 'silent drop',
  stall: 'network down',
  away: 'host away for 40 s',
  gone: 'host away until after the deadline',
  sshd: 'sshd restart',
  api: 'API server restart',
  SIGINT: 'SIGINT to the runner',
  SIGKILL: 'SIGKILL to the runner',
};

/** @typedef {{ cut: string, fault: Fault }} Case */

/** Every fault has its row at each of these. */
const ALL = [
  ...['connecting', 'preflight', 'build', 'patch', 'patched', 'watching'],
  ...['evidence', 'rollback', 'rolled-back', 'recording'],
];
/** @type {Fault[]} */
const FAULTS = ['reset', 'drop', 'sshd', 'api', 'SIGINT', 'SIGKILL'];

/** Where something else could come of it than of the rows above. @type {Partial<Record<Fault, string[]>>} */
const MORE = {
  reset: ['patch-late', 'patch-never', 'watching-bad', 'recorded'],
  stall: ['patch', 'patched', 'watching', 'rollback'],
  gone: ['patched', 'watching'],
  away: ['connecting', 'patch', 'patched', 'watching', 'evidence', 'rollback', 'rolled-back', 'recording'],
  api: ['watching-bad', 'recorded'],
  SIGINT: ['patch-late', 'recorded'],
  SIGKILL: ['watching-bad'],
};

/** @returns {Case[]} */
function allCases() {
  const order = Object.keys(cuts);
  const kinds = /** @type {Fault[]} */ (Object.keys(faults));
  return order.flatMap((cut) =>
    kinds
      .filter((fault) => (ALL.includes(cut) && FAULTS.includes(fault)) || MORE[fault]?.includes(cut))
      .map((fault) => ({ cut, fault })),
  );
}

/** How long a row takes about, next to the others: those that mostly wait are begun first. @param {Case} each */
function length({ fault }) {
  return { SIGKILL: 4, gone: 4, away: 3, drop: 3, api: 2, stall: 1, sshd: 1, reset: 0, SIGINT: 0 }[fault];
}

module.exports = { allCases, cuts, faults, length };
