import type { Container, Pod, PodSpec } from '../../src/kubectl/objects';
import { diagnose } from '../../src/rollout/diagnose';
import type { Case } from '../../src/rollout/diagnose-pod';
import type { Cause, PodTrouble, PullFault, Refuser, Sign } from '../../src/rollout/verdict';
import type { Warning } from '../../src/rollout/warnings';
import { explain, type ProblemCode } from '../../src/words/words';
import { deployment } from '../workload/deployment';
import { APP, podOf, snapshotOf, status, waiting } from './cluster';

const POD = 'web-1-abcde';
const IMAGE = 'registry.example.com/app:1';
const NS = 'default';

interface Given {
  /** Of the container in the new version's template. */
  readonly container?: Partial<Container>;
  readonly spec?: Partial<PodSpec>;
  readonly pods?: readonly Pod[];
  readonly pushed?: string;
  readonly evidence?: Partial<Case['evidence']>;
}

function caseOf({ container = {}, spec = {}, pods = [], pushed, evidence = {} }: Given = {}): Case {
  const workload = deployment((draft) => {
    draft.spec.template.spec = { ...spec, containers: [{ name: APP, image: IMAGE, ...container }] };
  });
  return {
    deployment: APP,
    namespace: NS,
    timeoutMs: 300_000,
    verifyPath: '/up',
    ...(pushed !== undefined && { pushed }),
    snapshot: snapshotOf(pods, workload),
    evidence: { logs: [], warnings: [], pulling: [], ...evidence },
  };
}

const trouble = (more: Partial<PodTrouble> = {}): PodTrouble => ({
  pod: POD,
  container: APP,
  reason: 'CrashLoopBackOff',
  message: '',
  restarts: 2,
  ...more,
});
const crashing = (more: Partial<PodTrouble> = {}) => trouble({ exitCode: 1, endedBy: 'Error', ...more });
/** A new pod as admission has changed it. */
const admitted = (spec: Partial<PodSpec>) =>
  podOf(POD, { spec: { containers: [{ name: APP, image: IMAGE }], ...spec } });
const warning = (reason: string, message: string, about = `Pod ${POD}`): Warning => ({
  about,
  reason,
  message,
  count: 2,
});
const logs = (lines: string, container = APP) => [{ pod: POD, container, lines }];
const at = { namespace: NS, pod: POD, container: APP };
const where = { deployment: APP, namespace: NS };

type Row = readonly [what: string, code: ProblemCode, params: object, cause: Cause, given?: Given];
const rows = (all: readonly Row[]) => {
  for (const [name, code, params, cause, given] of all) {
    it(`${name}: ${code}`, () => {
      const found = diagnose(cause, caseOf(given));
      expect(found).toMatchObject({ code, params });
      const { what, next } = explain(found);
      expect(`${what} ${next}`).not.toMatch(/undefined|\[object|NaN/);
    });
  }
};

describe('an image that cannot be pulled', () => {
  const denied = 'pull access denied';
  const pull = (fault: PullFault, message = denied): Sign => ({
    code: 'pull',
    fault,
    trouble: trouble({ reason: 'ImagePullBackOff', message, restarts: 0 }),
  });
  const secrets = { spec: { imagePullSecrets: [{ name: 'registry' }, { name: 'other' }] } };
  const unretrieved = (names: string) =>
    warning(
      'FailedToRetrieveImagePullSecret',
      `Unable to retrieve some image pull secrets (${names}); attempting to pull the image may not succeed.`,
    );
  const base = { image: IMAGE, namespace: NS, detail: denied };
  rows([
    ['a name that is none', 'cause.pull-bad-name', base, pull('bad-name')],
    ['never to be pulled', 'cause.pull-never', base, pull('never')],
    ['not found', 'cause.pull-not-found', { ...base, isOurs: true }, pull('not-found'), { pushed: IMAGE }],
    [
      'not found, of a version before',
      'cause.pull-not-found',
      { ...base, isOurs: false },
      pull('not-found'),
      { pushed: 'registry.example.com/app:2' },
    ],
    ['denied, without a pull secret', 'cause.pull-no-login', base, pull('denied')],
    [
      'denied, with pull secrets',
      'cause.pull-denied',
      { ...base, secrets: ['registry', 'other'] },
      pull('denied'),
      secrets,
    ],
    [
      'denied, with one that is not there, as an event says',
      'cause.pull-secret-missing',
      { ...base, secret: 'other' },
      pull('denied'),
      { ...secrets, evidence: { warnings: [warning('Failed', 'Error: ErrImagePull'), unretrieved('other')] } },
    ],
    [
      'denied, with several that are not there',
      'cause.pull-secret-missing',
      { secret: 'registry' },
      pull('denied'),
      { ...secrets, evidence: { warnings: [unretrieved('registry, other')] } },
    ],
    [
      "denied, where the event speaks of the service account's secret only",
      'cause.pull-denied',
      { secrets: ['registry', 'other'] },
      pull('denied'),
      { ...secrets, evidence: { warnings: [unretrieved('default-dockercfg')] } },
    ],
    [
      "denied, with the service account's pull secret, which only the pod has",
      'cause.pull-denied',
      { ...base, secrets: ['registry'] },
      pull('denied'),
      { pods: [admitted({ imagePullSecrets: [{ name: 'registry' }] })] },
    ],
    [
      "denied, with a pull secret of the service account's that is not there",
      'cause.pull-secret-missing',
      { secret: 'registry' },
      pull('denied'),
      {
        pods: [admitted({ imagePullSecrets: [{ name: 'registry' }] })],
        evidence: { warnings: [unretrieved('registry')] },
      },
    ],
    ['too often', 'cause.pull-rate-limit', { ...base, secrets: [] }, pull('rate-limit')],
    [
      'too often, with a login',
      'cause.pull-rate-limit',
      { secrets: ['registry', 'other'] },
      pull('rate-limit'),
      secrets,
    ],
    ['for another processor', 'cause.pull-platform', base, pull('platform')],
    ['out of reach', 'cause.pull-network', base, pull('network')],
    ['for a reason that is not known', 'cause.pull-other', base, pull('other')],
    [
      'of an init container',
      'cause.pull-not-found',
      { image: 'a/migrate:1' },
      { code: 'pull', fault: 'not-found', trouble: trouble({ container: 'migrate', isInit: true }) },
      { spec: { initContainers: [{ name: 'migrate', image: 'a/migrate:1' }] } },
    ],
  ]);
});

describe('a container that does not begin', () => {
  const config = (message: string): Cause => ({ code: 'config', trouble: trouble({ message, restarts: 0 }) });
  const start = (message: string): Cause => ({ code: 'start', trouble: trouble({ message, restarts: 1 }) });
  const oci = 'OCI runtime create failed: runc create failed: unable to start container process: ';
  rows([
    [
      'a Secret',
      'cause.missing',
      { ...at, kind: 'Secret', name: 'database', key: '' },
      config('secret "database" not found'),
    ],
    [
      'a key',
      'cause.missing',
      { kind: 'Secret', name: 'wrong', key: 'password' },
      config("couldn't find key password in Secret q-a/wrong"),
    ],
    ['a ConfigMap', 'cause.missing', { kind: 'ConfigMap', name: 'settings' }, config('configmap "settings" not found')],
    [
      'root',
      'cause.root',
      at,
      config('container has runAsNonRoot and image will run as root (pod: "q23_q-a(41ce0f66)", container: app)'),
    ],
    ['another setting', 'cause.config', { ...at, detail: 'invalid variable' }, config('invalid variable')],
    [
      'no such command',
      'cause.start',
      { ...at, entrypoint: '/app/start', fault: 'no-command' },
      start(`${oci}exec: "/app/start": stat /app/start: no such file or directory: unknown`),
    ],
    [
      'not executable',
      'cause.start',
      { entrypoint: '/start', fault: 'no-permission' },
      start(`${oci}exec: "/start": permission denied: unknown`),
    ],
    [
      'no command',
      'cause.start',
      { entrypoint: '', fault: 'no-command-set' },
      start('failed to generate spec: no command specified'),
    ],
    ['another format', 'cause.start', { entrypoint: '/app', fault: 'format' }, start('exec /app: exec format error')],
    ['something else', 'cause.start', { fault: 'other', detail: 'what is this' }, start('what is this')],
  ]);
});

describe('a container that ends', () => {
  const crash = (more: Partial<PodTrouble> = {}): Cause => ({ code: 'crash', trouble: crashing(more) });
  const probes = {
    container: {
      livenessProbe: { httpGet: { port: 8080, path: '/live' } },
      startupProbe: { tcpSocket: { port: 9090 } },
    },
  };
  const killedBy = (probe: string) => [
    warning(
      'Unhealthy',
      `${probe === 'liveness' ? 'Liveness' : 'Startup'} probe failed: HTTP probe failed with statuscode: 500`,
    ),
    warning('Killing', `Container ${APP} failed ${probe} probe, will be restarted`),
  ];
  rows([
    ['of itself', 'cause.crash', { ...at, isInit: false, exitCode: 1, ends: 3, said: '' }, crash()],
    ['and runs again', 'cause.crash', { ends: 2 }, crash({ reason: 'Restarted' })],
    ['in an init container', 'cause.crash', { isInit: true }, crash({ isInit: true })],
    [
      'with last words',
      'cause.crash',
      { said: 'no database' },
      crash(),
      { evidence: { logs: logs('starting\nno database') } },
    ],
    [
      'with what the bad run said before what the next one says',
      'cause.crash',
      { said: 'fatal: no database' },
      crash({ reason: 'Restarted' }),
      { evidence: { logs: [...logs('fatal: no database'), ...logs('starting')] } },
    ],
    ['without logs, with its message', 'cause.crash', { said: 'no database' }, crash({ message: 'no database' })],
    [
      "without another container's words",
      'cause.crash',
      { said: '' },
      crash(),
      { evidence: { logs: logs('fatal: something of mine', 'proxy') } },
    ],
    [
      'as no program for this processor',
      'cause.format',
      at,
      crash(),
      { evidence: { logs: logs('exec /server: exec format error') } },
    ],
    [
      'by its liveness probe',
      'cause.probe-kill',
      {
        ...at,
        probe: 'liveness',
        restarts: 2,
        check: 'GET :8080/live',
        answer: 'HTTP probe failed with statuscode: 500',
      },
      crash({ exitCode: 0, endedBy: 'Completed' }),
      { ...probes, evidence: { warnings: killedBy('liveness') } },
    ],
    [
      'by its startup probe',
      'cause.probe-kill',
      { probe: 'startup', check: 'connecting to port 9090' },
      crash({ exitCode: 137 }),
      { ...probes, evidence: { warnings: killedBy('startup') } },
    ],
    [
      "by itself, where a probe killed another pod's",
      'cause.crash',
      { exitCode: 1 },
      crash(),
      { ...probes, evidence: { warnings: killedBy('liveness').map((each) => ({ ...each, about: 'Pod web-0' })) } },
    ],
    ['for want of memory, as a crash', 'cause.oom', { limit: '' }, crash({ endedBy: 'OOMKilled', exitCode: 137 })],
    [
      'for want of memory',
      'cause.oom',
      { ...at, limit: '64Mi', ends: 3 },
      { code: 'oom', trouble: crashing({ endedBy: 'OOMKilled', exitCode: 137 }) },
      { container: { resources: { limits: { memory: '64Mi' } } } },
    ],
    [
      'for want of memory, and runs again',
      'cause.oom',
      { limit: '', ends: 2 },
      { code: 'oom', trouble: crashing({ reason: 'Restarted', endedBy: 'OOMKilled' }) },
    ],
  ]);

  it.each<[string, string, string]>([
    [
      'a Java trace',
      `2026-01-01 INFO Starting
Exception in thread "main" org.springframework.beans.factory.BeanCreationException: Error creating bean 'dataSource'
	at org.springframework.beans.factory.support.A.b(A.java:1)
Caused by: java.lang.IllegalStateException: pool
	at c.D.e(D.java:2)
Caused by: java.net.UnknownHostException: database
	at f.G.h(G.java:3)
	... 23 more`,
      'Caused by: java.net.UnknownHostException: database',
    ],
    [
      'a Java trace without a cause',
      'starting\njava.lang.NullPointerException: Cannot invoke "String.length()"\n\tat com.example.Main.main(Main.java:3)',
      'java.lang.NullPointerException: Cannot invoke "String.length()"',
    ],
    [
      'a Go panic',
      'listening\npanic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV]\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:12 +0x1d\n',
      'panic: runtime error: invalid memory address or nil pointer dereference',
    ],
    [
      'a Node error',
      "/app/server.js:3\n  throw new Error('x');\n  ^\n\nError: DATABASE_URL is not set\n    at Object.<anonymous> (/app/server.js:3:9)\n\nNode.js v22.1.0\n",
      'Error: DATABASE_URL is not set',
    ],
    [
      'a Node error of another kind',
      "/app/server.js:3\n  x.y();\n    ^\n\nTypeError: Cannot read properties of undefined (reading 'y')\n    at Object.<anonymous> (/app/server.js:3:5)\n\nNode.js v22.1.0\n",
      "TypeError: Cannot read properties of undefined (reading 'y')",
    ],
    [
      'a Python trace',
      'Traceback (most recent call last):\n  File "/app/main.py", line 3, in <module>\n    os.environ["DB"]\nKeyError: \'DB\'',
      "KeyError: 'DB'",
    ],
    ['plain text', 'one\n  two  \n\n', 'two'],
    ['a long line', 'x'.repeat(1_000), 'x'.repeat(200)],
    ['nothing', '\n \n', ''],
  ])('its telling line is found in %s', (_, lines, said) => {
    expect(diagnose(crash(), caseOf({ evidence: { logs: logs(lines) } })).params).toMatchObject({ said });
  });
});

describe('pods that are not made, or find no place', () => {
  const noRoom = (message: string): Cause => ({ code: 'no-room', trouble: trouble({ container: '', message }) });
  const refused = (by: Refuser, message: string): Cause => ({ code: 'refused', by, message });
  const claim = (message: string): Cause => ({ code: 'claim', trouble: trouble({ container: '', message }) });
  const setup = (message: string): Cause => ({ code: 'setup', trouble: trouble({ container: '', message }) });
  const room = { resource: 'cpu', asks: '500m', free: '250m', node: 'one' } as const;
  const nodes = (text: string) => `0/1 nodes are available: ${text}`;
  rows([
    [
      'no room, with numbers',
      'cause.no-room',
      { ...where, resource: 'cpu', asks: '500m', free: '250m', node: 'one' },
      noRoom(nodes('1 Insufficient cpu')),
      { evidence: { room } },
    ],
    [
      'no room',
      'cause.no-room',
      { resource: 'memory', asks: '', free: '' },
      noRoom(nodes('1 Insufficient memory, 1 Insufficient cpu')),
    ],
    // Schedulers before 1.24 say nothing after it.
    ['no room, with a full stop', 'cause.no-room', { resource: 'cpu' }, noRoom(nodes('1 Insufficient cpu.'))],
    [
      'no room on a card',
      'cause.no-room',
      { resource: 'nvidia.com/gpu' },
      noRoom(nodes('1 Insufficient nvidia.com/gpu')),
    ],
    ['too many pods', 'cause.no-room', { resource: 'pods' }, noRoom(nodes('1 Too many pods'))],
    [
      'a port of the node that is taken',
      'cause.port-taken',
      { ...where, detail: nodes("1 node(s) didn't have free ports for the requested pod ports") },
      noRoom(nodes("1 node(s) didn't have free ports for the requested pod ports")),
    ],
    [
      'a pod that wants to be apart from the old one',
      'cause.kept-apart',
      { ...where, detail: nodes("1 node(s) didn't match pod anti-affinity rules") },
      noRoom(nodes("1 node(s) didn't match pod anti-affinity rules")),
    ],
    [
      'pods that want to be spread',
      'cause.kept-apart',
      where,
      noRoom(nodes("1 node(s) didn't match pod topology spread constraints")),
    ],
    [
      'no node',
      'cause.no-node',
      { ...where, detail: nodes("1 node(s) didn't match Pod's node affinity/selector") },
      noRoom(nodes("1 node(s) didn't match Pod's node affinity/selector")),
    ],
    [
      'a quota',
      'cause.quota',
      { ...where, quota: 'small' },
      refused(
        'quota',
        'pods "q51-zrccq" is forbidden: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0',
      ),
    ],
    [
      'a LimitRange',
      'cause.limit-range',
      where,
      refused('rule', 'pods "q52-jncrf" is forbidden: maximum memory usage per Container is 32Mi, but limit is 64Mi'),
    ],
    [
      "a LimitRange's ratio",
      'cause.limit-range',
      where,
      refused(
        'rule',
        'pods "a" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000',
      ),
    ],
    [
      'Pod Security',
      'cause.pod-security',
      where,
      refused(
        'rule',
        'pods "a" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
      ),
    ],
    [
      'a service account',
      'cause.missing',
      { namespace: NS, kind: 'ServiceAccount', name: 'app', key: '' },
      refused(
        'rule',
        'pods "a-" is forbidden: error looking up service account default/app: serviceaccount "app" not found',
      ),
    ],
    [
      'a rule',
      'cause.rule',
      { detail: 'admission webhook "pods.policy.example.com" denied the request: images must be signed' },
      refused('rule', 'admission webhook "pods.policy.example.com" denied the request: images must be signed'),
    ],
    [
      'a webhook that is away',
      'cause.webhook-away',
      {
        webhook: 'pods.policy.example.com',
        detail: 'failed calling webhook "pods.policy.example.com": failed to call webhook: Post "https://x": EOF',
      },
      refused(
        'webhook-away',
        'Internal error occurred: failed calling webhook "pods.policy.example.com": failed to call webhook: Post "https://x": EOF',
      ),
    ],
    [
      'another refusal',
      'cause.refused',
      { ...where, detail: 'etcdserver: timeout' },
      refused('other', 'etcdserver: timeout'),
    ],
    [
      'a claim that is not there',
      'cause.missing',
      { kind: 'PersistentVolumeClaim', name: 'data' },
      claim(nodes('persistentvolumeclaim "data" not found. not found')),
    ],
    [
      'a claim without a volume',
      'cause.claim',
      where,
      claim(nodes('pod has unbound immediate PersistentVolumeClaims. not found')),
    ],
    [
      'a volume of a Secret',
      'cause.missing',
      { kind: 'Secret', name: 'database', pod: POD },
      setup('MountVolume.SetUp failed for volume "v" : secret "database" not found'),
    ],
    [
      'another volume',
      'cause.setup',
      { ...where, pod: POD },
      setup('MountVolume.SetUp failed for volume "v" : hostPath type check failed: /no/such is not a directory'),
    ],
  ]);
});

describe('what is not the fault of the new version, or shows only from outside', () => {
  const evicted = (message: string): Cause => ({
    code: 'evicted',
    count: 3,
    trouble: trouble({ container: '', reason: 'Evicted', message }),
  });
  rows([
    [
      'thrown out',
      'cause.evicted',
      { ...where, count: 3, detail: 'The node was low on resource: memory.' },
      evicted('The node was low on resource: memory.'),
    ],
    [
      'thrown out without a word',
      'cause.evicted',
      { detail: 'Usage of EmptyDir volume "state" exceeds the limit "10Mi".' },
      evicted(''),
      { evidence: { warnings: [warning('Evicted', 'Usage of EmptyDir volume "state" exceeds the limit "10Mi".')] } },
    ],
    [
      'a node',
      'cause.node',
      { ...where, node: 'one', detail: 'not-ready' },
      { code: 'node', node: 'one', pod: POD, message: 'not-ready' },
    ],
    ['verify-path', 'cause.verify-path', { path: '/up', detail: 'no' }, { code: 'verify', detail: 'no' }],
    [
      'verify-url',
      'cause.verify-url',
      { url: 'https://a.example', detail: 'HTTP 503' },
      { code: 'verify-url', url: 'https://a.example', detail: 'HTTP 503' },
    ],
    [
      'a controller that cannot go on',
      'rollout.stalled',
      { ...where, reason: 'ReplicaSetCreateError', message: 'x' },
      { code: 'stalled', reason: 'ReplicaSetCreateError', message: 'x' },
    ],
  ]);
});

describe('what is said', () => {
  const said = (cause: Cause, given?: Given) => {
    const { what, next } = explain(diagnose(cause, caseOf(given)));
    return `${what} ${next}`;
  };
  const evicted = (count: number): Cause => ({
    code: 'evicted',
    count,
    trouble: trouble({ container: '', reason: 'Evicted', message: 'short of memory' }),
  });
  const unplaced = (message: string): Cause => ({ code: 'no-room', trouble: trouble({ container: '', message }) });
  const notFound = (container: string): Cause => ({
    code: 'pull',
    fault: 'not-found',
    trouble: trouble({ container, reason: 'ErrImagePull', message: 'not found', restarts: 0 }),
  });
  const proxied = {
    containers: [
      { name: APP, image: IMAGE },
      { name: 'proxy', image: 'envoyproxy/envoy:v1' },
    ],
  };

  it('of one pod and of several that were thrown out', () => {
    expect(said(evicted(1))).toMatch(/^The node threw a new pod out/);
    expect(said(evicted(3))).toMatch(/^The node threw 3 new pods out/);
  });

  it.each(["didn't have free ports for the requested pod ports", "didn't match pod anti-affinity rules"])(
    'to let the old pod go first, where a node %s',
    (why) => expect(said(unplaced(`0/1 nodes are available: 1 node(s) ${why}.`))).toMatch(/maxSurge: 0/),
  );

  it('only of the image that this run pushed, that it saw it', () => {
    const given = { pushed: IMAGE, pods: [admitted(proxied)] };
    expect(said(notFound(APP), given)).toMatch(/this run pushed/);
    expect(said(notFound('proxy'), given)).toMatch(/envoy/);
    expect(said(notFound('proxy'), given)).not.toMatch(/this run pushed/);
  });

  it('of an end, without the password in the container’s own last words', () => {
    const message = 'cannot connect to postgres://app:hunter2@db:5432/app';
    const text = said({ code: 'crash', trouble: crashing({ message }) });
    expect(text).toMatch(/cannot connect to postgres:\/\/app:\*\*\*@db/);
    expect(text).not.toMatch(/hunter2/);
  });
});

describe('a deadline', () => {
  const deadline = (more: Partial<Extract<Cause, { code: 'deadline' }>> = {}): Cause => ({
    code: 'deadline',
    whose: 'timeout',
    waitingFor: 'ready',
    ...more,
  });
  const unready = trouble({ reason: 'NotReady', restarts: 0 });
  const creating = podOf(POD, {
    spec: { containers: [{ name: APP, image: IMAGE }] },
    status: {
      phase: 'Pending',
      startTime: '2026-01-01T00:00:00Z',
      containerStatuses: [status(waiting('ContainerCreating'))],
    },
  });
  const pulling = { pods: [creating], evidence: { pulling: [POD] } };
  rows([
    [
      'by itself',
      'rollout.deadline',
      { ...where, whose: 'timeout', waitingFor: 'pods', ms: 300_000 },
      deadline({ waitingFor: 'pods' }),
    ],
    ["of the workload's own", 'rollout.deadline', { whose: 'progress' }, deadline({ whose: 'progress' })],
    [
      'passes on what stands behind it',
      'cause.pull-network',
      { image: IMAGE },
      deadline({ trouble: unready, behind: { code: 'pull', fault: 'network', trouble: trouble({ message: 'EOF' }) } }),
    ],
    ['of one that crashed', 'cause.crash', { exitCode: 1, ends: 2 }, deadline({ trouble: crashing({ restarts: 1 }) })],
    [
      'of one that was killed for want of memory once',
      'cause.oom',
      { limit: '64Mi' },
      deadline({ trouble: crashing({ endedBy: 'OOMKilled', exitCode: 137 }) }),
      { container: { resources: { limits: { memory: '64Mi' } } } },
    ],
    [
      'of one that was killed for want of memory, by a limit that only the pod has',
      'cause.oom',
      { limit: '128Mi' },
      deadline({ trouble: crashing({ endedBy: 'OOMKilled', exitCode: 137 }) }),
      {
        pods: [admitted({ containers: [{ name: APP, image: IMAGE, resources: { limits: { memory: '128Mi' } } }] })],
      },
    ],
    [
      'of one that is not ready',
      'cause.not-ready',
      {
        ...at,
        probe: 'readiness',
        check: 'GET :8080/up',
        answer: 'HTTP probe failed with statuscode: 503',
        ms: 300_000,
      },
      deadline({ trouble: unready }),
      {
        container: { readinessProbe: { httpGet: { port: 8080, path: '/up' } } },
        evidence: {
          warnings: [warning('Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503')],
        },
      },
    ],
    [
      'of one that is not ready, after another was thrown out',
      'cause.not-ready',
      { ...at, probe: 'readiness' },
      deadline({
        trouble: unready,
        behind: { code: 'evicted', count: 1, trouble: trouble({ container: '', reason: 'Evicted', message: 'x' }) },
      }),
      { container: { readinessProbe: { httpGet: { port: 8080, path: '/up' } } } },
    ],
    [
      'of none but one that was thrown out',
      'cause.evicted',
      { count: 1 },
      deadline({
        trouble: trouble({ container: '', reason: 'Evicted' }),
        behind: { code: 'evicted', count: 1, trouble: trouble({ container: '', reason: 'Evicted', message: 'x' }) },
      }),
    ],
    [
      'of one that has not started',
      'cause.not-ready',
      { probe: 'startup', check: 'cat /tmp/up', answer: '', whose: 'progress' },
      deadline({ whose: 'progress', trouble: trouble({ reason: 'NotStarted', restarts: 0 }) }),
      { container: { startupProbe: { exec: { command: ['cat', '/tmp/up'] } }, readinessProbe: { grpc: { port: 1 } } } },
    ],
    [
      'of one that is not ready without a probe',
      'rollout.deadline',
      { trouble: unready },
      deadline({ trouble: unready }),
    ],
    [
      'while the image is being pulled',
      'cause.pull-slow',
      { image: IMAGE, ms: 300_000, whose: 'timeout' },
      deadline(),
      pulling,
    ],
    [
      "while an init container's image is being pulled",
      'cause.pull-slow',
      { image: 'a/migrate:1' },
      deadline(),
      {
        evidence: { pulling: [POD] },
        pods: [
          podOf(POD, {
            spec: {
              initContainers: [{ name: 'migrate', image: 'a/migrate:1' }],
              containers: [{ name: APP, image: IMAGE }],
            },
            status: {
              ...creating.status,
              initContainerStatuses: [status({ name: 'migrate', ...waiting('PodInitializing') })],
              containerStatuses: [status(waiting('PodInitializing'))],
            },
          }),
        ],
      },
    ],
    ['while nothing is known to be pulled', 'rollout.deadline', where, deadline(), { pods: [creating] }],
  ]);
});
