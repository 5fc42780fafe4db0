// What a registry that fails leads to, as Markdown.

const { manners, steps } = require('./cases');

/** @typedef {import('./cases').Case & (import('./trial').Measured | { threw: string })} Row */
/** @typedef {{ title: string, text: string, isMine: (row: import('./cases').Case) => boolean }} Section */

const TITLE = `# A registry that fails

Made by \`node bench/registry-faults.js\` on the testbed: a deploy of a new version through a proxy before a real registry, which asks for a login as Docker Hub does, and which fails at one step of the push. The default driver is the Docker engine's own builder (20.10); the container driver is BuildKit. "Attempts" are the step's own: each is the whole \`docker buildx build --push\` again, which finds in its cache what it has built and in the registry what it has pushed. "Failed" are the requests that met the fault: engine and BuildKit try some of them again by themselves. Seconds are of the whole step.`;

/** @type {Section[]} */
const sections = [
  {
    title: 'It fails once',
    text: 'One request of the builder fails (of "proof of the digest": one of the step itself), and all is well again.',
    isMine: ({ manner, howOften }) => manner !== 'silent' && howOften === 'once',
  },
  {
    title: 'It always fails',
    text: 'From the beginning of the step on, whoever asks. Deployed all the same is what BuildKit does without (the first contact), and what it finds in the registry when it looks again (a layer or a manifest whose answer was cut).',
    isMine: ({ manner, howOften }) => manner !== 'silent' && howOften === 'always',
  },
  {
    title: 'It says nothing',
    text: 'It takes the request and never answers (`--silent`). The step ends a push of the engine after 3 minutes without a word of it, and one of BuildKit, which tells of nothing until all layers are there, after 15; it tries 4 times. An engine of this age does not give a request up by which it sends a layer or asks for one: whatever is pushed later waits for that very request, so that a registry which is silent once is as bad as one that always is. In the middle of a layer the proxy hangs up after 5 minutes, Node’s limit for one request. Always, with BuildKit, is left out: it would take an hour for each.',
    isMine: ({ manner }) => manner === 'silent',
  },
];

/**
 * The report: a section that was not measured now stays as it was.
 *
 * @param {Row[]} rows @param {string} before @param {string[]} environment
 */
function render(rows, before, environment) {
  const parts = sections.map((section) => {
    const mine = rows.filter(section.isMine);
    return mine.length > 0 ? sectionOf(section, mine, environment) : kept(section, before);
  });
  return `${[TITLE, ...parts.filter(Boolean)].join('\n\n')}\n`;
}

/** @param {Section} section @param {Row[]} rows @param {string[]} environment */
function sectionOf({ title, text }, rows, environment) {
  const names = /** @type {Record<string, string>} */ ({ docker: 'default', 'docker-container': 'container' });
  const order = Object.keys(steps);
  const sorted = rows.toSorted(
    (a, b) =>
      order.indexOf(a.step) - order.indexOf(b.step) ||
      Object.keys(manners).indexOf(a.manner) - Object.keys(manners).indexOf(b.manner) ||
      a.driver.localeCompare(b.driver) ||
      b.howOften.localeCompare(a.howOften),
  );
  const hasBoth = new Set(rows.map(({ howOften }) => howOften)).size > 1;
  const deployed = rows.filter((row) => 'outcome' in row && row.outcome === 'deployed').length;
  const cells = sorted.map((row) => [
    steps[row.step]?.title ?? '',
    manners[row.manner].title,
    ...(hasBoth ? [row.howOften] : []),
    names[row.driver] ?? '',
    ...measures(row),
  ]);
  const head = ['At', 'Fault', ...(hasBoth ? ['How often'] : []), 'Driver', 'Outcome', 'Attempts', 'Failed', 'Seconds'];
  return [
    `## ${title}`,
    text,
    `${deployed} of ${rows.length} deployed. The machine's load was ${loads(rows)}. Measured with ${environment.join('; ')}.`,
    table([...head, 'Said'], cells),
  ].join('\n\n');
}

/** From the least to the most; beyond the number of cores, the seconds are longer for it. @param {Row[]} rows */
function loads(rows) {
  const all = rows.flatMap((row) => ('load' in row ? [row.load] : []));
  return [Math.min(...all), Math.max(...all)].map((each) => each.toFixed(1)).join(' to ');
}

/** @param {Row} row */
function measures(row) {
  if ('threw' in row) return [`threw: ${row.threw}`, '', '', '', ''];
  const { outcome, attempts, failed, seconds, said } = row;
  const asked = failed === 0 ? 'not asked' : String(failed);
  return [outcome, String(attempts), asked, seconds.toFixed(1), said];
}

/** @param {Section} section @param {string} before */
function kept({ title }, before) {
  const [, text] = before.split(`\n## ${title}\n`);
  return text === undefined ? '' : `## ${title}\n${text.split('\n## ')[0]?.trimEnd()}`;
}

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  const line = (/** @type {string[]} */ cells) =>
    `| ${cells.map((each) => each.replace(/\s+/g, ' ').replace(/[|<]/g, '\\$&')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

module.exports = { render };
