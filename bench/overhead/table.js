// What the step costs, as Markdown.

const { rows } = require('./pairs');
const { REACH } = require('./watch');

/** @typedef {import('./pairs').Pair} Pair */
/** @typedef {import('./watch').Watched} Watched */

/**
 * @typedef {object} Bench
 * @property {Record<string, Pair[]>} pairs By row.
 * @property {string[]} left What could not be measured, in a sentence each.
 * @property {Watched[]} watched
 * @property {number | undefined} peakBytes
 * @property {string[]} environment
 */

const MEMORY_REACH = 120e6;

const TEXTS = {
  title: `# What the step costs

Made by \`node bench/overhead.js\` on the testbed, with its registry that asks for a password.`,
  time: `The recipe is \`docker login\`, \`docker buildx build --push\` and one \`ssh\` session with \`kubectl set image\`, \`kubectl annotate\` and \`kubectl rollout status\`; for \`redeploy\`, which puts an image of the registry back, it is a session with \`set image\` and \`rollout status\` alone, and the step has \`operation: redeploy\`. The step has \`soak: 0s\`, for the recipe waits for nothing either. What workflows add to the recipe is left out: the starts of three actions, one of them in a container. The bare calls are the least that there is to do: build and push, \`set image\` and \`rollout status\`, one after the other on the cluster's host itself, with no login, no SSH, no check and no record. Each side has an app of its own, with one pod, a readiness probe, and for \`changed\` a layer of 1 MiB that is new in each run. They run in turns, the one that is first alternating, each after the old pods of the last have ended.

The runner, the registry and the cluster share one machine: connecting costs the recipe next to nothing, and what the step does at the same time as the build takes CPU from it.`,
  host: `The step and \`kubectl rollout status\` watch the very same rollouts, of an app that takes a minute to start, each through an sshd of its own in a control group of its own. CPU is what the kernel has counted for that group (\`cpu.stat\`): sshd with its encryption, and all commands, also those that have ended. From the patch to the verdict has the start of the watches in it, and not the patch: neither has \`rollout status\` the \`set image\` in it.`,
  memory: `The kernel's high-water mark of the node process (\`VmHWM\`), read as it ends, in runs that are not timed.`,
};

/** @param {Bench} bench */
function render({ pairs, left, watched, peakBytes, environment }) {
  const measured = Object.entries(pairs);
  return `${[
    TEXTS.title,
    `Measured with ${environment.join('; ')}.`,
    ...(measured.length > 0 ? times(measured) : []),
    ...left,
    ...(watched.length > 0 ? onTheHost(watched) : []),
    ...(peakBytes !== undefined ? memory(peakBytes) : []),
  ].join('\n\n')}\n`;
}

/** @param {[name: string, pairs: Pair[]][]} measured */
function times(measured) {
  const loads = measured.flatMap(([, pairs]) => pairs.map(({ load }) => load));
  const most = Math.max(...loads).toFixed(1);
  return [
    '## Time',
    TEXTS.time,
    `In seconds, the median with the quartiles. Before a pair the machine's load was ${spread(loads, 1)}, ${most} at most.`,
    table(
      [
        '',
        'Pairs',
        'The step',
        'The recipe',
        'Step ÷ recipe, of each pair',
        'Step − recipe',
        'Reach',
        'Bare calls ÷ recipe',
        'Post step',
      ],
      measured.map(([name, pairs]) => [
        name,
        String(pairs.length),
        spread(pairs.map(({ step }) => step.seconds)),
        spread(pairs.map(({ recipe }) => secondsOf(recipe))),
        spread(pairs.map(ratio)),
        spread(pairs.map(difference)),
        reach(name, pairs),
        spread(pairs.map(({ bare, recipe }) => secondsOf(bare) / secondsOf(recipe))),
        spread(pairs.map(({ step }) => step.post)),
      ]),
    ),
    '### Where the step spends it',
    'The check of the cluster goes on beside the build.',
    partsTable(measured.map(([name, pairs]) => [name, pairs.map(({ step }) => step.phases)])),
    '### Where the recipe spends it',
    '`kubectl set image` says nothing where nothing changes: there its time is in the next row.',
    partsTable(measured.map(([name, pairs]) => [name, pairs.map(({ recipe: { seconds: _, ...parts } }) => parts)])),
  ];
}

/** @param {import('./recipe').Parts} parts */
const secondsOf = ({ seconds = Number.NaN }) => seconds;

/** @param {Pair} pair */
const ratio = ({ step, recipe }) => step.seconds / secondsOf(recipe);

/** @param {Pair} pair */
const difference = ({ step, recipe }) => step.seconds - secondsOf(recipe);

/** @param {string} name @param {Pair[]} pairs */
function reach(name, pairs) {
  const wanted = rows[name]?.reach;
  if (!wanted) return '';
  return 'ratio' in wanted
    ? atMost(wanted.ratio, median(pairs.map(ratio)), `÷ ${wanted.ratio}`)
    : atMost(wanted.seconds, median(pairs.map(difference)), `− ${wanted.seconds} s`);
}

/** @param {number} limit @param {number} value @param {string} text */
const atMost = (limit, value, text) => `${text}: ${value <= limit ? 'reached' : '**not reached**'}`;

/** @param {[name: string, runs: Record<string, number>[]][]} measured */
function partsTable(measured) {
  const parts = [...new Set(measured.flatMap(([, runs]) => runs.flatMap(Object.keys)))];
  const cell = (/** @type {number[]} */ values) => (values.length > 0 ? spread(values) : '–');
  return table(
    ['', ...measured.map(([name]) => name)],
    parts.map((part) => [part, ...measured.map(([, runs]) => cell(runs.flatMap((run) => run[part] ?? [])))]),
  );
}

/** @param {Watched[]} watched */
function onTheHost(watched) {
  const of = (/** @type {(each: Watched) => number} */ value, digits = 0) => spread(watched.map(value), digits);
  const all = (/** @type {Watched} */ { step }) => step.before + step.watch + step.after;
  const share = median(watched.map(({ step, status }) => step.watch / status));
  return [
    '## On the host',
    TEXTS.host,
    `Rollouts that both watched: ${watched.length}, of ${of(({ seconds }) => seconds, 1)} s. Reach: ${atMost(REACH, share, `${REACH} times the CPU of \`kubectl rollout status\` from the patch to the verdict`)}.`,
    table(
      ['', 'The step, from the patch to the verdict', 'All of the step', '`kubectl rollout status` through ssh'],
      [
        ['CPU seconds', of(({ step }) => step.watch, 2), of(all, 2), of(({ status }) => status, 2)],
        [
          '… in relation, of each rollout',
          of(({ step, status }) => step.watch / status, 2),
          of((each) => all(each) / each.status, 2),
          '1',
        ],
        [
          'Commands',
          of(({ commands }) => commands.watch),
          of(({ commands }) => commands.step),
          of(({ commands }) => commands.status),
        ],
        ['Processes at a time, at most', '', of(({ peak }) => peak.step), of(({ peak }) => peak.status)],
        ['Seconds that something stays after the end', '', of(({ left }) => left, 1), ''],
      ],
    ),
  ];
}

/** @param {number} bytes */
function memory(bytes) {
  const said = atMost(MEMORY_REACH, bytes, `${MEMORY_REACH / 1e6} MB`);
  return ['## Memory', TEXTS.memory, `${(bytes / 1e6).toFixed(0)} MB at most. Reach: ${said}.`];
}

/** The median, with the quartiles where there is more than one value. @param {number[]} values */
function spread(values, digits = 2) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(values, share).toFixed(digits));
  return low === high ? `${middle}` : `${middle} (${low}–${high})`;
}

/** @param {number[]} values */
const median = (values) => quantile(values, 0.5);

/** Between two values in proportion. @param {number[]} values @param {number} share */
function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (high - low) * (place - Math.floor(place));
}

/** @param {string[]} head @param {string[][]} body */
function table(head, body) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
}

module.exports = { render };
