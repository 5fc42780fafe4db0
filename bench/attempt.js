// One tool on one condition, in a process of its own: what it waits for delays nobody else's clock, and a signal to it
// takes away what it has made. Prints what was seen as one line of JSON.  node bench/attempt.js CONDITION TOOL SECONDS

const { setTimeout: sleep } = require('node:timers/promises');
const { conditions } = require('../testbed/conditions');
const { execute } = require('../testbed/sample-app');
const { tryOut } = require('../testbed/trial');
const { tools } = require('./tools');

async function main() {
  const [name, tool = '', seconds] = process.argv.slice(2);
  const condition = conditions.find((each) => each.name === name);
  if (!condition || !tools[tool]) throw new Error(`no such condition or tool: ${name}, ${tool}`);
  const { App, deploy } = tools[tool];
  const app = new App();
  const trial = tryOut(condition, (it, inputs) => deploy(it, inputs, Number(seconds)), app);
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, async () => {
      await app.remove().catch(say);
      // The tool has had the signal too, and may have something to take away.
      await Promise.race([trial.catch(() => {}), sleep(10_000)]);
      process.exit(130);
    });
  }
  const seen = await trial;
  const { workload, dropped, result, ...rest } = seen;
  // What its pods held is free again only when they have gone: the next one may be about just that.
  const gone = ['wait', '--for=delete', `namespace/${app.namespace}`, '--timeout=180s'];
  await execute('kubectl', gone).catch(say);
  const replicas = workload.spec?.replicas ?? 1;
  process.stdout.write(`${JSON.stringify({ ...rest, ...result, replicas, dropped: dropped.length })}\n`);
}

/** @param {{ message: string, stderr?: string }} fault */
function say({ message, stderr = '' }) {
  process.stderr.write(`${message}\n${stderr}\n`);
}

main().catch((fault) => {
  say(fault);
  process.exitCode = 1;
});
