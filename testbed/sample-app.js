// A sample app in a namespace of its own, on the running testbed, as tests and measurements deploy it again and again.

const { execFile, execFileSync } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { promisify } = require('node:util');
const { startFaultyRegistry } = require('./faulty-registry');
const { runAction } = require('./run-action');

const root = resolve(__dirname, '..');
const execute = promisify(execFile);

/** @typedef {import('kubernetes-types/apps/v1').Deployment} Deployment */
/** @typedef {import('kubernetes-types/apps/v1').StatefulSet} StatefulSet */
/** @typedef {import('kubernetes-types/core/v1').Pod} Pod */
/** @typedef {import('./run-action').Run} Run */

/**
 * @typedef {object} AppOptions
 * @property {'Deployment' | 'StatefulSet'} [kind]
 * @property {number} [replicas]
 * @property {boolean} [readinessProbe]
 * @property {number} [drainSeconds] How long a pod that was told to stop serves on.
 * @property {object} [spec] More of the workload's specification.
 * @property {object} [pod] More of its pods' specification.
 * @property {object} [container] More of the container.
 * @property {object} [service] More of the Service's specification.
 * @property {object[]} [objects] What the namespace has before the app comes.
 * @property {'open' | 'private' | 'faulty'} [registry] Where its images are; `faulty` can fail for the node alone.
 */

/** @param {string} name */
function testbed(name) {
  const value = process.env[`TESTBED_${name}`];
  if (value === undefined) throw new Error(`testbed/env does not give TESTBED_${name}`);
  return value;
}

/** @param {string[]} argv */
function kubectl(...argv) {
  return execFileSync('kubectl', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A Secret to pull from the registry with a password. */
function pullSecret() {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'registry' },
    type: 'kubernetes.io/dockerconfigjson',
    stringData: { '.dockerconfigjson': login() },
  };
}

function login() {
  const auth = Buffer.from(`${testbed('PRIVATE_REGISTRY_USER')}:${testbed('PRIVATE_REGISTRY_PASSWORD')}`);
  return JSON.stringify({ auths: { [testbed('PRIVATE_REGISTRY')]: { auth: auth.toString('base64') } } });
}

/** A sample app in a namespace of its own, deployed at version `first` and complete. */
class App {
  name = 'app';
  /** @type {'Deployment' | 'StatefulSet'} */
  kind = 'Deployment';
  namespace = `test-${randomBytes(4).toString('hex')}`;
  repository = `${testbed('REGISTRY')}/${this.namespace}`;
  /** Of the Service, on the node. */
  nodePort = 0;
  /** @type {import('./faulty-registry').FaultyRegistry | undefined} */
  faultyRegistry;
  #isPrivate = false;
  #context = mkdtempSync(join(tmpdir(), 'context-'));
  /** @type {(() => unknown)[]} */
  #undo = [];

  /** @param {AppOptions} [options] @returns {Promise<App>} */
  static async install(options) {
    const app = new App();
    try {
      await app.install(options);
    } catch (fault) {
      // Nobody has it to remove it.
      await app.remove().catch(() => {});
      throw fault;
    }
    return app;
  }

  /** @param {AppOptions} [options] */
  async install(options = {}) {
    this.kind = options.kind ?? this.kind;
    await this.#use(options.registry);
    const server = join(this.#context, 'server');
    copyFileSync(testbed('SERVER'), server);
    utimesSync(server, statSync(testbed('SERVER')).atime, statSync(testbed('SERVER')).mtime);
    this.dockerfile();
    await this.build('first');
    kubectl('create', 'namespace', this.namespace);
    this.undo(() => kubectl('delete', 'namespace', this.namespace, '--wait=false'));
    execFileSync(join(root, 'testbed/allow'), [this.namespace]);
    if (this.#isPrivate) this.apply(pullSecret());
    for (const object of options.objects ?? []) this.apply(object);
    this.apply(this.manifest(`${this.repository}:first`, options));
    this.nodePort = Number(
      kubectl('get', `service/${this.name}`, '-n', this.namespace, '-o', 'jsonpath={.spec.ports[0].nodePort}'),
    );
    await execute('kubectl', ['rollout', 'status', `${this.kind}/${this.name}`, '-n', this.namespace, '--timeout=60s']);
    // kube-proxy opens the Service's port a moment later.
    for (let tries = 0; (await this.version().catch(() => undefined)) !== 'first'; tries++) {
      if (tries > 100) throw new Error('the Service does not answer');
      await sleep(100);
    }
  }

  /** @param {AppOptions['registry']} [registry] */
  async #use(registry) {
    this.#isPrivate = registry === 'private';
    if (this.#isPrivate) this.repository = `${testbed('PRIVATE_REGISTRY')}/${this.namespace}`;
    if (registry !== 'faulty') return;
    const runtime = kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].status.nodeInfo.containerRuntimeVersion}');
    const faulty = await startFaultyRegistry(testbed('REGISTRY'), runtime.replace('://', '/'));
    this.undo(faulty.stop);
    this.faultyRegistry = faulty;
    this.repository = `${faulty.address}/${this.namespace}`;
  }

  /** Writes the Dockerfile; lines in `more` come last. */
  dockerfile(more = '') {
    const lines = [
      'FROM scratch',
      'COPY server /server',
      'ENTRYPOINT ["/server"]',
      'ENV APP=caring-note-api',
      'ARG VERSION',
      'ENV VERSION=$VERSION',
      more,
    ];
    this.file('Dockerfile', `${lines.join('\n')}\n`);
  }

  /** Writes a file beside the Dockerfile. @param {string} name @param {string | Buffer} content */
  file(name, content, mode = 0o644) {
    writeFileSync(join(this.#context, name), content, { mode });
  }

  /** Builds and pushes a version as the action does, without it. Returns the image by its digest. @param {string} version */
  async build(version) {
    const tag = `${this.repository}:${version}`;
    const metadata = join(this.#context, '.metadata.json');
    const options = ['--push', '--provenance=false', '--quiet', '--metadata-file', metadata];
    await execute(
      'docker',
      ['buildx', 'build', ...options, '-t', tag, '--build-arg', `VERSION=${version}`, this.#context],
      { env: { ...process.env, ...(this.#isPrivate && { DOCKER_AUTH_CONFIG: login() }) } },
    );
    return `${tag}@${JSON.parse(readFileSync(metadata, 'utf8'))['containerimage.digest']}`;
  }

  /** @param {unknown} object */
  apply(object) {
    execFileSync('kubectl', ['apply', '-n', this.namespace, '-f', '-'], {
      input: JSON.stringify(object),
      stdio: ['pipe', 'ignore', 'pipe'],
    });
  }

  /** @param {string} image @param {AppOptions} options @returns {unknown} */
  manifest(image, { replicas = 1, readinessProbe = true, drainSeconds, spec, pod, container, service }) {
    const labels = { app: this.name };
    const probe = readinessProbe && { readinessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 1 } };
    const drain = drainSeconds !== undefined && { env: [{ name: 'DRAIN', value: `${drainSeconds}s` }] };
    const containers = [
      {
        name: this.name,
        image,
        imagePullPolicy: 'Always',
        ports: [{ containerPort: 8080 }],
        ...probe,
        ...drain,
        ...container,
      },
    ];
    const template = {
      metadata: { labels },
      spec: {
        containers,
        ...(drainSeconds !== undefined && { terminationGracePeriodSeconds: drainSeconds + 30 }),
        ...(this.#isPrivate && { imagePullSecrets: [{ name: 'registry' }] }),
        ...pod,
      },
    };
    return {
      apiVersion: 'v1',
      kind: 'List',
      items: [
        {
          apiVersion: 'apps/v1',
          kind: this.kind,
          metadata: { name: this.name },
          spec: {
            replicas,
            selector: { matchLabels: labels },
            template,
            ...(this.kind === 'StatefulSet' && { serviceName: this.name }),
            ...spec,
          },
        },
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: this.name },
          spec: { type: 'NodePort', selector: labels, ports: [{ port: 80, targetPort: 8080 }], ...service },
        },
      ],
    };
  }

  /** @returns {Deployment} */
  deployment() {
    return JSON.parse(kubectl('get', `deployment/${this.name}`, '-n', this.namespace, '-o', 'json'));
  }

  /** @returns {StatefulSet} */
  statefulSet() {
    return JSON.parse(kubectl('get', `statefulset/${this.name}`, '-n', this.namespace, '-o', 'json'));
  }

  /** @returns {Pod[]} */
  pods() {
    return JSON.parse(kubectl('get', 'pods', '-n', this.namespace, '-o', 'json')).items;
  }

  /**
   * Waits until the Service is answered by this version alone: kube-proxy takes an old pod out within a second or two of its end, and
   * that pod still answers while it drains.
   *
   * @param {string} version
   */
  async serves(version) {
    for (let tries = 0; ; tries++) {
      const seen = new Set();
      for (let count = 0; count < 5; count++) seen.add(await this.version().catch(String));
      if ((seen.size === 1 && seen.has(version)) || tries >= 60) return [...seen].join(', ');
      await sleep(500);
    }
  }

  /** The version that answers through the Service. @returns {Promise<string>} */
  async version() {
    const answer = await fetch(`http://127.0.0.1:${this.nodePort}/`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(5_000),
    });
    return (await answer.json()).version;
  }

  /** @param {string} tag @param {Record<string, string>} [more] @returns {Record<string, string>} */
  inputs(tag, more = {}) {
    return {
      image: this.repository,
      tags: tag,
      context: this.#context,
      'build-args': `VERSION=${tag}`,
      ...(this.#isPrivate && {
        'registry-username': testbed('PRIVATE_REGISTRY_USER'),
        'registry-password': testbed('PRIVATE_REGISTRY_PASSWORD'),
      }),
      'ssh-host': testbed('SSH_HOST'),
      'ssh-port': testbed('SSH_PORT'),
      'ssh-username': testbed('SSH_USER'),
      'ssh-key': readFileSync(testbed('SSH_KEY_FILE'), 'utf8'),
      'ssh-host-key': testbed('SSH_KNOWN_HOSTS'),
      deployment: this.kind === 'StatefulSet' ? `statefulset/${this.name}` : this.name,
      namespace: this.namespace,
      soak: '2s',
      timeout: '60s',
      ...more,
    };
  }

  /** Runs the committed bundle under the runner's node. @param {string} tag @param {Record<string, string>} [more] @param {Partial<Run>} [options] */
  run(tag, more = {}, options = {}) {
    return runAction({ inputs: this.inputs(tag, more), workspace: root, node: testbed('NODE'), ...options });
  }

  /** Has something done when the app is removed, the last one first. @param {() => unknown} act */
  undo(act) {
    this.#undo.unshift(act);
  }

  /** Takes away whatever there is of it, however far its installation came. */
  async remove() {
    const faults = [];
    for (const act of this.#undo.splice(0)) {
      try {
        await act();
      } catch (fault) {
        faults.push(fault);
      }
    }
    rmSync(this.#context, { recursive: true, force: true });
    if (faults.length > 0) throw faults[0];
  }
}

module.exports = { App, execute, kubectl, pullSecret, root, testbed };
