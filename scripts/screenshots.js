// Takes the README's pictures: runs the committed dist on the running testbed, draws the job summaries as GitHub does, in a browser.
//
//   eval "$(testbed/env)" && node scripts/screenshots.js
//
//   --only NAME,NAME    these alone, such as rolled-back.ko
//   --keep FOLDER       keeps the summaries as Markdown there
//   --from FOLDER       draws those that were kept, without a run
//
// chromium is taken from PATH or from the variable CHROMIUM. What draws Markdown comes from npm into a temporary folder: the action does
// not need it. Korean needs a font, such as Debian's fonts-nanum.

const { execFileSync } = require('node:child_process');
const { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { pathToFileURL } = require('node:url');
const { parseArgs } = require('node:util');

const PICTURES = resolve(__dirname, '../docs');
const DRAWERS = ['marked@18.2.1', 'marked-alert@2.1.2', 'mermaid@12.3.0', 'github-markdown-css@5.9.0'];
const WIDTH = 900;
/** Sharp on a screen of today, and small enough for a README. */
const SCALE = 1.5;

const RUNS = {
  deployed: { tag: 'v1.4.0', dockerfile: '' },
  'rolled-back': { tag: 'v1.4.1', dockerfile: 'ENV CRASH_AFTER=0s' },
  cancelled: { tag: 'v1.4.2', dockerfile: 'ENV UNREADY=1', isCancelled: true },
};
const NAMES = ['', '.ko'].flatMap((language) => Object.keys(RUNS).map((name) => `${name}${language}`));

async function main() {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, keep: { type: 'string' }, from: { type: 'string' } },
  });
  const names = values.only?.split(',') ?? NAMES;
  const summaries = values.from
    ? Object.fromEntries(names.map((name) => [name, readFileSync(join(values.from, `${name}.md`), 'utf8')]))
    : await summariesOf(names);
  if (values.keep) {
    mkdirSync(values.keep, { recursive: true });
    for (const name of names) writeFileSync(join(values.keep, `${name}.md`), summaries[name]);
  }
  draw(summaries);
}

/** The Markdown of real runs, each on an app of its own. */
async function summariesOf(names) {
  const { App, testbed } = require('../testbed/sample-app');
  const summaries = {};
  for (const [index, name] of names.entries()) {
    const app = new App();
    Object.assign(app, {
      name: 'caring-note-api',
      namespace: `caring-note-${index + 1}`,
      repository: `${testbed('REGISTRY')}/caring-note-api`,
    });
    try {
      await app.install({ replicas: 2, container: { resources: { requests: { memory: '16Mi' } } } });
      summaries[name] = await summaryOf(app, name);
      process.stdout.write(`${name}: ${summaries[name].split('\n')[0]}\n`);
    } finally {
      await app.remove();
    }
  }
  return summaries;
}

async function summaryOf(app, name) {
  const [ending, language = 'en'] = name.split('.');
  const { tag, dockerfile, isCancelled = false } = RUNS[ending];
  app.dockerfile(dockerfile);
  const before = new Set(app.pods().map(({ metadata }) => metadata.name));
  const onStart = isCancelled ? (run) => cancelInTheMiddle(app, before, run) : () => {};
  return (await app.run(tag, { soak: '5s', language }, { onStart })).summary;
}

/** As GitHub cancels a run, once the rollout has begun. */
async function cancelInTheMiddle(app, before, run) {
  while (app.pods().every(({ metadata }) => before.has(metadata.name))) await sleep(500);
  await sleep(3_000);
  run.kill('SIGINT');
}

/** @param {Record<string, string>} summaries */
function draw(summaries) {
  const folder = mkdtempSync(join(tmpdir(), 'screenshots-'));
  try {
    execFileSync('npm', ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', ...DRAWERS], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    mkdirSync(PICTURES, { recursive: true });
    for (const [name, summary] of Object.entries(summaries)) {
      const file = join(folder, `${name}.html`);
      writeFileSync(file, page(summary));
      const height = Number(/<title>(\d+)</.exec(browse(folder, file, ['--dump-dom']))?.[1]);
      if (!(height > 0)) throw new Error(`${name} could not be drawn`);
      browse(folder, file, [`--screenshot=${join(PICTURES, `${name}.webp`)}`, `--window-size=${WIDTH},${height}`]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function browse(folder, file, options) {
  const common = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--allow-file-access-from-files'];
  const argv = [
    ...[...common, `--user-data-dir=${join(folder, 'profile')}`, '--virtual-time-budget=20000'],
    ...[`--force-device-scale-factor=${SCALE}`, `--window-size=${WIDTH},600`, ...options, pathToFileURL(file).href],
  ];
  return execFileSync(process.env.CHROMIUM ?? 'chromium', argv, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** A page that draws the Markdown and, when done, has its height for a title. */
function page(summary) {
  const markdown = JSON.stringify(summary).replaceAll('<', '\\u003c');
  return `<!doctype html><meta charset="utf-8">
<link rel="stylesheet" href="node_modules/github-markdown-css/github-markdown-light.css">
<style>body { margin: 0; padding: 20px 32px; background: #fff } .mermaid { background: none }</style>
<script src="node_modules/marked/lib/marked.umd.js"></script>
<script src="node_modules/marked-alert/dist/index.umd.js"></script>
<script src="node_modules/mermaid/dist/mermaid.min.js"></script>
<article class="markdown-body"></article>
<script type="module">
  const article = document.querySelector('article');
  marked.use(markedAlert());
  article.innerHTML = marked.parse(${markdown});
  for (const code of article.querySelectorAll('code.language-mermaid')) {
    const chart = Object.assign(document.createElement('div'), { className: 'mermaid', textContent: code.textContent });
    code.parentElement.replaceWith(chart);
  }
  mermaid.initialize({ startOnLoad: false });
  await mermaid.run();
  document.title = Math.ceil(document.documentElement.getBoundingClientRect().height);
</script>`;
}

void main();
