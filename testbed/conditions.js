// What goes wrong when a new version is rolled out, and what only looks as if it did. One table for the end-to-end
// tests, for measurements and for the recordings of the unit tests.

const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { kubeconfig } = require('./certificate');
const { App, execute, kubectl, testbed } = require('./sample-app');
const { webhook } = require('./webhook');

/** @typedef {import('./sample-app').AppOptions} AppOptions */
/** @typedef {InstanceType<typeof App>} SampleApp */

/**
 * @typedef {object} Condition
 * @property {string} name
 * @property {'bad' | 'good'} kind
 * @property {string} shows In plain words.
 * @property {(app: SampleApp) => unknown} [before] What the cluster has before the app comes.
 * @property {(app: SampleApp) => AppOptions} [options] How the app is installed; two replicas where nothing is said.
 * @property {(app: SampleApp) => unknown} [arrange] Breaks the world, once the first version is complete.
 * @property {string} [dockerfile] The last lines of the new version's Dockerfile.
 * @property {(app: SampleApp) => unknown} [during] Begun at the same moment as the deploy.
 * @property {(app: SampleApp) => Record<string, string>} [inputs] More inputs for the action.
 * @property {true} [exclusive] Disturbs the whole node: nothing else may run on it meanwhile.
 * @property {true} [slow] Takes more than a minute.
 * @property {number} [seconds] From the change until the cause is plain to see, or at most until all is well; none where
 * the cluster's objects do not show it.
 * @property {{ outcome: string, cause: RegExp }} expected
 */

/** Longer than anything here is given to show. */
const TIMEOUT = '5m';

const failed = (/** @type {RegExp} */ cause) => ({ outcome: 'failed-rolled-back', cause });
const deployed = { outcome: 'deployed', cause: /^$/ };

const secret = (/** @type {string} */ name, /** @type {Record<string, string>} */ stringData) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  stringData,
});
const configMap = (/** @type {string} */ name, /** @type {Record<string, string>} */ data) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});
const database = secret('database', { password: 'secret' });
const passwordFromSecret = [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'database', key: 'password' } } }];
const volume = (/** @type {object} */ source) => ({
  pod: { volumes: [{ name: 'state', ...source }] },
  container: { volumeMounts: [{ name: 'state', mountPath: '/state' }] },
});
const probe = (/** @type {string} */ path, /** @type {number} */ failureThreshold) => ({
  httpGet: { path, port: 8080 },
  periodSeconds: 1,
  failureThreshold,
});
/** Old pods go first: there is no moment with one pod more. */
const oldFirst = { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } };

/** @param {SampleApp} app @param {string[]} argv */
const inNamespace = (app, ...argv) => kubectl(...argv, '-n', app.namespace);

/** @param {import('./faulty-registry').Fault} fault @param {number} [seconds] */
const pullsFail = (fault, seconds) => ({
  options: () => ({ registry: /** @type {const} */ ('faulty') }),
  arrange: (/** @type {SampleApp} */ app) => app.faultyRegistry?.fail(fault, seconds),
});

/** @type {Condition[]} */
const bad = [
  {
    name: 'image-not-found',
    shows: 'The registry shows the image to the runner and says to the node that there is none.',
    ...pullsFail('not-found'),
    seconds: 40,
    expected: failed(/does not find .*:second@/),
  },
  {
    name: 'pull-denied',
    shows: 'The pull secret was deleted: the password for pulling is missing.',
    options: () => ({ registry: 'private' }),
    arrange: (app) => inNamespace(app, 'delete', 'secret/registry'),
    seconds: 40,
    expected: failed(/may not pull .*pull secret "registry"/),
  },
  {
    name: 'pull-secret-never-there',
    shows: 'The repository became private, and the pods name no pull secret; the texts are those of Docker Hub.',
    ...pullsFail('denied'),
    seconds: 40,
    expected: failed(/may not pull .*no pull secret/),
  },
  {
    name: 'pull-rate-limit',
    shows: 'The registry says to the node that it has pulled too often.',
    ...pullsFail('rate-limit'),
    slow: true,
    seconds: 40,
    expected: failed(/rate limit/),
  },
  {
    name: 'registry-down',
    shows: 'The registry answers 503 to the node, for good.',
    ...pullsFail('server-error'),
    slow: true,
    seconds: 60,
    expected: failed(/cannot reach the registry/),
  },
  {
    name: 'registry-hangs',
    shows: "The registry takes the node's request and never answers: nothing at all shows in the pod.",
    ...pullsFail('hang'),
    inputs: () => ({ timeout: '60s' }),
    slow: true,
    seconds: 60,
    expected: failed(/still pulling/),
  },
  {
    name: 'wrong-platform',
    shows: 'The program in the image is for ARM, the node is not.',
    arrange: (app) => app.file('server-arm64', forArm(readFileSync(testbed('SERVER'))), 0o755),
    dockerfile: 'COPY server-arm64 /server',
    seconds: 40,
    expected: failed(/not made for the processor|exec format error/),
  },
  {
    name: 'image-without-command',
    shows: "The image's start command is a file that is not in it.",
    dockerfile: 'ENTRYPOINT ["/app/start"]',
    seconds: 30,
    expected: failed(/"\/app\/start" does not exist/),
  },
  {
    name: 'image-without-entrypoint',
    shows: 'The image has no start command at all.',
    dockerfile: 'ENTRYPOINT []',
    seconds: 40,
    expected: failed(/no start command/),
  },
  {
    name: 'command-not-executable',
    shows: 'The start command lost its right to be executed.',
    arrange: (app) => app.file('start', '#!/server\n', 0o644),
    dockerfile: 'COPY start /start\nENTRYPOINT ["/start"]',
    seconds: 30,
    expected: failed(/"\/start" may not be executed/),
  },
  {
    name: 'exec-format',
    shows: 'The start command is a script without its first line.',
    arrange: (app) => app.file('start', 'exec /server\n', 0o755),
    dockerfile: 'COPY start /start\nENTRYPOINT ["/start"]',
    seconds: 40,
    expected: failed(/not made for the processor|exec format error/),
  },
  {
    name: 'crash-at-once',
    shows: 'A setting is missing: the program says so and ends.',
    dockerfile: 'ENV CRASH_AFTER=0s',
    seconds: 30,
    expected: failed(/starts and then ends.*exit code 1/),
  },
  {
    name: 'crash-after-15s',
    shows: 'The program notices only after 15 seconds, and there is no readiness probe.',
    options: () => ({ readinessProbe: false, replicas: 1 }),
    dockerfile: 'ENV CRASH_AFTER=15s',
    inputs: () => ({ soak: '30s' }),
    slow: true,
    seconds: 75,
    expected: failed(/starts and then ends.*exit code 1/),
  },
  {
    name: 'init-container-fails',
    shows: 'The init container, which brings the database up to date, cannot do it any more.',
    options: (app) => {
      const image = `${app.repository}:first`;
      const env = [{ name: 'INIT_EXIT_CODE', valueFrom: { configMapKeyRef: { name: 'migration', key: 'code' } } }];
      return {
        objects: [configMap('migration', { code: '0' })],
        pod: { initContainers: [{ name: 'migrate', image, args: ['init'], env }] },
      };
    },
    arrange: (app) => app.apply(configMap('migration', { code: '3' })),
    seconds: 40,
    expected: failed(/init container "migrate" starts and then ends.*exit code 3/),
  },
  {
    name: 'oom-killed',
    shows: 'The new version needs more memory than its limit.',
    options: () => ({ container: { resources: { limits: { memory: '64Mi' } } } }),
    dockerfile: 'ENV MEMORY=200',
    seconds: 40,
    expected: failed(/memory limit of 64Mi/),
  },
  {
    name: 'secret-missing',
    shows: "The Secret with the database's password was deleted after the first version had started.",
    options: () => ({ objects: [database], container: { env: passwordFromSecret } }),
    arrange: (app) => inNamespace(app, 'delete', 'secret/database'),
    seconds: 20,
    expected: failed(/Secret "database".* is not in the namespace/),
  },
  {
    name: 'secret-key-missing',
    shows: 'The key in that Secret has another name now.',
    options: () => ({ objects: [database], container: { env: passwordFromSecret } }),
    arrange: (app) => {
      inNamespace(app, 'delete', 'secret/database');
      app.apply(secret('database', { 'new-password': 'secret' }));
    },
    seconds: 20,
    expected: failed(/Secret "database" has no key "password"/),
  },
  {
    name: 'configmap-missing',
    shows: 'The ConfigMap with the settings was deleted.',
    options: () => ({
      objects: [configMap('settings', { APP: 'caring-note-api' })],
      container: { envFrom: [{ configMapRef: { name: 'settings' } }] },
    }),
    arrange: (app) => inNamespace(app, 'delete', 'configmap/settings'),
    seconds: 20,
    expected: failed(/ConfigMap "settings".* is not in the namespace/),
  },
  {
    name: 'volume-secret-missing',
    shows: 'The Secret behind a volume was deleted.',
    options: () => ({ objects: [database], ...volume({ secret: { secretName: 'database' } }) }),
    arrange: (app) => inNamespace(app, 'delete', 'secret/database'),
    slow: true,
    seconds: 130,
    expected: failed(/database/),
  },
  {
    name: 'claim-missing',
    shows: 'The volume claim was deleted while the old pods still use it.',
    before: makeVolume,
    options: (app) => ({ objects: [claim(app)], ...volume({ persistentVolumeClaim: { claimName: 'data' } }) }),
    arrange: (app) => inNamespace(app, 'delete', 'pvc/data', '--wait=false'),
    slow: true,
    seconds: 100,
    expected: failed(/PersistentVolumeClaim.*data/i),
  },
  {
    name: 'liveness-kills',
    shows: 'The new version answers its liveness probe with 500 from the first second on.',
    options: () => ({ container: { livenessProbe: probe('/livez', 2) } }),
    dockerfile: 'ENV UNHEALTHY_AFTER=1s',
    inputs: () => ({ soak: '10s' }),
    seconds: 45,
    expected: failed(/its liveness probe .*fails/),
  },
  {
    name: 'startup-probe-never',
    shows: 'The new version never gets as far as its startup probe wants.',
    options: () => ({ container: { startupProbe: probe('/healthz', 10) } }),
    dockerfile: 'ENV START_DELAY=1h',
    seconds: 60,
    expected: failed(/its startup probe .*fails/),
  },
  {
    name: 'never-ready',
    shows: 'The new version runs, but its readiness probe answers 503.',
    dockerfile: 'ENV UNREADY=1',
    inputs: () => ({ timeout: '30s' }),
    seconds: 20,
    expected: failed(/its readiness probe .*fails/),
  },
  {
    name: 'no-room',
    shows: "The rest of the node's CPU was given to a neighbour: a pod more than before has no room.",
    options: () => ({ container: { resources: { requests: { cpu: '200m' } } } }),
    arrange: (app) => fillNode(app, 'cpu', 0.1),
    slow: true,
    seconds: 70,
    expected: failed(/has room/),
  },
  {
    name: 'node-selector',
    shows: 'The label of the node that the app wants to run on was removed.',
    before: (app) => {
      app.undo(() => kubectl('label', 'nodes', '--all', `${label(app)}-`));
      kubectl('label', 'nodes', '--all', `${label(app)}=yes`);
    },
    options: (app) => ({ pod: { nodeSelector: { [label(app)]: 'yes' } } }),
    arrange: (app) => kubectl('label', 'nodes', '--all', `${label(app)}-`),
    slow: true,
    seconds: 70,
    expected: failed(/No node may take a new pod/),
  },
  {
    name: 'node-cordoned',
    shows: 'The node was taken out of service.',
    arrange: (app) => {
      const [node = ''] = nodes();
      app.undo(() => kubectl('uncordon', node));
      kubectl('cordon', node);
    },
    exclusive: true,
    slow: true,
    seconds: 70,
    expected: failed(/No node may take a new pod/),
  },
  {
    name: 'quota-exceeded',
    shows: 'The namespace may not have a pod more than now.',
    arrange: (app) => setQuota(app, 2),
    seconds: 30,
    expected: failed(/quota/),
  },
  {
    name: 'limit-range',
    shows: "Containers with a limit as large as the app's are not let in any more.",
    options: () => ({ container: { resources: { limits: { memory: '64Mi' } } } }),
    arrange: (app) =>
      app.apply({
        apiVersion: 'v1',
        kind: 'LimitRange',
        metadata: { name: 'small' },
        spec: { limits: [{ type: 'Container', max: { memory: '32Mi' } }] },
      }),
    seconds: 30,
    expected: failed(/LimitRange/),
  },
  {
    name: 'pod-security',
    shows: "The namespace is restricted now, and the app's pods are not made for that.",
    arrange: (app) => kubectl('label', 'namespace', app.namespace, 'pod-security.kubernetes.io/enforce=restricted'),
    seconds: 30,
    expected: failed(/Pod Security/),
  },
  {
    name: 'service-account-missing',
    shows: "The pods' service account was deleted.",
    options: () => ({
      objects: [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'app' } }],
      pod: { serviceAccountName: 'app' },
    }),
    arrange: (app) => inNamespace(app, 'delete', 'serviceaccount/app'),
    seconds: 30,
    expected: failed(/service ?account.*app/i),
  },
  {
    name: 'webhook-denies',
    shows: 'An admission webhook lets none of the new pods in.',
    arrange: async (app) => {
      const { configuration, start, stop } = await webhook(app.namespace, 'images must be signed');
      app.undo(stop);
      await start();
      applyToCluster(app, configuration);
      await untilPodsAreRefused(app);
    },
    seconds: 30,
    expected: failed(/images must be signed/),
  },
  {
    name: 'webhook-unreachable',
    shows: 'Every new pod has to be shown to an admission webhook that is not there.',
    arrange: async (app) => {
      const { configuration } = await webhook(app.namespace);
      applyToCluster(app, configuration);
      await untilPodsAreRefused(app);
    },
    slow: true,
    seconds: 70,
    expected: failed(/webhook.*does not answer/),
  },
  {
    name: 'policy-denies',
    shows: 'An admission policy lets in only pods with images of another registry.',
    arrange: async (app) => {
      for (const object of policy(app)) applyToCluster(app, object);
      await untilPodsAreRefused(app);
    },
    seconds: 30,
    expected: failed(/images must come from registry\.example\.com/),
  },
  {
    name: 'evicted',
    shows:
      'Before it is ready, the new version writes more than its volume may hold: the node throws it out each time.',
    options: () => {
      const { pod, container } = volume({ emptyDir: { sizeLimit: '10Mi' } });
      // Seldom asked: of one pod the kubelet tells 25 events, and then hardly any more.
      return { pod, container: { ...container, readinessProbe: { ...probe('/healthz', 3), periodSeconds: 10 } } };
    },
    dockerfile: 'ENV DISK=50 UNREADY=1',
    slow: true,
    seconds: 220,
    expected: failed(/threw .* out/),
  },
  {
    name: 'evicted-without-trace',
    shows: 'The same, and the program ends well when it is told to stop: then its pod counts as one that succeeded.',
    options: () => volume({ emptyDir: { sizeLimit: '10Mi' } }),
    dockerfile: 'ENV DISK=50 START_DELAY=1h',
    slow: true,
    seconds: 220,
    expected: failed(/threw .* out/),
  },
  {
    name: 'verify-path-fails',
    shows: 'All new pods are ready, but what they are for does not work: the check inside answers 500.',
    dockerfile: 'ENV BROKEN_PATH=/check',
    inputs: () => ({ 'verify-path': '/check' }),
    expected: failed(/does not answer \/check .*care_notes/),
  },
  {
    name: 'verify-url-fails',
    shows: 'The same, asked from outside after the rollout.',
    dockerfile: 'ENV BROKEN_PATH=/check',
    inputs: (app) => ({ 'verify-url': `http://127.0.0.1:${app.nodePort}/check` }),
    expected: failed(/\/check .*does not answer/),
  },
  {
    name: 'node-not-ready',
    shows: 'The node stops answering while the new version starts: nobody can say whether it works.',
    dockerfile: 'ENV START_DELAY=1h',
    during: async (app) => {
      await untilChanged(app);
      const kubelet = Number.parseInt(readFileSync(join(testbed('STATE'), 'kubelet.pid'), 'utf8'), 10);
      app.undo(() => process.kill(kubelet, 'SIGCONT'));
      process.kill(kubelet, 'SIGSTOP');
    },
    exclusive: true,
    slow: true,
    seconds: 180,
    expected: { outcome: 'failed', cause: /[Nn]ode.*in trouble/ },
  },
  {
    name: 'paused',
    shows: 'Somebody paused the Deployment.',
    arrange: (app) => inNamespace(app, 'rollout', 'pause', 'deployment/app'),
    seconds: 10,
    expected: { outcome: 'refused', cause: /is paused/ },
  },
  {
    name: 'superseded-during',
    shows: 'Somebody else sets another image while the new version starts.',
    dockerfile: 'ENV START_DELAY=15s',
    during: async (app) => {
      await untilChanged(app);
      await sleep(3_000);
      inNamespace(app, 'set', 'image', 'deployment/app', `app=${app.repository}:first`);
    },
    seconds: 12,
    expected: { outcome: 'superseded', cause: /somebody else changed/ },
  },
  {
    name: 'certificate-expired',
    shows: 'The certificate by which kubectl on the host signs in has expired.',
    arrange: (app) => {
      const file = expiredConfiguration(app);
      app.undo(() => rmSync(file));
      writeFileSync(file, kubeconfig(0), { mode: 0o644 });
    },
    inputs: (app) => ({ kubectl: `kubectl --kubeconfig=${expiredConfiguration(app)}` }),
    expected: { outcome: 'refused', cause: /credentials|certificate/ },
  },
].map((condition) => ({ ...condition, kind: /** @type {const} */ ('bad') }));

/** @type {Condition[]} */
const good = [
  { name: 'plain', shows: 'Nothing is wrong.', seconds: 20, expected: deployed },
  {
    name: 'crash-twice-then-ok',
    shows: 'The database comes up late: the new version ends twice, then runs.',
    options: () => ({ ...volume({ emptyDir: {} }), replicas: 1 }),
    dockerfile: 'ENV CRASH_TIMES=2',
    slow: true,
    seconds: 70,
    expected: deployed,
  },
  {
    name: 'ready-after-60s',
    shows: 'The new version takes a minute to be ready.',
    options: () => ({ replicas: 1 }),
    dockerfile: 'ENV START_DELAY=60s',
    slow: true,
    seconds: 90,
    expected: deployed,
  },
  {
    name: 'registry-away-15s',
    shows: 'The registry cuts every connection of the node for 15 seconds.',
    ...pullsFail('reset', 15),
    slow: true,
    seconds: 70,
    expected: deployed,
  },
  {
    name: 'slow-image-pull',
    shows: 'The registry takes 15 seconds for each part of the image.',
    ...pullsFail('slow'),
    slow: true,
    seconds: 60,
    expected: deployed,
  },
  {
    name: 'drain-30s',
    shows: 'An old pod that is told to stop serves on for 30 seconds.',
    options: () => ({ drainSeconds: 30 }),
    slow: true,
    seconds: 75,
    expected: deployed,
  },
  {
    name: 'webhook-restarts',
    shows: 'The admission webhook is away for the first 15 seconds of the rollout.',
    arrange: async (app) => {
      const { configuration, start, stop } = await webhook(app.namespace);
      applyToCluster(app, configuration);
      await untilPodsAreRefused(app);
      webhooks.set(app, start);
      app.undo(stop);
    },
    during: async (app) => {
      await untilChanged(app);
      await sleep(15_000);
      await webhooks.get(app)?.();
    },
    seconds: 60,
    expected: deployed,
  },
  {
    name: 'room-after-old-pod-gone',
    shows: 'A new pod has room only when an old one has gone, which takes 70 seconds each time.',
    options: () => ({
      spec: oldFirst,
      drainSeconds: 70,
      container: { resources: { requests: { memory: '1Gi' } } },
    }),
    arrange: (app) => fillNode(app, 'memory', 512 * MIB),
    slow: true,
    seconds: 200,
    expected: deployed,
  },
  {
    name: 'quota-after-old-pod-gone',
    shows: 'A new pod is let in only when an old one has gone, which takes 20 seconds each time.',
    options: () => ({ spec: oldFirst, drainSeconds: 20 }),
    arrange: (app) => setQuota(app, 2),
    slow: true,
    seconds: 120,
    expected: deployed,
  },
  {
    name: 'scaled-during',
    shows: 'Somebody raises the number of replicas meanwhile.',
    options: () => ({ replicas: 1 }),
    dockerfile: 'ENV START_DELAY=5s',
    during: async (app) => {
      await untilChanged(app);
      inNamespace(app, 'scale', 'deployment/app', '--replicas=2');
    },
    seconds: 45,
    expected: deployed,
  },
].map((condition) => ({ ...condition, kind: /** @type {const} */ ('good') }));

const conditions = [...bad, ...good];

const MIB = 2 ** 20;
const webhooks = new WeakMap();

/** A copy of the program whose header says that it is for 64-bit ARM. @param {Buffer} program */
function forArm(program) {
  program[18] = 0xb7; // e_machine: EM_AARCH64
  return program;
}

/** @param {SampleApp} app */
const label = (app) => `example.com/${app.namespace}`;

/** @returns {string[]} */
const nodes = () => kubectl('get', 'nodes', '-o', 'name').trim().split('\n');

/** Waits until the Deployment has another image than the first. @param {SampleApp} app */
async function untilChanged(app) {
  const image = 'jsonpath={.spec.template.spec.containers[0].image}';
  for (;;) {
    const { stdout } = await execute('kubectl', ['get', 'deployment/app', '-n', app.namespace, '-o', image]);
    if (!stdout.endsWith(':first')) return;
    await sleep(200);
  }
}

/** For objects that are in no namespace: they go when the app does. @param {SampleApp} app @param {any} object */
function applyToCluster(app, object) {
  app.undo(() => kubectl('delete', object.kind, object.metadata.name, '--ignore-not-found', '--wait=false'));
  app.apply(object);
}

/** A new rule of admission holds after a moment only. @param {SampleApp} app */
async function untilPodsAreRefused(app) {
  const pod = ['run', 'probe', '--image=probe', '--dry-run=server', '-n', app.namespace];
  for (let tries = 0; tries < 100; tries++) {
    const isRefused = await execute('kubectl', pod).then(
      () => false,
      () => true,
    );
    if (isRefused) return;
    await sleep(200);
  }
  throw new Error('pods are still let in');
}

/** @param {SampleApp} app @param {number} pods */
async function setQuota(app, pods) {
  app.apply({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'pods' },
    spec: { hard: { pods: String(pods) } },
  });
  // It holds once its controller has counted.
  for (let tries = 0; tries < 100; tries++) {
    if (inNamespace(app, 'get', 'quota/pods', '-o', 'jsonpath={.status.used.pods}') !== '') return;
    await sleep(200);
  }
  throw new Error('the quota was never counted');
}

/** A policy that lets in the images of one registry alone. @param {SampleApp} app */
function policy({ namespace: name }) {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const resourceRules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }];
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': name } };
  const validation = {
    expression: "object.spec.containers.all(c, c.image.startsWith('registry.example.com/'))",
    message: 'images must come from registry.example.com',
  };
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: { matchConstraints: { resourceRules }, validations: [validation] },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'], matchResources: { namespaceSelector } },
    },
  ];
}

/** A volume on the node, for `claim`. @param {SampleApp} app */
function makeVolume(app) {
  const path = mkdtempSync(join(tmpdir(), 'volume-'));
  app.undo(() => rmSync(path, { recursive: true, force: true }));
  applyToCluster(app, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: app.namespace },
    spec: { ...storage, capacity: { storage: '1Mi' }, hostPath: { path } },
  });
}

/** @param {SampleApp} app */
const claim = (app) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data' },
  spec: { ...storage, volumeName: app.namespace, resources: { requests: { storage: '1Mi' } } },
});
const storage = { accessModes: ['ReadWriteMany'], storageClassName: '' };

/**
 * Gives a neighbour all that is left on the node of what pods can ask for, but for a rest. Only pods that ask for it
 * notice: others need no room.
 *
 * @param {SampleApp} app @param {'cpu' | 'memory'} resource @param {number} rest In cores or bytes.
 */
async function fillNode(app, resource, rest) {
  const [node] = JSON.parse(kubectl('get', 'nodes', '-o', 'json')).items;
  const { items: pods } = JSON.parse(
    kubectl('get', 'pods', '-A', '--field-selector', 'status.phase!=Succeeded,status.phase!=Failed', '-o', 'json'),
  );
  const asked = pods
    .flatMap(({ spec }) => spec.containers)
    .map(({ resources }) => quantity(resources?.requests?.[resource] ?? '0'))
    .reduce((sum, each) => sum + each, 0);
  const amount = quantity(node.status.allocatable[resource]) - asked - rest;
  const requests = { [resource]: resource === 'cpu' ? `${Math.floor(amount * 1000)}m` : String(Math.floor(amount)) };
  app.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'neighbour' },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'neighbour', image: `${app.repository}:first`, resources: { requests } }],
    },
  });
  await execute('kubectl', ['wait', 'pod/neighbour', '-n', app.namespace, '--for=condition=Ready', '--timeout=30s']);
}

/** Reads such as 250m, 2 or 1Gi. @param {string} text */
function quantity(text) {
  const [, number = '', unit = ''] = /^([\d.]+)(\w*)$/.exec(text) ?? [];
  const units = { '': 1, m: 1 / 1000, Ki: 2 ** 10, Mi: MIB, Gi: 2 ** 30 };
  return Number(number) * units[unit];
}

/** Where the deploy user can read it. @param {SampleApp} app */
const expiredConfiguration = (app) => join(tmpdir(), `expired-${app.namespace}.conf`);

/**
 * Has everything ready for the deploy of version `second`. Whatever happens, the app's `remove` puts the cluster back.
 *
 * @param {Condition} condition @param {SampleApp} [app] Not installed yet.
 */
async function stage(condition, app = new App()) {
  try {
    await condition.before?.(app);
    await app.install({ replicas: 2, ...condition.options?.(app) });
    await condition.arrange?.(app);
    // An image of its own: what the node has once pulled, from wherever, it does not get again.
    app.dockerfile(`${condition.dockerfile ?? ''}\nLABEL namespace=${app.namespace}`);
  } catch (fault) {
    await app.remove();
    throw fault;
  }
  return { app, inputs: { timeout: TIMEOUT, ...condition.inputs?.(app) } };
}

module.exports = { conditions, stage };
