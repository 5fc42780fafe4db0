import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { App, kubectl, root, testbed } from './harness';
import { makeKey, run, type Said, SshServer } from './support/ssh-server';

jest.setTimeout(180_000);

const USER = 'host-setup-test';
const HOME = `/home/${USER}`;
const LABEL = `deploy-action.medibird.github.io/account=${USER}`;
const KINDS = [
  ...['rolebindings', 'roles', 'clusterrolebindings', 'clusterroles', 'serviceaccounts', 'secrets', 'namespaces'],
  ...['validatingadmissionpolicies', 'validatingadmissionpolicybindings'],
].join(',');

const folder = mkdtempSync(join(tmpdir(), 'host-setup-'));
const file = (name: string) => join(folder, name);
const keyFile = (name: string) => {
  makeKey(file(name), name);
  return { file: file(name), line: readFileSync(file(`${name}.pub`), 'utf8').trim() };
};

/** A program that is found before the machine's own. */
function program(name: string, script: string): void {
  mkdirSync(file('bin'), { recursive: true });
  writeFileSync(file(`bin/${name}`), script, { mode: 0o755 });
}

/** The kubectl that root has first on its PATH is in a folder of root's; this one is for everybody. */
const path = () => `${file('bin')}:${join(testbed('STATE'), 'bin')}:${process.env.PATH}`;

function setupAs(user: string, argv: readonly string[], environment: NodeJS.ProcessEnv = {}): Said {
  return run(join(root, 'host/setup'), ['--user', user, ...argv], { PATH: path(), ...environment });
}
const setup = (...argv: string[]) => setupAs(USER, argv);

/** Runs it where it has to succeed. */
function setUp(...argv: string[]): Said {
  const said = setup(...argv);
  if (said.status !== 0) throw new Error(`host/setup ${argv.join(' ')}: ${said.stderr}`);
  return said;
}

/** All that there is of the account, in the cluster (with each object's version) and on the host. */
function present() {
  const objects = JSON.parse(kubectl('get', KINDS, '-A', '-l', LABEL, '-o', 'json')).items;
  const list = ['-path', '*/.kube/cache/*', '-prune', '-o', '-printf', '%P %u:%g %m\n'];
  const files = existsSync(HOME) ? execFileSync('find', [HOME, ...list], { encoding: 'utf8' }) : '';
  const user = run('getent', ['passwd', USER]).stdout;
  const group = run('getent', ['group', USER]).stdout;
  return { objects, files: files.split('\n').sort(), user, group };
}
type Deployment = ReturnType<App['deployment']> & { metadata: object };
const NOTHING = { objects: [], files: [''], user: '', group: '' };

/** kubectl with the account's own token. */
function asAccount(argv: readonly string[], input = ''): Said {
  return run('kubectl', argv, { KUBECONFIG: `${HOME}/.kube/config` }, input);
}

/** Keeps the private key that was shown. */
function keepKey(name: string, { stdout }: Said): string {
  const [text = ''] = /-----BEGIN[\s\S]*-----END OPENSSH PRIVATE KEY-----\n/.exec(stdout) ?? [];
  writeFileSync(file(name), text, { mode: 0o600 });
  return file(name);
}

/** Another workload, without pods. */
function idle(kind: 'Deployment' | 'StatefulSet', name: string) {
  const labels = { idle: name };
  const container = { name: 'app', image: 'example.invalid/app:1' };
  const resources = { limits: { cpu: '1500m', memory: '1024Mi' } };
  const containers = [{ ...container, resources, volumeMounts: [{ name: 'empty', mountPath: '/empty' }] }];
  const volumes = [{ name: 'empty', emptyDir: {} }];
  const initContainers = [{ ...container, name: 'first' }];
  const template = { metadata: { labels }, spec: { initContainers, containers, volumes } };
  const spec = { replicas: 0, selector: { matchLabels: labels }, template };
  return { apiVersion: 'apps/v1', kind, metadata: { name }, spec };
}

const app = new App();
const elsewhere = `${app.namespace}-b`;
const sshd = new SshServer(folder, USER);
const granted = `${app.namespace}=app,statefulset/store`;

beforeAll(async () => {
  chmodSync(folder, 0o755);
  await app.install();
  kubectl('create', 'namespace', elsewhere);
  app.apply({ apiVersion: 'v1', kind: 'List', items: [idle('Deployment', 'other'), idle('StatefulSet', 'store')] });
  kubectl('create', 'deployment', 'app', '--image=example.invalid/app:1', '--replicas=0', '-n', elsewhere);
  kubectl('create', 'secret', 'generic', 'password', '--from-literal=password=1', '-n', app.namespace);
  await sshd.start();
});

afterAll(async () => {
  setup('--remove');
  sshd.stop();
  kubectl('delete', 'namespace', elsewhere, '--ignore-not-found', '--wait=false');
  await app.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe('before there is an account', () => {
  it('--print shows every object, file and command, as YAML with comments, and changes nothing', () => {
    const { stdout, stderr } = setUp('--namespace', granted, '--print');
    const kinds = parseAllDocuments(stdout).map((each) => each.toJS()?.kind);
    for (const kind of ['ServiceAccount', 'Secret', 'ClusterRole', 'ValidatingAdmissionPolicy', 'Role', 'RoleBinding'])
      expect(kinds).toContain(kind);
    for (const name of ['.ssh/authorized_keys', '.kube/config', '.bashrc', 'bin/kubectl'])
      expect(stdout).toContain(`# ${HOME}/${name} (`);
    expect(stdout).toMatch(/^# useradd .*--password \\\* .* host-setup-test$/m);
    expect(stdout).toMatch(/^# +restrict \(the public half of a new pair/m);
    expect(stderr).not.toContain('older than Kubernetes 1.30');
    expect(present()).toEqual(NOTHING);
  });

  it('all that is wrong is said at once, nothing of it is run, and nothing is done', () => {
    const touched = file('touched');
    const key = keyFile('given');
    const hostile = `$(touch ${touched})`;
    const { status, stderr } = setup(
      ...['--namespace', 'nowhere=app', '--namespace', `${app.namespace}=typo`, '--namespace', hostile],
      ...['--namespace', `x; touch ${touched}=app`, '--namespace', `default=app";touch ${touched}"`],
      ...['--namespace', 'default=app\n- {apiGroups: ["*"]}', '--namespace', 'kube-system=coredns'],
      ...['--public-key', hostile, '--public-key', key.file, '--public-key', `command="x" ${key.line}`],
      ...['--public-key', `${key.line.split(' ', 2).join(' ')} x\u001b[31m`, '--host-key', hostile],
      ...['--what', '\u001b[31m', '--user'],
    );
    expect(status).toBe(1);
    const said = stderr.split('\n').filter((line) => line.startsWith('  - '));
    const expected = [
      /There is no namespace nowhere\. There are: .*default/,
      /There is no deployment typo in test-\w+\. There are: app other store/,
      /--namespace '\$\(touch.*: say where and what/,
      /--namespace 'x; touch.*: say where and what/,
      /'app";touch.* can be no Deployment or StatefulSet/,
      /apiGroups.* can be no Deployment or StatefulSet/,
      /'kube-system=coredns': say where and what/,
      /'\$\(touch.*': that is neither a file nor a public key/,
      /'command="x" ssh-ed25519.*neither a file nor a public key/,
      /x\\E\[31m.*neither a file nor a public key/,
      /that is a private key\. Give its public half/,
      /--host-key .*: there is no public key/,
      /There is no option '--what'/,
      /There is no option '--user' without a value/,
    ];
    for (const each of expected) expect(said).toContainEqual(expect.stringMatching(each));
    expect(stderr).not.toContain('\u001b');
    expect(existsSync(touched)).toBe(false);
    expect(present()).toEqual(NOTHING);
  });

  it.each([
    ['a user that was there before', testbed('SSH_USER'), /was there before, and is left alone/],
    ['root', 'root', /was there before, and is left alone/],
    ['a name that is none', 'a$(id)', /a name has lower-case letters/],
  ])('%s is not taken, neither to make nor to remove', (_, user, message) => {
    for (const mode of [['--namespace', granted], ['--remove']]) {
      const { status, stderr } = setupAs(user, mode);
      expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(message) });
    }
    expect(run('getent', ['passwd', testbed('SSH_USER')]).status).toBe(0);
  });

  it('without root, or without an admin of a cluster, it says what to do', () => {
    writeFileSync(file('setup'), readFileSync(join(root, 'host/setup')), { mode: 0o755 });
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
    const argv = [...nobody, 'bash', file('setup'), '--user', USER, '--namespace', granted];
    expect(run('setpriv', argv, { PATH: path() }).stderr).toMatch(/has to run as root/);
    const without = setupAs(USER, ['--namespace', granted], { KUBECONFIG: '/dev/null' });
    expect(without).toMatchObject({ status: 1, stderr: expect.stringMatching(/"kubectl" is no admin of a cluster/) });
    expect(setup('--namespace', granted, '--kubectl', 'nosuch kubectl').stderr).toMatch(/There is no 'nosuch' here/);
    expect(present()).toEqual(NOTHING);
  });

  it('warns where a cluster is too old for the policy, and where the SSH server lets in by rules of its own', () => {
    const real = join(testbed('STATE'), 'bin/kubectl');
    program('old', `#!/bin/sh\ncase "$*" in *admissionregistration*) echo '{}';; *) exec ${real} "$@";; esac\n`);
    program('sshd', '#!/bin/sh\necho "port 2022\nallowusers alice\nauthorizedkeysfile .ssh/authorized_keys"\n');
    const { stdout, stderr } = setUp('--namespace', granted, '--print', '--kubectl', 'old');
    rmSync(file('bin/sshd'));
    expect(stderr).toMatch(/WARNING: this cluster is older than Kubernetes 1\.30/);
    expect(stderr).toMatch(/WARNING: the SSH server has rules of its own.*\nallowusers alice\n$/);
    expect(stdout).not.toContain('ValidatingAdmissionPolicy');
  });
});

describe('the account', () => {
  let made: Said;
  let key: string;
  const calls = file('calls');

  beforeAll(() => {
    // k3s' own kubectl takes root's configuration where it is told no other. This one also writes down what it is asked, and told.
    const real = join(testbed('STATE'), 'bin/kubectl');
    program(
      'k3s',
      [
        '#!/bin/bash',
        '[ "$1" = kubectl ] && [ -n "$KUBECONFIG" ] || exit 64',
        `printf '%s\\n' "\${*:2}" >>${calls}`,
        `exec ${real} "\${@:2}" 2> >(tee -a ${calls} >&2)`,
      ].join('\n'),
    );
    writeFileSync(calls, '');
    chmodSync(calls, 0o666);
    const known = ['--host-key', sshd.hostKey, '--host', 'vm.example.org', '--port', '2022'];
    made = setUp('--namespace', granted, '--kubectl', 'k3s kubectl', ...known);
    key = keepKey('deploy_key', made);
    writeFileSync(calls, '');
  });

  it('comes with what GitHub needs, and no second copy of its key', () => {
    const [, fingerprint] = execFileSync('ssh-keygen', ['-lf', sshd.hostKey], { encoding: 'utf8' }).split(' ');
    for (const line of [
      'gh secret set VM_SSH_KEY < FILE-WITH-THE-PRIVATE-KEY',
      "gh variable set VM_HOST --body 'vm.example.org'",
      `gh variable set VM_USERNAME --body '${USER}'`,
      `gh variable set VM_HOST_KEY --body '${fingerprint}'`,
      "gh variable set VM_PORT --body '2022'",
    ])
      expect(made.stdout).toContain(line);
    const secret = readFileSync(key, 'utf8').split('\n')[2] ?? '';
    expect(secret).toHaveLength(70);
    expect(run('grep', ['-rlF', secret, HOME, '/dev/shm']).stdout).toBe('');
  });

  it('has a home that is root’s, so that whoever has the key leaves nothing there', () => {
    const owned = ` root:root 755`;
    expect(present().files.filter((each) => each.trim() !== owned.trim())).toEqual([
      '',
      '.bashrc root:root 644',
      `.kube root:root 755`,
      `.kube/cache ${USER}:${USER} 700`,
      `.kube/config root:${USER} 640`,
      '.ssh root:root 755',
      '.ssh/authorized_keys root:root 644',
      'bin root:root 755',
      'bin/kubectl root:root 755',
    ]);
    const { stderr } = sshd.command(
      key,
      'echo x >>.ssh/authorized_keys; echo x >.profile; echo x >bin/kubectl; mv .ssh .other',
    );
    expect(stderr.match(/Permission denied/g)).toHaveLength(4);
    expect(sshd.command(key, 'cat /etc/kubernetes/admin.conf').stderr).toMatch(/Permission denied/);
  });

  it('does for the action all that it asks for: deploy, wait for another run, find unchanged, roll back', async () => {
    const inputs = (more: Record<string, string> = {}) => ({
      'ssh-port': `${sshd.port}`,
      'ssh-username': USER,
      'ssh-key': readFileSync(key, 'utf8'),
      'ssh-host-key': /VM_HOST_KEY --body '(.*)'/.exec(made.stdout)?.[1] ?? '',
      'verify-path': '/healthz',
      ...more,
    });
    // Two at the same time: one waits, asks the other, and is answered.
    const both = await Promise.all(
      ['second', 'third'].map((tag) =>
        app.run(tag, inputs({ soak: '4s' }), { environment: { GITHUB_RUN_ID: `${tag.length}` } }),
      ),
    );
    expect(both.map(({ outputs }) => outputs.outcome)).toEqual(['deployed', 'deployed']);
    expect(both.filter(({ log }) => /Another run is at work on app/.test(log))).toHaveLength(1);
    const { image } = app.deployment().spec?.template.spec?.containers[0] ?? {};
    const version = /:(second|third)@/.exec(image ?? '')?.[1] ?? '';
    const unchanged = await app.run(version, inputs());
    expect(unchanged.outputs.outcome).toBe('unchanged');
    app.dockerfile('ENV CRASH_AFTER=0s');
    const bad = await app.run('fourth', inputs());
    app.dockerfile();
    expect(bad.outputs.outcome).toBe('failed-rolled-back');
    expect(bad.summary).toContain('Exception');
    expect(await app.serves(version)).toBe(version);
    for (const { log } of [...both, unchanged, bad]) expect(log).not.toMatch(/forbidden/i);
  });

  it('does the work by hand as well: a plan, a rollback, a redeploy, restarts, one of which is taken back', async () => {
    const access = {
      'ssh-port': `${sshd.port}`,
      'ssh-username': USER,
      'ssh-key': readFileSync(key, 'utf8'),
      'ssh-host-key': /VM_HOST_KEY --body '(.*)'/.exec(made.stdout)?.[1] ?? '',
      'build-args': '',
    };
    const outcomes: (string | undefined)[] = [];
    const byHand = async (operation: string, more: Record<string, string> = {}) => {
      const { outputs, log } = await app.run('second', { ...access, operation, ...more });
      outcomes.push(outputs.outcome);
      expect(log).not.toMatch(/forbidden/i);
    };
    await byHand('rollback', { 'dry-run': 'true' });
    await byHand('rollback');
    await byHand('redeploy', { version: 'third', 'allow-other-build-args': 'true' });
    await byHand('redeploy', { version: 'second', 'allow-other-build-args': 'true' });
    await byHand('restart');
    // Nothing answers there: the restart is taken back, its time in the template with it.
    await byHand('restart', { 'verify-path': ':9/', timeout: '20s' });
    expect(outcomes.filter((each) => each === 'deployed').length).toBeGreaterThan(0);
    expect([outcomes[0], outcomes[1], outcomes[4], outcomes[5]]).toEqual([
      'planned',
      'rolled-back',
      'restarted',
      'failed-rolled-back',
    ]);
  });

  it('… and refuses none of its calls, those for advice alone included', () => {
    const text = readFileSync(calls, 'utf8');
    for (const call of [
      /^get --raw \/apis\/apps\/v1\/namespaces\/\S+\/deployments\/app /m,
      /^get --raw \S+\/replicasets\?/m,
      /^get --raw \S+\/pods\?.*watch=1/m,
      /^get --raw \S+\/pods\/\S+:8080\/proxy\/healthz /m,
      /^get --raw \S+\/events\?/m,
      /^get --raw \/api\/v1\/pods\?fieldSelector=spec\.nodeName/m,
      /^config view /m,
      /^logs app-\S+ .*--previous/m,
      /^patch .*--dry-run=server/m,
    ])
      expect(text).toMatch(call);
    expect(text).not.toMatch(/forbidden/i);
  });

  const patch = (workload: string, operations: unknown) => [
    ...['patch', workload, '-n', app.namespace, '--type=json', '--patch', JSON.stringify(operations)],
  ];
  const merge = (workload: string, change: unknown) => [
    ...['patch', workload, '-n', app.namespace, '--type=strategic', '--patch', JSON.stringify(change)],
  ];
  const template = (more: unknown) => ({ spec: { template: more } });
  const pod = (spec: unknown) => template({ spec });
  const inContainer = (more: object) => pod({ containers: [{ name: 'app', ...more }] });
  const aPod = () => app.pods().find(({ status }) => status?.phase === 'Running')?.metadata?.name ?? '';
  const here = () => ['-n', app.namespace];
  const at = '/spec/template/spec/containers/0';

  const initImage = { initContainers: [{ name: 'first', image: 'example.invalid/app:2' }] };
  it.each<[string, () => string[]]>([
    ['the image of an init container', () => merge('statefulset/store', pod(initImage))],
    ['the image of a StatefulSet', () => ['set', 'image', 'statefulset/store', 'app=example.invalid/app:2', ...here()]],
    ['restartedAt', () => ['rollout', 'restart', 'statefulset/store', ...here()]],
    ['the reason of a change', () => ['annotate', 'statefulset/store', 'kubernetes.io/change-cause=x', ...here()]],
    [
      "the action's annotations",
      () => ['annotate', 'deployment/app', 'deploy-action.medibird.github.io/run-', ...here()],
    ],
    ['minReadySeconds', () => merge('statefulset/store', { spec: { minReadySeconds: 7 } })],
  ])('may change %s', (_, argv) => {
    expect(asAccount(argv())).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    ['pods/store-0', 'yes'],
    ['pods/store-9', 'yes'],
    ['pods/store-10', 'no'],
    ['pods/app-0', 'no'],
    ['pods', 'no'],
  ])('may a StatefulSet’s own pods be deleted, and no others: %s %s', (what, expected) => {
    expect(asAccount(['auth', 'can-i', 'delete', what, ...here()]).stdout.trim()).toBe(expected);
  });

  it('may read logs, and what pods of all namespaces are made of', () => {
    expect(asAccount(['logs', aPod(), ...here()])).toMatchObject({ status: 0 });
    expect(asAccount(['get', 'pods', '--all-namespaces', '-o', 'name']).stdout).toMatch(/pod\/coredns|pod\/kube-/);
  });

  it('may run on the host what any user may, and reach what the host’s network reaches', () => {
    expect(sshd.command(key, 'id -un; id -Gn').stdout).toBe(`${USER}\n${USER}\n`);
    const open = `exec 3<>/dev/tcp/127.0.0.1/${sshd.port}; head -c 7 <&3`;
    expect(sshd.command(key, open).stdout).toBe('SSH-2.0');
  });

  describe('is refused', () => {
    const OTHER = /User "system:serviceaccount:deploy-action-host-setup-test:host-setup-test" cannot \w+/;
    const not = (what: string) => new RegExp(`the deploy account may change images, and not (.*, )?${what}(,|$)`, 'm');
    const CONTAINERS = /may not add, remove, rename or reorder containers/;
    const specs = () =>
      [app.namespace, elsewhere].map((namespace) => {
        const { items } = JSON.parse(kubectl('get', 'deployments,statefulsets', '-n', namespace, '-o', 'json'));
        return items.map(({ metadata: { name, labels }, spec }: Deployment) => ({ name, labels, spec }));
      });
    let before: unknown;
    beforeAll(() => {
      before = specs();
    });

    const secret = { name: 'A', valueFrom: { secretKeyRef: { name: 'password', key: 'password' } } };
    const surge = { rollingUpdate: { maxUnavailable: '100%' } };
    const hook = { postStart: { exec: { command: ['x'] } } };
    const post = () => `/api/v1/namespaces/${app.namespace}/pods/${aPod()}:8080/proxy/`;
    it.each<[string, () => string[], RegExp]>([
      ['another workload', () => ['set', 'image', 'deployment/other', 'app=x', ...here()], OTHER],
      ['another namespace', () => ['set', 'image', 'deployment/app', 'app=x', '-n', elsewhere], OTHER],
      ['the system’s namespace', () => ['get', 'pods/x', '-n', 'kube-system'], OTHER],
      ['env', () => ['set', 'env', 'deployment/app', 'A=b', ...here()], not('container app.env')],
      [
        'env, from a Secret',
        () => patch('deployment/app', [{ op: 'add', path: `${at}/env`, value: [secret] }]),
        not('container app.env'),
      ],
      [
        'envFrom',
        () => merge('deployment/app', inContainer({ envFrom: [{ secretRef: { name: 'password' } }] })),
        not('container app.envFrom'),
      ],
      [
        'volumes',
        () => merge('deployment/app', pod({ volumes: [{ name: 'host', hostPath: { path: '/' } }] })),
        not('pod.volumes'),
      ],
      [
        'mounts',
        () => patch('statefulset/store', [{ op: 'replace', path: `${at}/volumeMounts/0/mountPath`, value: '/etc' }]),
        not('container app.volumeMounts'),
      ],
      [
        'a mount taken away',
        () => patch('statefulset/store', [{ op: 'remove', path: `${at}/volumeMounts` }]),
        not('container app.volumeMounts'),
      ],
      ['command', () => merge('deployment/app', inContainer({ command: ['/bin/sh'] })), not('container app.command')],
      [
        'args, with an image',
        () => merge('deployment/app', inContainer({ image: 'x', args: ['x'] })),
        not('container app.args'),
      ],
      [
        'probes',
        () => merge('deployment/app', inContainer({ readinessProbe: null })),
        not('container app.readinessProbe'),
      ],
      ['lifecycle', () => merge('deployment/app', inContainer({ lifecycle: hook })), not('container app.lifecycle')],
      [
        'resources',
        () => merge('statefulset/store', inContainer({ resources: { limits: { cpu: '2' } } })),
        not('container app.resources'),
      ],
      [
        'imagePullPolicy',
        () => merge('deployment/app', inContainer({ imagePullPolicy: 'Never' })),
        not('container app.imagePullPolicy'),
      ],
      [
        'the service account',
        () => merge('deployment/app', pod({ serviceAccountName: 'other' })),
        not('pod.serviceAccountName'),
      ],
      [
        'privileges',
        () => merge('deployment/app', inContainer({ securityContext: { privileged: true } })),
        not('container app.securityContext'),
      ],
      [
        'the pod’s user',
        () => merge('deployment/app', pod({ securityContext: { runAsUser: 0 } })),
        not('pod.securityContext'),
      ],
      ['hostNetwork', () => merge('deployment/app', pod({ hostNetwork: true })), not('pod.hostNetwork')],
      ['hostPID', () => merge('deployment/app', pod({ hostPID: true })), not('pod.hostPID')],
      ['the node', () => merge('deployment/app', pod({ nodeName: 'testbed' })), not('pod.nodeName')],
      [
        'pull secrets',
        () => merge('deployment/app', pod({ imagePullSecrets: [{ name: 'password' }] })),
        not('pod.imagePullSecrets'),
      ],
      [
        'a container more',
        () => merge('deployment/app', pod({ containers: [{ name: 'more', image: 'x' }] })),
        CONTAINERS,
      ],
      [
        'an init container more',
        () => merge('deployment/app', pod({ initContainers: [{ name: 'more', image: 'x' }] })),
        CONTAINERS,
      ],
      [
        'an init container as a container',
        () => patch('statefulset/store', [{ op: 'move', from: '/spec/template/spec/initContainers/0', path: at }]),
        CONTAINERS,
      ],
      [
        'a container’s name',
        () => patch('deployment/app', [{ op: 'replace', path: `${at}/name`, value: 'b' }]),
        CONTAINERS,
      ],
      [
        'an init container’s command',
        () => merge('statefulset/store', pod({ initContainers: [{ name: 'first', command: ['x'] }] })),
        not('container first.command'),
      ],
      ['replicas', () => merge('deployment/app', { spec: { replicas: 3 } }), not('spec.replicas')],
      ['replicas, by scaling', () => ['scale', 'deployment/app', '--replicas=3', ...here()], OTHER],
      ['a pause', () => ['rollout', 'pause', 'deployment/app', ...here()], not('spec.paused')],
      ['the strategy', () => merge('deployment/app', { spec: { strategy: surge } }), not('spec.strategy')],
      [
        'the pods’ labels',
        () => merge('deployment/app', template({ metadata: { labels: { other: 'x' } } })),
        not('template.labels'),
      ],
      [
        'the pods’ annotations',
        () => merge('deployment/app', template({ metadata: { annotations: { other: 'x' } } })),
        not('template.annotations.other'),
      ],
      ['the workload’s labels', () => ['label', 'deployment/app', 'other=x', ...here()], not('metadata.labels')],
      ['others’ annotations', () => ['annotate', 'deployment/app', 'other=x', ...here()], not('annotations.other')],
      [
        'finalizers',
        () => merge('deployment/app', { metadata: { finalizers: ['example.org/x'] } }),
        not('metadata.finalizers'),
      ],
      ['exec', () => ['exec', aPod(), ...here(), '--', '/server'], OTHER],
      ['attach', () => ['attach', aPod(), ...here()], OTHER],
      ['port-forward', () => ['port-forward', aPod(), ':8080', ...here()], OTHER],
      ['a POST to a pod', () => ['create', '--raw', post(), '-f', '/dev/null'], OTHER],
      ['Secrets', () => ['get', 'secrets', ...here()], OTHER],
      ['a Secret by name', () => ['get', 'secret/password', ...here()], OTHER],
      ['its own token’s Secret', () => ['get', `secret/${USER}-token`, '-n', `deploy-action-${USER}`], OTHER],
      ['a new token', () => ['create', 'token', USER, '-n', `deploy-action-${USER}`], OTHER],
      ['to delete a pod', () => ['delete', 'pod', aPod(), ...here()], OTHER],
      ['to delete the Deployment', () => ['delete', 'deployment/app', ...here()], OTHER],
      ['to create a pod', () => ['run', 'more', '--image=x', ...here()], OTHER],
      ['to create a Deployment', () => ['create', 'deployment', 'more', '--image=x', ...here()], OTHER],
      ['to change its rights', () => ['delete', `role/deploy-action-${USER}`, ...here()], OTHER],
      ['to change its policy', () => ['delete', `validatingadmissionpolicy/deploy-action-${USER}`], OTHER],
      ['to be somebody else', () => ['get', 'nodes', '--as=admin'], OTHER],
    ])('%s', (_, argv, message) => {
      expect(asAccount(argv())).toMatchObject({ status: 1, stderr: expect.stringMatching(message) });
    });

    it('and none of that has left a trace', () => {
      expect(specs()).toEqual(before);
    });

    it('a terminal and every forwarding, by "restrict" alone', () => {
      const agent = file('agent.sock');
      const pid = /SSH_AGENT_PID=(\d+)/.exec(execFileSync('ssh-agent', ['-s', '-a', agent], { encoding: 'utf8' }))?.[1];
      const offers = { SSH_AUTH_SOCK: agent, DISPLAY: '127.0.0.1:99' };
      const reverse = ['-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:1', '127.0.0.1', 'echo'];
      const allowed = () => ({
        signsIn: sshd.signsIn(key),
        terminal: sshd.ssh(key, ['-tt', '127.0.0.1', 'tty']).stdout.includes('/dev/'),
        agent: sshd.ssh(key, ['-A', '127.0.0.1', 'echo "$SSH_AUTH_SOCK"'], offers).stdout !== '\n',
        x11: sshd.ssh(key, ['-Y', '127.0.0.1', 'echo "$DISPLAY"'], offers).stdout !== '\n',
        forward: sshd.ssh(key, ['-W', `127.0.0.1:${sshd.port}`, '127.0.0.1']).stdout.startsWith('SSH-2.0'),
        reverse: sshd.ssh(key, reverse).status === 0,
      });
      const keys = `${HOME}/.ssh/authorized_keys`;
      const restricted = readFileSync(keys, 'utf8');
      try {
        const none = { terminal: false, agent: false, x11: false, forward: false, reverse: false };
        expect(allowed()).toEqual({ signsIn: true, ...none });
        // The same server lets the same key have all of it where its line does not say "restrict".
        writeFileSync(keys, restricted.replace('restrict ', ''));
        const all = { terminal: true, agent: true, x11: true, forward: true, reverse: true };
        expect(allowed()).toEqual({ signsIn: true, ...all });
      } finally {
        writeFileSync(keys, restricted);
        process.kill(Number(pid));
      }
    });
  });

  it('is the same after a second run', () => {
    const before = present();
    expect(before.objects).toHaveLength(9);
    const again = setUp('--namespace', granted, '--kubectl', 'k3s kubectl');
    expect(again.stdout).not.toContain('PRIVATE KEY');
    expect(present()).toEqual(before);
    expect(sshd.signsIn(key)).toBe(true);
  });

  it('follows a change of what may be deployed: what is not named any more is taken away', () => {
    const cause = ['annotate', 'deployment/app', 'kubernetes.io/change-cause=y', '--overwrite', '-n'];
    const may = () => [app.namespace, elsewhere].map((namespace) => asAccount([...cause, namespace]).status === 0);
    setUp('--namespace', `${elsewhere}=app`);
    expect(may()).toEqual([false, true]);
    setUp('--namespace', `${app.namespace}=app`, '--namespace', `${app.namespace}=statefulset/store`);
    expect(may()).toEqual([true, false]);
  });

  it('signs in with each key that is given, and with no other', () => {
    const [one, two] = [keyFile('one'), keyFile('two')];
    const signIn = () => [key, one.file, two.file].map((each) => sshd.signsIn(each));
    setUp('--public-key', `${one.file}.pub`, '--public-key', two.line);
    expect(signIn()).toEqual([false, true, true]);
    expect(readFileSync(`${HOME}/.ssh/authorized_keys`, 'utf8')).toBe(`restrict ${one.line}\nrestrict ${two.line}\n`);
    setUp('--public-key', two.line);
    expect(signIn()).toEqual([false, false, true]);
  });

  it('loses by --rotate its sessions, what it left to run later, its keys and its token', async () => {
    writeFileSync(file('stolen'), readFileSync(`${HOME}/.kube/config`));
    const stolen = () => run('kubectl', ['get', '--raw', '/api/v1/nodes?limit=1'], { KUBECONFIG: file('stolen') });
    expect(stolen().status).toBe(0);
    const uid = execFileSync('id', ['-u', USER], { encoding: 'utf8' }).trim();
    const later = ['cron/crontabs', 'at', 'cron/atjobs'].map((name) => `/var/spool/${name}/${USER}`);
    later.push(`/var/lib/systemd/linger/${USER}`);
    const folders = later.map((each) => mkdirSync(dirname(each), { recursive: true }));
    for (const each of later) writeFileSync(each, '');
    for (const each of later.slice(0, 3)) chownSync(each, Number(uid), 0);
    const session = spawn('ssh', sshd.argv(file('two'), '127.0.0.1', 'echo in; setsid sleep 300 & sleep 300'));
    const ended = new Promise((resolve) => session.on('close', resolve));
    await new Promise((resolve) => session.stdout.once('data', resolve));

    const rotated = setUp('--rotate');
    await ended;
    expect(run('ps', ['-u', uid, '-o', 'pid=']).stdout).toBe('');
    expect(later.filter(existsSync)).toEqual([]);
    for (const each of folders) if (each !== undefined) rmSync(each, { recursive: true, force: true });
    expect(sshd.command(file('two'), 'echo in').stderr).toMatch(/Permission denied \(publickey/);
    // The API server remembers for ten seconds that a token was good.
    for (let tries = 0; stolen().status === 0 && tries < 15; tries++) await sleep(1_000);
    expect(stolen()).toMatchObject({ status: 1, stderr: expect.stringMatching(/Unauthorized|must be logged in/) });
    const next = keepKey('rotated', rotated);
    const { stdout } = sshd.command(next, `kubectl get deployment/app -n ${app.namespace} -o name`);
    expect(stdout).toBe('deployment.apps/app\n');
  });

  it('with --manifests applies manifests in its namespaces, and still not what leads to the host', () => {
    setUp('--namespace', granted, '--manifests');
    const apply = (namespace: string, object: unknown) =>
      asAccount(['apply', '-n', namespace, '-f', '-'], JSON.stringify(object));
    const { spec, ...rest } = idle('Deployment', 'made');
    const deployment = (more: object, container: object = {}) => {
      const containers = [{ ...spec.template.spec.containers[0], ...container }];
      const made = { ...spec.template.spec, containers, ...more };
      return { ...rest, spec: { ...spec, template: { ...spec.template, spec: made } } };
    };
    const named = { metadata: { name: 'made' } };
    const service = { apiVersion: 'v1', kind: 'Service', ...named, spec: { ports: [{ port: 80 }] } };
    const settings = { apiVersion: 'v1', kind: 'ConfigMap', ...named, data: { a: 'b' } };
    const defaultBackend = { service: { name: 'made', port: { number: 80 } } };
    const ingress = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', ...named, spec: { defaultBackend } };
    const items = [
      deployment({}, { env: [{ name: 'A', value: 'b' }] }),
      idle('StatefulSet', 'made'),
      service,
      settings,
      ingress,
    ];
    for (let times = 0; times < 2; times++)
      expect(apply(app.namespace, { apiVersion: 'v1', kind: 'List', items })).toMatchObject({ status: 0 });
    // As the input `manifests` does: everything in one dry run, then each by itself.
    const manager = ['--field-manager=deploy-action-manifests', '--force-conflicts'];
    const onServer = ['apply', '--server-side', ...manager, '-n', app.namespace];
    const all = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    const read = ['get', '-f', '-', '-n', app.namespace, '-o', 'json', '--ignore-not-found', '--show-managed-fields'];
    expect(asAccount(read, all)).toMatchObject({ status: 0 });
    expect(asAccount([...onServer, '--dry-run=server', '-f', '-'], all)).toMatchObject({ status: 0 });
    const fresh = { ...deployment({}, { env: [{ name: 'A', value: 'b' }] }), metadata: { name: 'fresh' } };
    for (const each of [...items, fresh])
      expect(asAccount([...onServer, '-f', '-'], JSON.stringify(each))).toMatchObject({ status: 0 });
    const back = `--patch=${JSON.stringify([{ op: 'add', path: '/data', value: { a: 'c' } }])}`;
    const patch = ['patch', 'ConfigMap.v1./made', '-n', app.namespace, '--type=json', back];
    expect(asAccount(patch)).toMatchObject({ status: 0 });
    const reach = (what: string) => new RegExp(`may not let pods reach out of their namespace: ${what}$`, 'm');
    const secure = (securityContext: unknown) => deployment({}, { securityContext });
    const refused: [unknown, RegExp][] = [
      [deployment({ hostNetwork: true }), reach('hostNetwork')],
      [deployment({ volumes: [{ name: 'empty', hostPath: { path: '/' } }] }), reach('hostPath /')],
      [secure({ privileged: true }), reach('app privileged')],
      [secure({ capabilities: { add: ['SYS_ADMIN'] } }), reach('app SYS_ADMIN')],
      [deployment({}, { ports: [{ containerPort: 80, hostPort: 80 }] }), reach('app hostPort')],
      [deployment({ serviceAccountName: 'other' }), reach('serviceAccountName other')],
      [{ ...deployment({ hostPID: true, hostIPC: true }), metadata: { name: 'more' } }, reach('hostPID, hostIPC')],
      [{ apiVersion: 'v1', kind: 'Secret', ...named }, /cannot get resource "secrets"/],
      [{ apiVersion: 'v1', kind: 'Pod', ...named, spec: spec.template.spec }, /cannot create resource "pods"/],
    ];
    for (const [object, message] of refused)
      expect(apply(app.namespace, object)).toMatchObject({ status: 1, stderr: expect.stringMatching(message) });
    expect(apply(elsewhere, settings)).toMatchObject({ status: 1, stderr: expect.stringMatching(/cannot get/) });
    setUp('--namespace', granted);
    expect(apply(app.namespace, { ...settings, data: { a: 'c' } })).toMatchObject({ status: 1 });
  });

  it('--remove --print shows what would go, and --remove leaves nothing', () => {
    const before = present();
    const { stdout } = setUp('--remove', '--print');
    expect(stdout).toMatch(/^# userdel host-setup-test$/m);
    expect(stdout.match(/ deleted.*\(server dry run\)$/gm)).toHaveLength(7);
    expect(present()).toEqual(before);
    setUp('--remove');
    expect(present()).toEqual(NOTHING);
    expect(run('find', ['/dev/shm', '-name', 'deploy-action-setup.*']).stdout).toBe('');
    expect(setUp('--remove').stderr).toBe('');
  });
});
