// What was measured, as Markdown.

/** @typedef {import('../testbed/conditions').Condition} Condition */
/** @typedef {import('./tools').Verdict & { serves: string, ready: number, replicas: number, answered: number, dropped: number }} Measured */
/** @typedef {{ condition: Condition, tool: string } & (Measured | { fault: string })} Seen */

/**
 * @typedef {object} Bench
 * @property {Condition[]} conditions
 * @property {string[]} tools
 * @property {Seen[]} seen
 * @property {string[]} environment
 * @property {{ bad: number, good: number }} timeouts
 */

const NOT_MEASURED = 'not measured';

/**
 * Any word of any reason counts, which is generous: only kubectl's and helm's own words for "it took too long" have none
 * of these.
 */
const REASONS =
  /image|crash|back-?off|oom|memory|createcontainer|failedcreate|exec format|secret|configmap|claim|volume|probe|schedul|insufficient|node|quota|limits?\b|limitrange|security|forbidden|denied|service ?account|webhook|polic|evict|paus|certificate|unauthorized|logged in|somebody/i;

/** @param {Bench} bench */
function render(bench) {
  const bad = bench.conditions.filter(({ kind }) => kind === 'bad');
  const good = bench.conditions.filter(({ kind }) => kind === 'good');
  const of = (/** @type {Condition} */ condition, /** @type {string} */ tool) =>
    bench.seen.filter((each) => each.condition.name === condition.name && each.tool === tool);
  const kubectl = `\`kubectl rollout status --timeout=${bench.timeouts.bad}s\``;
  const helm = `\`helm upgrade --wait --rollback-on-failure --timeout ${bench.timeouts.bad}s\``;
  const parts = [
    `Measured with ${bench.environment.join('; ')}.`,
    ...(bad.length > 0
      ? [
          '## Bad versions',
          'Seconds are from the change in the cluster to the verdict; where the action refuses to change anything, from its start. Users: the versions that answer through the Service a while after the end, and how many of the pods that there should be are ready and of it. Dropped: requests not answered with 200, from before the deploy until 5 s after its end.',
          table(
            [
              'Condition',
              'The action',
              'Right',
              'Users',
              'Dropped',
              kubectl,
              'Says why',
              'Users',
              helm,
              'Says why',
              'Users',
            ],
            bad.map((condition) => [
              condition.name,
              ...actionCells(condition, of(condition, 'action')),
              ...otherCells(condition, of(condition, 'kubectl')),
              ...otherCells(condition, of(condition, 'helm')),
            ]),
          ),
          '### What they said',
          table(
            ['Condition', 'The action', 'kubectl', 'helm'],
            bad.map((condition) => [
              condition.name,
              ...['action', 'kubectl', 'helm'].map((tool) =>
                shown(of(condition, tool), ({ said }) => said || 'nothing'),
              ),
            ]),
          ),
        ]
      : []),
    ...(good.length > 0
      ? [
          '## Good versions',
          'Behind: seconds after `kubectl rollout status` had seen the end of the very same rollout.',
          table(
            [
              'Condition',
              'The action',
              'Seconds',
              'Behind',
              'Users',
              'Dropped',
              'kubectl',
              'Seconds',
              'helm',
              'Seconds',
            ],
            good.map((condition) => {
              const action = of(condition, 'action');
              return [
                condition.name,
                shown(action, ({ outcome }) => outcome ?? 'nothing'),
                seconds(action, (each) => each.seconds),
                seconds(action, (each) => each.behind),
                shown(action, users),
                shown(action, ({ dropped }) => String(dropped)),
                ...['kubectl', 'helm'].flatMap((tool) => [
                  shown(of(condition, tool), exit),
                  seconds(of(condition, tool), (each) => each.seconds),
                ]),
              ];
            }),
          ),
        ]
      : []),
    '## In sum',
    table(['', 'The action', 'kubectl', 'helm'], summary(bench.seen)),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** @param {Condition} condition @param {Seen[]} seen */
function actionCells(condition, seen) {
  return [
    `${shown(seen, ({ outcome }) => outcome ?? 'nothing')}${after(seen)}`,
    shown(seen, (each) => (isRight(condition, each) ? 'yes' : '**no**')),
    shown(seen, users),
    shown(seen, ({ dropped }) => String(dropped)),
  ];
}

/** @param {Condition} condition @param {Seen[]} seen */
function otherCells(condition, seen) {
  return [
    `${shown(seen, exit)}${after(seen)}`,
    shown(seen, (each) => (saysWhy(condition, each) ? 'yes' : 'no')),
    shown(seen, users),
  ];
}

/** @param {Condition} condition @param {Measured} measured */
function isRight({ expected }, { outcome, said }) {
  return outcome === expected.outcome && expected.cause.test(said);
}

/** @param {Condition} condition @param {Measured} measured */
function saysWhy(condition, { exitCode, said, output }) {
  if (output === undefined) return condition.expected.cause.test(said);
  return exitCode !== 0 && (REASONS.test(output) || condition.expected.cause.test(output));
}

/** @param {Measured} measured */
const users = ({ serves, ready, replicas }) => `${serves} ${ready}/${replicas}`;

/** @param {Measured} measured */
function exit({ exitCode, outcome = '' }) {
  const verdict = exitCode === 0 ? '0' : `${exitCode}`;
  return `exit ${verdict}${/Rollback/.test(outcome) ? ', rolled back' : ''}`;
}

/** @param {Seen[]} seen */
const after = (seen) => (seen.some(isMeasured) ? `, ${seconds(seen, (each) => each.seconds)} s` : '');

/** @param {Seen} seen @returns {seen is { condition: Condition, tool: string } & Measured} */
const isMeasured = (seen) => !('fault' in seen);

/** What all runs show alike, or each way that showed. @param {Seen[]} seen @param {(measured: Measured) => string} show */
function shown(seen, show) {
  const texts = seen.map((each) => (isMeasured(each) ? show(each) : `threw: ${each.fault.split('\n')[0]}`));
  return [...new Set(texts)].join(' / ') || NOT_MEASURED;
}

/** The median; with the ends where there are more. @param {Seen[]} seen @param {(measured: Measured) => number | undefined} of */
function seconds(seen, of) {
  const values = seen
    .filter(isMeasured)
    .map(of)
    .filter((each) => each !== undefined);
  if (values.length === 0) return '–';
  const ends = values.length > 1 ? ` (${print(Math.min(...values))}–${print(Math.max(...values))})` : '';
  return `${print(median(values))}${ends}`;
}

/** @param {number} value */
const print = (value) => value.toFixed(1).replace(/^-0\.0$/, '0.0');

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** @param {Seen[]} all */
function summary(all) {
  /** @param {string} title @param {(seen: (Seen & Measured)[], tool: string) => string} cell */
  const row = (title, cell) => [
    title,
    ...['action', 'kubectl', 'helm'].map((tool) => {
      const seen = all.filter((each) => each.tool === tool).filter(isMeasured);
      return seen.length > 0 ? cell(seen, tool) : NOT_MEASURED;
    }),
  ];
  const bad = (/** @type {(Seen & Measured)[]} */ seen) => seen.filter(({ condition }) => condition.kind === 'bad');
  const good = (/** @type {(Seen & Measured)[]} */ seen) => seen.filter(({ condition }) => condition.kind === 'good');
  const share = (/** @type {Seen[]} */ part, /** @type {Seen[]} */ whole) => `${part.length} of ${whole.length}`;
  const spread = (/** @type {number[]} */ values) =>
    values.length > 0 ? `${print(median(values))} / ${print(Math.max(...values))}` : '–';
  return [
    row('Bad versions that it ends red on', (seen) =>
      share(
        bad(seen).filter(({ exitCode }) => exitCode !== 0),
        bad(seen),
      ),
    ),
    row('… whose cause it names', (seen) =>
      share(
        bad(seen).filter((each) => saysWhy(each.condition, each)),
        bad(seen),
      ),
    ),
    row('… after which users have the old version alone, with all its pods', (seen) =>
      share(
        bad(seen).filter((each) => each.serves === 'first' && each.ready === each.replicas),
        bad(seen),
      ),
    ),
    row('Verdicts and causes as they should be', (seen, tool) =>
      tool === 'action'
        ? share(
            bad(seen).filter((each) => isRight(each.condition, each)),
            bad(seen),
          )
        : '–',
    ),
    row('Seconds to a red verdict, median / longest', (seen) =>
      spread(
        bad(seen)
          .filter(({ exitCode }) => exitCode !== 0)
          .map((each) => each.seconds),
      ),
    ),
    row('Requests dropped under bad versions', (seen) => {
      const sum = (/** @type {'dropped' | 'answered'} */ name) => bad(seen).reduce((all, each) => all + each[name], 0);
      return `${sum('dropped')} of ${sum('dropped') + sum('answered')}`;
    }),
    row('Good versions that it ends green on', (seen) =>
      share(
        good(seen).filter(({ exitCode }) => exitCode === 0),
        good(seen),
      ),
    ),
    row('Seconds behind `kubectl rollout status`, median / longest', (seen) =>
      spread(good(seen).flatMap(({ behind }) => behind ?? [])),
    ),
    row('Attempts that threw', (_, tool) =>
      String(all.filter((each) => each.tool === tool && !isMeasured(each)).length),
    ),
  ];
}

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  const line = (/** @type {string[]} */ cells) =>
    `| ${cells.map((each) => each.replace(/\s+/g, ' ').replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

module.exports = { render };
