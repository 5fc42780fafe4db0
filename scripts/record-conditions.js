// Records the conditions of testbed/conditions.js on the running testbed, for the judge's tests, and prints the texts
// that showed:  eval "$(testbed/env)" && node scripts/record-conditions.js NAME...
// Four are recorded at a time. Exclusive ones are recorded only alone, each when it is the only one named.

const { join } = require('node:path');
const { conditions, stage } = require('../testbed/conditions');
const { execute, kubectl } = require('../testbed/sample-app');
const { record, write } = require('./record');

const fixtures = join(__dirname, '../__tests__/fixtures/rollout');
const AT_A_TIME = 4;

/** @param {import('../testbed/conditions').Condition} condition */
async function recordCondition(condition) {
  const { app, inputs } = await stage(condition);
  try {
    const image = await app.build('second');
    // Short, for the sake of the tests' time, unless the condition is about it.
    const minReadySeconds = Number.parseInt(inputs.soak ?? '3', 10);
    const template = { spec: { containers: [{ name: 'app', image }] } };
    const patch = JSON.stringify({ spec: { minReadySeconds, template } });
    const isEnd = condition.kind === 'good' ? isComplete : undefined;
    const recording = record(app.namespace, condition.seconds ?? 60, isEnd);
    await new Promise((done) => setTimeout(done, 1_500));
    const during = Promise.resolve(condition.during?.(app)).catch((fault) => say(`${condition.name}: ${fault}`));
    await execute('kubectl', ['patch', 'deployment/app', '-n', app.namespace, '-p', patch]);
    const looks = await recording;
    await during;
    write(join(fixtures, `${condition.name}.jsonl`), looks);
    say(describe(condition, looks, app.namespace));
  } finally {
    await app.remove();
  }
}

/** @param {import('./record').Look} look */
function isComplete({ workload: { metadata, spec, status }, pods }) {
  const changed =
    spec?.template.spec?.containers[0]?.image?.includes('@') && status?.observedGeneration === metadata?.generation;
  const all = [status?.updatedReplicas, status?.availableReplicas, status?.replicas, pods.length];
  return Boolean(changed) && all.every((count) => count === spec?.replicas);
}

/** What the looks and the events say, each text once and with the second in which it came. */
function describe({ name, kind }, looks, namespace) {
  const seen = new Map();
  for (const { ms, workload, pods } of looks) {
    const note = (text) => seen.has(text) || seen.set(text, (ms / 1000).toFixed(1));
    for (const { type, status, reason, message } of workload?.status?.conditions ?? []) {
      if (type === 'ReplicaFailure' || status === 'False') note(`Deployment ${type}=${status} ${reason}: ${message}`);
    }
    for (const { metadata, spec, status } of pods) {
      if (!spec?.containers[0]?.image?.includes('@')) continue;
      const pod = metadata?.name?.slice(-5);
      if (status?.reason) note(`pod ${pod} ${status.phase} ${status.reason}: ${status.message}`);
      for (const each of status?.conditions ?? []) {
        const isTelling = (each.type === 'PodScheduled' && each.status === 'False') || each.type === 'DisruptionTarget';
        if (isTelling) note(`pod ${pod} ${each.type}=${each.status} ${each.reason}: ${each.message}`);
      }
      for (const container of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
        const { waiting, terminated, running } = container.state ?? {};
        const last = container.lastState?.terminated;
        const what = waiting
          ? `waiting ${waiting.reason}: ${waiting.message ?? ''}`
          : terminated
            ? `terminated ${terminated.reason} ${terminated.exitCode}: ${terminated.message ?? ''}`
            : `running, ${running && container.ready ? 'ready' : 'not ready'}`;
        const before = last ? `, before that ${last.reason} ${last.exitCode}` : '';
        note(`pod ${pod} ${container.name} ×${container.restartCount} ${what}${before}`);
      }
    }
  }
  const { items } = JSON.parse(kubectl('get', 'events', '-n', namespace, '-o', 'json'));
  const events = items
    .filter(({ type }) => type === 'Warning')
    .map(({ involvedObject, reason, message }) => `${involvedObject.kind} ${reason}: ${message}`)
    .map((text) => text.replaceAll(/app-[0-9a-f]+-\w{5}/g, 'POD').replace('(combined from similar events): ', ''));
  const size = JSON.stringify(looks).length;
  return [
    `\n## ${name} (${kind}): ${looks.length} looks, ${Math.round(size / 1024)} KiB`,
    ...[...seen].map(([text, at]) => `- ${at} s: ${text}`),
    ...[...new Set(events)].map((text) => `- event: ${text}`),
  ].join('\n');
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

async function main() {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !conditions.some((condition) => condition.name === name));
  if (names.length === 0 || unknown.length > 0) {
    const all = conditions.filter(({ seconds }) => seconds !== undefined).map(({ name }) => name);
    throw new Error(`name some of: ${all.join(' ')}${unknown.length > 0 ? `; not known: ${unknown.join(' ')}` : ''}`);
  }
  const waiting = conditions.filter(
    ({ name, exclusive }) => names.includes(name) && (!exclusive || names.length === 1),
  );
  const worker = async () => {
    for (let condition = waiting.shift(); condition; condition = waiting.shift()) {
      const { name } = condition;
      await recordCondition(condition).catch((fault) =>
        say(`\n## ${name} FAILED: ${fault.stack} ${fault.stderr ?? ''}`),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}

main().catch((fault) => {
  process.stderr.write(`${fault.message}\n`);
  process.exitCode = 1;
});
