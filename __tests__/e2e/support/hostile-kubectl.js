// A kubectl that asks the real one, and puts words of its own into what it answers: the host of a cluster that somebody has
// taken over. Beside it lies plan.json: { real, mode, values }.

const { spawn } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const { real, mode, values } = JSON.parse(readFileSync(join(__dirname, 'plan.json'), 'utf8'));
const argv = process.argv.slice(2);
const all = `${values.join('\n')}\n`;
let next = argv.join().length;
const word = () => values[next++ % values.length];

function change(object) {
  for (const each of object.items ?? [object.object ?? object]) {
    if (mode === 'names' && each.status?.podIP !== undefined) each.metadata.name = word();
    if (each.metadata?.annotations?.['deployment.kubernetes.io/revision']) {
      each.metadata.annotations['deployment.kubernetes.io/revision'] = word();
    }
    for (const { state = {}, lastState = {} } of each.status?.containerStatuses ?? []) {
      for (const ended of [state.terminated, lastState.terminated]) {
        if (ended) Object.assign(ended, { reason: word(), message: word() });
      }
      if (state.waiting) state.waiting.message = word();
    }
    for (const condition of each.status?.conditions ?? []) condition.message = word();
  }
  return object;
}

function events(selector) {
  const uid = selector.split('=').pop();
  const items = values.map((message, index) => ({
    metadata: { uid: `event-${index}` },
    type: 'Warning',
    involvedObject: { kind: word(), name: word(), uid },
    reason: word(),
    message,
  }));
  return { metadata: {}, items };
}

function answer() {
  process.stderr.write(all);
  if (mode === 'fails') process.exit(1);
  if (mode === 'banner') process.stdout.write(all);
  if (argv.includes('logs')) return process.stdout.write(all);
  const { pathname, searchParams } = new URL(argv.find((each) => each.startsWith('/')) ?? '/', 'http://cluster');
  if (pathname.endsWith('/events')) {
    return process.stdout.write(JSON.stringify(events(searchParams.get('fieldSelector') ?? '')));
  }
  const isWatch = searchParams.get('watch') === '1';
  const child = spawn(real, argv, { stdio: ['inherit', 'pipe', 'inherit'] });
  // What is held is ended by its shell.
  process.on('SIGTERM', () => child.kill());
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    rest += text;
    if (!isWatch) return;
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) process.stdout.write(`${JSON.stringify(change(JSON.parse(line)))}\n`);
  });
  child.on('close', (code) => {
    process.exitCode = code ?? 1;
    if (isWatch || code !== 0) return;
    try {
      process.stdout.write(JSON.stringify(change(JSON.parse(rest))));
    } catch {
      process.stdout.write(rest);
    }
  });
}

answer();
