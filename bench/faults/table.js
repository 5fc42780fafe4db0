// The fault table, as Markdown.

const { cuts, faults } = require('./cases');
const { endings, faultsOf } = require('./judge');

/** @typedef {import('./judge').Row} Row */

const TITLE = `# Cut at every moment

Made by \`node bench/faults.js\` on the testbed. A run is hit at one moment; its kubectl waits there, so that the moment is met. Between the runner and the host, and between the host and the API server, stands a TCP proxy.

- TCP reset: the connection is reset; the next one comes through at once.
- Silent drop: the connection is forgotten by a firewall, so that neither end ever hears of the other again; new ones get no answer for 10 s.
- Network down: nothing comes through for 10 s; then all of it does, late.
- Host away: reset, and new connections are refused for 40 s; or for longer than the run's \`timeout\`, which is the one case that has to end \`unknown\`.
- sshd restart: server and sessions are killed, and new connections refused for 5 s. What the sessions had begun goes on.
- API server restart: its connections are reset, and new ones refused for 10 s. Where its answer is under way, that is lost.
- SIGINT, SIGKILL: to the action's process; after SIGINT what GitHub does (SIGTERM 7.5 s later, SIGKILL 2.5 s after that), and the post step after both.

A host that is away before there is a connection is knocked at for about 14 s, and the run is refused: nothing has been changed. Otherwise a version that is good has to end \`deployed\`, one that crashes \`failed-rolled-back\`, whatever happens on the way. "Serves" is who answers through the Service when the run has ended (after SIGINT and SIGKILL: when the rollout it left has), which pods are ready then, and whose image the workload has. "Dropped" counts requests to the Service, one each 100 ms, from before the run until the next one has ended. "Held" is how long the next run waited for the one before it. "Left" is what runs on the host a minute after the end: after a silent drop the watches, which the host does not know to be without a reader; they end by themselves within 4 minutes. And where the evidence was being collected, its words stay unread then: that the connection is lost shows after 40 s, and after 10 s the run goes on without them.`;

/** @param {Row[]} rows @param {string[]} about */
function render(rows, about) {
  const right = rows.filter((row) => faultsOf(row).length === 0).length;
  const order = Object.keys(cuts);
  const kinds = Object.keys(faults);
  const sorted = rows.toSorted(
    (a, b) => order.indexOf(a.cut) - order.indexOf(b.cut) || kinds.indexOf(a.fault) - kinds.indexOf(b.fault),
  );
  const share = (/** @type {(row: Row) => boolean} */ fits, of = rows) => `${of.filter(fits).length} of ${of.length}`;
  const cancelled = rows.filter(({ fault }) => fault === 'SIGINT');
  const killed = rows.filter(({ fault }) => fault === 'SIGKILL');
  const healed = rows.filter((row) => ['deployed', 'failed-rolled-back'].includes(endings(row).join()));
  const isKept = (/** @type {Row} */ { cut }) => cuts[cut]?.version !== 'bad later';
  const dropped = sum(rows.filter(isKept).map((row) => row.dropped.length));
  const answered = sum(rows.filter(isKept).map((row) => row.answered));
  const longest = (/** @type {number[]} */ seconds) => (seconds.length > 0 ? Math.max(...seconds).toFixed(1) : '–');
  const facts = [
    ['Rows in which all is as it has to be', `${right} of ${rows.length}`],
    [
      'Runs whose host came back: ended as their version had to',
      share((row) => endings(row).includes(row.outcome), healed),
    ],
    ['… `unknown`', share(({ outcome }) => outcome === 'unknown', healed)],
    ['False green or false red', share((row) => faultsOf(row).some((each) => each.startsWith('a false')))],
    ['SIGINT: longest time to the end, in seconds', longest(cancelled.map(({ after }) => after))],
    ['SIGKILL: longest wait of the next run, in seconds', longest(killed.map(({ next }) => next.waited))],
    ['Next runs that deployed', share(({ next }) => next.outcome === 'deployed')],
    ['Requests dropped, where no version was ready before it crashed', `${dropped} of ${answered + dropped}`],
  ];
  const cells = sorted.map((row) => {
    const { cut, fault, outcome, seconds, after, state, serves, dropped, next, left } = row;
    const wrong = faultsOf(row);
    return [
      cuts[cut]?.title ?? cut,
      faults[fault],
      outcome || '(killed)',
      seconds.toFixed(1),
      after.toFixed(1),
      `${serves}; ready: ${state.ready.join(', ') || 'none'}; workload: ${state.image}`,
      `${state.soak.set}`,
      state.isHeld ? `yes, ${next.waited.toFixed(0)} s` : 'no',
      `${dropped.length}`,
      left.length > 0 ? `${left.length}` : 'nothing',
      next.outcome,
      wrong.length > 0 ? `**${wrong.join('; ')}**` : 'yes',
    ];
  });
  const head = [
    'Hit at',
    'By',
    'Outcome',
    'Seconds',
    '… after it',
    'Serves',
    'minReadySeconds',
    'Held',
    'Dropped',
    'Left',
  ];
  return `${[
    TITLE,
    `Measured with ${[...new Set(rows.map(({ action }) => action)), ...about].join('; ')}.`,
    table(['', ''], facts),
    table([...head, 'Next run', 'As it has to be'], cells),
  ].join('\n\n')}\n`;
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, each) => total + each, 0);
}

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  const line = (/** @type {string[]} */ cells) =>
    `| ${cells.map((each) => each.replace(/\s+/g, ' ').replace(/[|<]/g, '\\$&')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

module.exports = { render };
