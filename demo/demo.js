// npm run demo              rolls a new version of a sample app out to a real cluster on this machine, as a GitHub runner would
// npm run demo -- --break   the same with a version that crashes

const { execFileSync, spawnSync } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const { copyFileSync, readFileSync, statSync, utimesSync } = require('node:fs');
const { join } = require('node:path');
const { runAction } = require('../testbed/run-action.js');

const root = join(__dirname, '..');
const APPS = ['api', 'web'];
const NAMESPACES = ['default', 'caring-note-staging'];
/** The Service that the demo looks at: staging's web app, by its port on the node. */
const PAGE = 'http://127.0.0.1:30091/';

async function demo(options) {
  const isBroken = options.includes('--break');
  if (options.some((option) => option !== '--break')) return fail('usage: npm run demo [-- --break]');
  const began = Date.now();

  title('A real cluster on this machine');
  const up = spawnSync(join(root, 'testbed/up'), ['--without-act'], { stdio: 'inherit' });
  if (up.status !== 0) return fail('The testbed did not come up; the line above says why.');
  const testbed = readTestbed();
  Object.assign(process.env, testbed);

  title('Two apps in two namespaces');
  installApps(testbed);
  say(`${PAGE} answers: ${await page(() => true)}`);

  const version = `v${new Date().toISOString().replace(/[-:T]|\.\d+Z/g, '')}`;
  title(
    isBroken
      ? `A version that crashes, ${version}, as GitHub would deploy it`
      : `A new version, ${version}, as GitHub would deploy it`,
  );
  const result = await runAction({
    node: testbed.TESTBED_NODE,
    workspace: root,
    inputs: {
      image: `${testbed.TESTBED_PRIVATE_REGISTRY}/caring-note-web`,
      tags: `staging-${version}`,
      'registry-username': testbed.TESTBED_PRIVATE_REGISTRY_USER,
      'registry-password': testbed.TESTBED_PRIVATE_REGISTRY_PASSWORD,
      context: 'examples/web',
      'build-args': `VERSION=${version}\nAPI_URL=http://127.0.0.1:30090\n${isBroken ? 'CRASH_AFTER=0s' : ''}`,
      'ssh-host': testbed.TESTBED_SSH_HOST,
      'ssh-port': testbed.TESTBED_SSH_PORT,
      'ssh-username': testbed.TESTBED_SSH_USER,
      'ssh-key': readFileSync(testbed.TESTBED_SSH_KEY_FILE, 'utf8'),
      'ssh-host-key': testbed.TESTBED_SSH_KNOWN_HOSTS,
      deployment: 'caring-note-web',
      namespace: 'caring-note-staging',
      timeout: '2m',
      'environment-url': PAGE,
    },
    environment: { GITHUB_SHA: randomBytes(20).toString('hex'), GITHUB_REPOSITORY: 'caringnote/caring-note-web' },
    onLine: say,
  });

  title('The job summary, as the runner got it');
  say(result.summary);
  title('The outputs');
  for (const [name, value] of Object.entries(result.outputs)) say(`${name}: ${value}`);

  title('What users see');
  const seen = await page((shown) => isBroken || shown === version);
  say(`${PAGE} answers: ${seen}`);
  say(
    `The step ended with exit code ${result.exitCode} after ${result.seconds.toFixed(1)} s; the whole demo took ${((Date.now() - began) / 1000).toFixed(1)} s.`,
  );
  const isAsMeant = isBroken ? result.exitCode === 1 && seen !== version : result.exitCode === 0 && seen === version;
  if (!isAsMeant)
    return fail(
      `That was not meant to happen: ${isBroken ? 'the old version should serve and the step be red' : 'the new version should serve and the step be green'}.`,
    );
  say(
    isBroken
      ? 'Red, and the version before still serves.'
      : 'Green, and the new version serves. Try the other case: npm run demo -- --break',
  );
}

/** The variables that `testbed/env` exports. */
function readTestbed() {
  const script = 'eval "$("$0")" && env -0';
  const text = execFileSync('bash', ['-c', script, join(root, 'testbed/env')], { encoding: 'utf8' });
  return Object.fromEntries(
    text
      .split('\0')
      .filter((entry) => /^(PATH|KUBECONFIG|DOCKER_\w+|TESTBED_\w+)=/.test(entry))
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

/** Puts the first version of both apps into both namespaces, where they are not there yet. */
function installApps(testbed) {
  const registry = testbed.TESTBED_PRIVATE_REGISTRY;
  for (const app of APPS) {
    copyKeepingTime(testbed.TESTBED_SERVER, join(root, 'examples', app, 'server'));
  }
  const missing = NAMESPACES.flatMap((namespace) => APPS.map((app) => ({ namespace, app }))).filter(
    ({ namespace, app }) =>
      spawnSync('kubectl', ['get', `deployment/caring-note-${app}`, '-n', namespace], { stdio: 'ignore' }).status !== 0,
  );
  const auth = Buffer.from(
    `${testbed.TESTBED_PRIVATE_REGISTRY_USER}:${testbed.TESTBED_PRIVATE_REGISTRY_PASSWORD}`,
  ).toString('base64');
  const login = JSON.stringify({ auths: { [registry]: { auth } } });
  for (const namespace of NAMESPACES) {
    apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'registry', namespace },
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': login },
    });
    apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace },
      imagePullSecrets: [{ name: 'registry' }],
    });
  }
  for (const { namespace, app } of missing) {
    const image = `${registry}/caring-note-${app}:first-${namespace}`;
    const build = [
      'buildx',
      'build',
      '--push',
      '--provenance=false',
      '--quiet',
      '--tag',
      image,
      '--build-arg',
      'VERSION=first',
    ];
    run('docker', [...build, '--build-arg', 'API_URL=http://127.0.0.1:30090', join(root, 'examples', app)], {
      env: { ...process.env, DOCKER_AUTH_CONFIG: login },
    });
    const manifest = readFileSync(join(root, 'examples/manifests', namespace, `${app}.yaml`), 'utf8').replaceAll(
      /image: IMAGE$/gm,
      `image: ${image}`,
    );
    run('kubectl', ['apply', '-n', namespace, '-f', '-'], { input: manifest });
    say(`Installed caring-note-${app} in ${namespace}.`);
  }
  for (const { namespace, app } of missing)
    run('kubectl', ['rollout', 'status', `deployment/caring-note-${app}`, '-n', namespace, '--timeout=120s'], {});
  if (missing.length === 0) say('They are there already.');
}

function apply(object) {
  // By the server: a cluster this young may not have the ServiceAccount yet, or have it from its controller.
  run('kubectl', ['apply', '--server-side', '--force-conflicts', '-f', '-'], { input: JSON.stringify(object) });
}

function run(program, args, options) {
  execFileSync(program, args, { stdio: ['pipe', 'ignore', 'inherit'], ...options });
}

/** The same program then gives the same layer, and an unchanged app the same digest. */
function copyKeepingTime(from, to) {
  copyFileSync(from, to);
  const { atime, mtime } = statSync(from);
  utimesSync(to, atime, mtime);
}

/**
 * The version that the page names. kube-proxy hears of a pod's beginning and end a second or two late, so it is asked again for a
 * while until it is the one that is waited for.
 */
async function page(isExpected) {
  for (let tries = 1; ; tries++) {
    const text = await fetch(PAGE, { headers: { connection: 'close' } }).then((answer) => answer.text(), String);
    const version = /name="version" content="([^"]*)"/.exec(text)?.[1];
    if ((version !== undefined && isExpected(version)) || tries >= 50) return version ?? text.slice(0, 200);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function title(text) {
  say(`\n\u001b[1m== ${text}\u001b[0m`);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}

demo(process.argv.slice(2)).catch((error) => fail(`The demo broke off: ${error.message}`));
