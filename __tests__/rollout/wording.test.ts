import fc from 'fast-check';
import type { PullFault, Refuser } from '../../src/rollout/verdict';
import {
  isAboutStorage,
  isCacheLag,
  type Missing,
  missingIn,
  nodeTaint,
  type Pull,
  programIn,
  pullFault,
  pullIn,
  refuser,
  type StartFault,
  scheduled,
  startFault,
  withoutLogin,
  withoutPasswords,
} from '../../src/rollout/wording';

const DIGEST = `sha256:${'a'.repeat(64)}`;
/** What containerd says before the reason. */
const containerd = (image: string, reason: string) =>
  `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${reason}`;
const limited = (status: string, server: string) =>
  `failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/a/b/manifests/${DIGEST}: ${status} - Server message: ${server}`;

describe('why an image cannot be pulled', () => {
  it.each<[PullFault, string, string]>([
    [
      'bad-name',
      'InvalidImageName',
      'Failed to apply default image tag "127.0.0.1:5080/Quick:nope": couldn\'t parse image name "127.0.0.1:5080/Quick:nope": invalid reference format: repository name (Quick) must be lowercase',
    ],
    ['never', 'ErrImageNeverPull', 'Container image "127.0.0.1:5080/quick:x" is not present with pull policy of Never'],
  ])('%s is known by its reason, whatever the text says', (fault, reason, text) => {
    expect(pullFault(reason, text)).toBe(fault);
    expect(pullFault(reason, '429 Too Many Requests')).toBe(fault);
  });

  it.each<[PullFault, string, string]>([
    // Seen on the testbed, containerd 1.6.20.
    [
      'not-found',
      'containerd 1.6',
      `rpc error: code = NotFound desc = ${containerd('127.0.0.1:5080/quick:nope', '127.0.0.1:5080/quick:nope: not found')}`,
    ],
    [
      'network',
      'containerd 1.6, refused',
      containerd(
        '127.0.0.1:9/quick:nope',
        'failed to do request: Head "http://127.0.0.1:9/v2/quick/manifests/nope": dial tcp 127.0.0.1:9: connect: connection refused',
      ),
    ],
    [
      'network',
      'containerd 1.6, DNS',
      containerd(
        'registry.example.invalid/quick:nope',
        'failed to do request: Head "https://registry.example.invalid/v2/quick/manifests/nope": dial tcp: lookup registry.example.invalid on 10.255.255.53:53: no such host',
      ),
    ],
    [
      'network',
      'containerd 1.6, reset',
      containerd(
        '127.0.0.1:42609/quick-reset:good',
        'failed to do request: Head "http://127.0.0.1:42609/v2/quick-reset/manifests/good": read tcp 127.0.0.1:54960->127.0.0.1:42609: read: connection reset by peer',
      ),
    ],
    [
      'network',
      'containerd 1.6, 503',
      containerd(
        '127.0.0.1:34885/quick:good',
        'pulling from host 127.0.0.1:34885 failed with status code [manifests good]: 503 Service Unavailable',
      ),
    ],
    [
      'denied',
      'containerd 1.6, Docker Hub',
      containerd(
        '127.0.0.1:34781/quick-denied:good',
        'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
      ),
    ],
    [
      'denied',
      'containerd 1.6, Basic',
      containerd(
        '127.0.0.1:5081/quick:good',
        'pulling from host 127.0.0.1:5081 failed with status code [manifests good]: 401 Unauthorized',
      ),
    ],
    [
      'rate-limit',
      'containerd 1.6',
      `failed to pull and unpack image "127.0.0.1:35325/quick:good": failed to copy: httpReadSeeker: failed open: unexpected status code http://127.0.0.1:35325/v2/quick/manifests/${DIGEST}: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit`,
    ],
    [
      'platform',
      'containerd 1.6',
      'rpc error: code = NotFound desc = failed to pull and unpack image "127.0.0.1:5080/quick:index": no match for platform in manifest: not found',
    ],
    // Upstream, other versions and runtimes.
    ['platform', 'containerd 2', `no match for platform in manifest ${DIGEST}: not found`],
    [
      'denied',
      'containerd 1.7, ghcr.io',
      containerd(
        'ghcr.io/a/b:1',
        'failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Aa%2Fb%3Apull&service=ghcr.io: 401 Unauthorized',
      ),
    ],
    [
      'network',
      'containerd 1.7, TLS',
      containerd(
        'docker.io/a/b:1',
        'failed to authorize: failed to fetch anonymous token: Get "https://auth.docker.io/token": net/http: TLS handshake timeout',
      ),
    ],
    [
      'network',
      'containerd 2, DNS',
      containerd(
        'docker.io/a/b:1',
        'failed to do request: Head "https://registry-1.docker.io/v2/a/b/manifests/1": dial tcp: lookup registry-1.docker.io: Temporary failure in name resolution',
      ),
    ],
    ['network', 'containerd, ends', 'failed to copy: httpReadSeeker: failed open: unexpected EOF'],
    ['network', 'containerd, slow', 'rpc error: code = DeadlineExceeded desc = context deadline exceeded'],
    [
      'network',
      'containerd, slow layer',
      'failed to copy: read tcp 10.0.0.2:4711->104.16.98.215:443: read: connection timed out',
    ],
    [
      'not-found',
      'CRI-O',
      'rpc error: code = Unknown desc = reading manifest nope in quay.io/a/b: manifest unknown: manifest unknown',
    ],
    [
      'denied',
      'CRI-O, Quay',
      'initializing source docker://quay.io/a/b:v1: reading manifest v1 in quay.io/a/b: unauthorized: access to the requested resource is not authorized',
    ],
    [
      'denied',
      'CRI-O, Docker Hub',
      'rpc error: code = Unknown desc = Error reading manifest latest in docker.io/crio/busybox: errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required\n',
    ],
    [
      'rate-limit',
      'CRI-O',
      'reading manifest 1 in docker.io/a/b: toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit',
    ],
    [
      'platform',
      'CRI-O',
      'choosing an image from manifest list docker://quay.io/a/b:1: no image found in manifest list for architecture "arm64", variant "v8", OS "linux"',
    ],
    ['platform', 'CRI-O, OCI', 'no image found in image index for architecture "arm64", variant "v8", OS "linux"'],
    [
      'network',
      'CRI-O, ping',
      'pinging container registry registry.example.com: Get "https://registry.example.com/v2/": dial tcp 203.0.113.7:443: i/o timeout',
    ],
    ['not-found', 'docker', 'Error response from daemon: manifest for a/b:nope not found: manifest unknown'],
    [
      'denied',
      'docker',
      "Error response from daemon: pull access denied for a/b, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    ],
    [
      'denied',
      'docker, ECR',
      'Error response from daemon: Head "https://1.dkr.ecr.eu-west-1.amazonaws.com/v2/a/manifests/1": no basic auth credentials',
    ],
    ['platform', 'docker', 'no matching manifest for linux/arm64/v8 in the manifest list entries'],
    [
      'network',
      'docker, slow',
      'Error response from daemon: Get "https://registry-1.docker.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
    ],
    [
      'other',
      'a certificate',
      'failed to do request: Head "https://registry/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    ],
    ['other', 'nothing', ''],
  ])('is %s (%s)', (fault, _, text) => {
    expect(pullFault('ErrImagePull', text)).toBe(fault);
  });

  const hostile = ['429', '503', '404', 'denied', 'unauthorized', 'not-found', 'too-many-requests', 'eof', '401'];
  /** What each says of an image or a tag that may be called anything. */
  const said: [PullFault, string, (name: string) => string][] = [
    ['other', 'containerd, path', (name) => containerd(`registry.example.com/${name}/app:1`, 'something new')],
    ['other', 'containerd, tag', (name) => containerd(`registry.example.com/app:${name}`, 'something new')],
    [
      'not-found',
      'containerd, not found',
      (name) => containerd(`example.com/a:${name}`, `example.com/a:${name}: not found`),
    ],
    [
      'other',
      'containerd, address',
      (name) => `failed to do request: Head "https://example.com/v2/${name}/manifests/${name}": something new`,
    ],
    [
      'network',
      'containerd, status',
      (name) => `pulling from host 127.0.0.1:5000 failed with status code [manifests ${name}]: 502 Bad Gateway`,
    ],
    ['not-found', 'CRI-O', (name) => `reading manifest ${name} in quay.io/a/b: manifest unknown: manifest unknown`],
    ['not-found', 'docker', (name) => `manifest for nginx:${name} not found: manifest unknown: manifest unknown`],
  ];
  it.each(said.flatMap(([fault, from, text]) => hostile.map((name) => [fault, from, name, text(name)] as const)))(
    'stays %s (%s) where the image or its tag is called %s',
    (fault, _from, _name, text) => {
      expect(pullFault('ErrImagePull', text)).toBe(fault);
    },
  );
});

describe('who refused a pod', () => {
  it.each<[Refuser, string]>([
    [
      'quota',
      'pods "q51-7f5795b4bb-zrccq" is forbidden: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0',
    ],
    ['rule', 'pods "q50-8477ddbf4d-ph45m" is forbidden: failed quota: cpu: must specify requests.cpu for: app'],
    ['rule', 'pods "q52-78b5c9bfd7-jncrf" is forbidden: maximum memory usage per Container is 32Mi, but limit is 64Mi'],
    [
      'rule',
      'pods "app-7f88795967-x4f9h" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false)',
    ],
    [
      'rule',
      'pods "app-644b66bfb5-" is forbidden: error looking up service account test-bd4d967d/app: serviceaccount "app" not found',
    ],
    ['rule', 'admission webhook "pods.policy.example.com" denied the request: images must be signed'],
    [
      'rule',
      "pods \"app-679f9788d6-lkv6f\" is forbidden: ValidatingAdmissionPolicy 'test-81693e21' with binding 'test-81693e21' denied request: images must come from registry.example.com",
    ],
    ['rule', 'Pod "app-1" is invalid: spec.containers[0].resources.requests: Invalid value: "2": must be less than 1'],
    [
      'webhook-away',
      'Internal error occurred: failed calling webhook "pods.policy.example.com": failed to call webhook: Post "https://policy.policies.svc:443/?timeout=10s": dial tcp 10.96.0.7:443: connect: connection refused',
    ],
    ['webhook-away', 'Internal error occurred: failed calling admission webhook "istio": Post "https://x": EOF'],
    ['other', 'etcdserver: request timed out'],
    ['other', ''],
  ])('%s: %s', (by, message) => expect(refuser(message)).toBe(by));
});

describe('what is named as missing', () => {
  it.each<[Missing | undefined, string]>([
    [{ kind: 'Secret', name: 'database' }, 'secret "database" not found'],
    [{ kind: 'ConfigMap', name: 'settings' }, 'Error: configmap "settings" not found'],
    [{ kind: 'Secret', name: 'database' }, 'secrets "database" not found'],
    [{ kind: 'Secret', name: 'wrong', key: 'password' }, "couldn't find key password in Secret q-a/wrong"],
    [
      { kind: 'ConfigMap', name: 'kube-root-ca.crt', key: 'a' },
      "couldn't find key a in ConfigMap q-a/kube-root-ca.crt",
    ],
    [
      { kind: 'ServiceAccount', name: 'nobody' },
      'pods "q43-689cf84ff6-" is forbidden: error looking up service account q-a/nobody: serviceaccount "nobody" not found',
    ],
    [
      { kind: 'PersistentVolumeClaim', name: 'data' },
      '0/1 nodes are available: persistentvolumeclaim "data" not found. not found',
    ],
    [undefined, '0/1 nodes are available: persistentvolumeclaim "data" is being deleted. not found'],
    [undefined, '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found'],
    [{ kind: 'Secret', name: 'database' }, 'MountVolume.SetUp failed for volume "v" : secret "database" not found'],
    [
      { kind: 'ConfigMap', name: 'settings' },
      'MountVolume.SetUp failed for volume "v" : configmap "settings" not found',
    ],
    [
      { kind: 'Secret', name: '', key: 'password' },
      'MountVolume.SetUp failed for volume "v" : references non-existent secret key: password',
    ],
    [
      { kind: 'ConfigMap', name: '', key: 'nginx.conf' },
      'MountVolume.SetUp failed for volume "v" : configmap references non-existent config key: nginx.conf',
    ],
    [undefined, 'MountVolume.SetUp failed for volume "v" : hostPath type check failed: /no/such is not a directory'],
    [undefined, 'failed to sync secret cache: timed out waiting for the condition'],
    [
      undefined,
      'container has runAsNonRoot and image will run as root (pod: "q23-597c46984d-2j9st_q-a(41ce0f66-d994-45f8-abbb-474dd5b9a6f0)", container: app)',
    ],
    [undefined, ''],
  ])('%j: %s', (object, message) => expect(missingIn(message)).toEqual(object));

  it.each([
    [true, 'failed to sync secret cache: timed out waiting for the condition'],
    [true, 'failed to sync configmap cache: timed out waiting for the condition'],
    [false, 'secret "database" not found'],
  ])('that only the kubelet has not heard of it yet is %s: %s', (isLag, message) => {
    expect(isCacheLag(message)).toBe(isLag);
  });
});

describe('why a program cannot be started', () => {
  const shim =
    'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ';
  const mount = '/var/lib/containerd/tmpmounts/containerd-mount3370340319';

  it.each<[StartFault, string | undefined, string]>([
    // Seen on the testbed, containerd 1.6.20.
    ['no-command', '/app/start', `${shim}exec: "/app/start": stat /app/start: no such file or directory: unknown`],
    ['no-command', 'java', `${shim}exec: "java": executable file not found in $PATH: unknown`],
    ['no-permission', '/start', `${shim}exec: "/start": permission denied: unknown`],
    [
      'no-command-set',
      undefined,
      'failed to generate container "c3a61c4a82f2e50f20effea21923d2be444eda9c58f8c587474bcf6b235791ed" spec: failed to generate spec: no command specified',
    ],
    // USER names somebody, and the image has no /etc/passwd: its command is not to blame.
    [
      'other',
      undefined,
      `failed to create containerd container: mount callback failed on ${mount}: open ${mount}/etc/passwd: no such file or directory`,
    ],
    // Upstream, other versions and runtimes.
    [
      'format',
      '/server',
      'failed to create containerd task: failed to start shim: OCI runtime start failed: exec /server: exec format error',
    ],
    ['format', '/server', 'exec /server: exec format error'],
    [
      'no-folder',
      undefined,
      `${shim}error during container init: chdir to cwd ("/app") set in config.json failed: no such file or directory: unknown`,
    ],
    [
      'no-folder',
      undefined,
      `${shim}error during container init: chdir to cwd ("/root") set in config.json failed: permission denied: unknown`,
    ],
    [
      'no-folder',
      undefined,
      'container create failed: time="2021-03-10T07:30:19Z" level=error msg="container_linux.go:366: starting container process caused: chdir to cwd (\\"/home/appuser\\") set in config.json failed: permission denied"',
    ],
    [
      'no-command',
      'npm',
      'failed to start container "app": Error response from daemon: OCI runtime create failed: container_linux.go:345: starting container process caused "exec: \\"npm\\": executable file not found in $PATH": unknown',
    ],
    [
      'no-permission',
      './start.sh',
      'OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "./start.sh": permission denied: unknown',
    ],
    ['no-command-set', undefined, 'Error response from daemon: No command specified'],
    // Mounts that fail are not the command's fault either.
    [
      'other',
      undefined,
      `${shim}error during container init: error mounting "/data/conf" to rootfs at "/etc/conf": stat /data/conf: no such file or directory: unknown`,
    ],
    [
      'other',
      undefined,
      `${shim}error during container init: error mounting "sysfs" to rootfs at "/sys": mount sysfs:/sys (via /proc/self/fd/7), flags: 0xf: operation not permitted: unknown`,
    ],
    ['other', undefined, 'context deadline exceeded'],
    ['other', undefined, 'failed to reserve container name "app_web-1_default_0": name is reserved for "0123abcd"'],
    ['other', undefined, ''],
  ])('is %s, of %s: %s', (fault, program, message) => {
    expect(startFault(message)).toBe(fault);
    expect(programIn(message)).toBe(program);
  });
});

describe('what the scheduler says', () => {
  const nodes = (text: string) => `0/1 nodes are available: ${text}`;
  const helpless =
    ' no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';

  it.each<[string, string]>([
    [nodes(`1 Insufficient cpu.${helpless}`), nodes('1 Insufficient cpu')],
    [
      nodes(
        "1 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
      ),
      nodes("1 node(s) didn't match Pod's node affinity/selector"),
    ],
    [
      nodes('1 Insufficient memory. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.'),
      nodes('1 Insufficient memory'),
    ],
    ['', ''],
  ])('is told without what it would have pushed out: %j', (message, told) => {
    expect(scheduled(message)).toBe(told);
    expect(scheduled(told)).toBe(told);
  });

  it.each<[string | undefined, string]>([
    ['not-ready', nodes('1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.')],
    ['not-ready', nodes("1 node(s) had taint {node.kubernetes.io/not-ready: }, that the pod didn't tolerate.")],
    ['disk-pressure', nodes('1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }.')],
    ['unreachable', nodes('1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }.')],
    [
      'memory-pressure',
      '0/2 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 1 node(s) had untolerated taint {node.kubernetes.io/memory-pressure: }.',
    ],
    ['not ready', nodes('1 node(s) were not ready.')],
    // What lies with the pod comes first: it would not fit on a sound node either.
    [
      undefined,
      '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.',
    ],
    [
      undefined,
      "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.",
    ],
    // Somebody did this on purpose.
    [undefined, nodes('1 node(s) were unschedulable.')],
    [undefined, nodes('1 node(s) had untolerated taint {dedicated: database}.')],
    [undefined, ''],
  ])('of a node in trouble: %s: %s', (taint, message) => expect(nodeTaint(message)).toBe(taint));

  it.each<[boolean, string]>([
    [true, nodes('persistentvolumeclaim "data" not found. not found')],
    [true, nodes('persistentvolumeclaim "data" is being deleted. not found')],
    [true, nodes('pod has unbound immediate PersistentVolumeClaims. not found')],
    [true, nodes("1 node(s) didn't find available persistent volumes to bind.")],
    [true, nodes('1 node(s) had volume node affinity conflict.')],
    [false, nodes('1 Insufficient ephemeral-storage.')],
    [false, nodes("1 node(s) didn't have free ports for the requested pod ports.")],
    [false, ''],
  ])('is about storage: %s: %s', (isStorage, message) => expect(isAboutStorage(message)).toBe(isStorage));
});

describe('what a registry repeats of a login', () => {
  const limit = (who: string) =>
    limited('429 Too Many Requests', `toomanyrequests: You have reached your pull rate limit as ${who}`);
  it.each<[string, string, string[]]>([
    [
      'Docker Hub: user and token',
      limit("'someone': dckr_jti_abc. You may increase the limit by upgrading."),
      ['someone', 'dckr_jti', 'abc'],
    ],
    [
      'Docker Hub: a token as it really is',
      limit("'someone': dckr_jti_JWmW-UNmL_myKE9gZRmdEQ36wGbA=. You may increase the limit by upgrading."),
      ['someone', 'JWmW', 'UNmL', 'myKE9', '36wGbA'],
    ],
    ['Docker Hub: a token alone', 'denied for dckr_pat_AbC-dEf_123', ['dckr_pat', 'AbC', 'dEf_123']],
    ['Docker Hub: at the end', limit("'someone': dckr_jti_abc"), ['someone', 'abc']],
    ['a header', 'Authorization: Bearer eyJhbGciOi.eyJzdWIi.c2ln-_x=', ['eyJhbGciOi', 'eyJzdWIi', 'c2ln']],
    ['a Basic header', 'Authorization: Basic c29tZW9uZTpwYXNz', ['c29tZW9uZTpwYXNz']],
    [
      'a signed address, Docker Hub',
      'Get "https://production.cloudflare.docker.com/registry-v2/x/data?verify=1699999999-AbCdEf%3D": EOF',
      ['AbCdEf'],
    ],
    [
      'a signed address, S3',
      'Get "https://s3.example.com/x?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAXXX%2F2026&X-Amz-Security-Token=tOkEn&X-Amz-Signature=0a1b2c": EOF',
      ['AKIAXXX', 'tOkEn', '0a1b2c'],
    ],
    [
      'a signed address, Azure',
      'Get "https://x.blob.core.windows.net/x?se=2026&sig=AbC%2Bd%3D&sp=r": EOF',
      ['AbC%2Bd'],
    ],
    [
      'a signed address, CloudFront',
      'Get "https://cdn.example.com/x?Expires=17&Signature=AbC~dEf__&Key-Pair-Id=K": EOF',
      ['AbC~dEf'],
    ],
    [
      'a signed address, Google',
      'Get "https://storage.googleapis.com/x?X-Goog-Algorithm=G&X-Goog-Credential=me%40x&X-Goog-Signature=0a1b2c": EOF',
      ['0a1b2c'],
    ],
    [
      'a signed address, Quay',
      'Get "https://cdn01.quay.io/x?region=us&akamai_signature=exp=17~hmac=0a1b2c": EOF',
      ['0a1b2c'],
    ],
    ['a token as a parameter', 'Get "https://registry.example.com/x?a=b&token=s3cr3t": EOF', ['s3cr3t']],
    ['a password in an address', 'Get "https://someone:s3cr3t@registry.example.com/v2/": EOF', ['s3cr3t']],
  ])('is taken out: %s', (_, text, secrets) => {
    const shown = withoutLogin(text);
    for (const secret of secrets) expect(shown).not.toContain(secret);
    expect(withoutLogin(shown)).toBe(shown);
  });

  it.each([
    'rpc error: code = NotFound desc = failed to pull and unpack image "127.0.0.1:5080/quick:nope": 127.0.0.1:5080/quick:nope: not found',
    'toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
    'no basic auth credentials',
    "You have reached your pull rate limit as 'someone",
  ])('what is no secret stays: %s', (text) => expect(withoutLogin(text)).toBe(text));

  it('keeps what comes after it: that says what to do', () => {
    expect(withoutLogin(limit("'someone': dckr_jti_abc. You may increase the limit by upgrading."))).toMatch(
      /429 Too Many Requests.*rate limit as \*\*\*\. You may increase the limit by upgrading\.$/,
    );
  });
});

describe('what an app says of a password', () => {
  it.each([
    ['cannot connect to postgres://app:hunter2@db:5432/app', 'cannot connect to postgres://app:***@db:5432/app'],
    ['amqp://a:hunter2@one,amqp://b:hunter2@two', 'amqp://a:***@one,amqp://b:***@two'],
    ['redis://:hunter2@cache:6379/0 refused', 'redis://:***@cache:6379/0 refused'],
    ['DB_PASSWORD=hunter2 PORT=80', 'DB_PASSWORD=*** PORT=80'],
    ['Server=db;Password=hunter2;Database=app', 'Server=db;Password=***;Database=app'],
    ['{"user":"app","password":"hunter2 x","port":1}', '{"user":"app","password":***,"port":1}'],
    ["{ apiKey: 'hunter2', port: 1 }", '{ apiKey: ***, port: 1 }'],
    ['api-key: hunter2', 'api-key: ***'],
    ['GET /up?access_token=hunter2&page=1', 'GET /up?access_token=***&page=1'],
    ['client_secret = "hunter2"', 'client_secret = ***'],
  ])('it is taken out of %s', (text, without) => expect(withoutPasswords(text)).toBe(without));

  it.each([
    'fatal: no database',
    'secret "database" not found',
    'password authentication failed for user "app"',
    'https://example.com:8080/up?page=1',
    'at main (file:///srv/app.js:10:5) by app@example.com',
    'Error: token is missing\n    at x',
  ])('what is none stays: %s', (text) => expect(withoutPasswords(text)).toBe(text));
});

describe('any text at all', () => {
  const WORDS = [
    ...['rate limit as ', "'", "': ", 'dckr_', 'Bearer ', 'Basic ', '?sig=', '&token=', '&X-Amz-', '=', '*', '.', ' '],
    ...['exec: "', 'exec ', '": ', 'mkdir ', 'cwd', 'not found', 'secret "', "couldn't find key ", ' in Secret ', '/'],
    ...['password', 'api_key', 'token', '-', "='", '="', ':x@', '@'],
    ...['node(s) ', 'Insufficient ', 'preemption: ', '. ', 'a', '\n', '\\', '"', '429', ':', '?', '***'],
  ];
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...WORDS)).map((parts) => parts.join('')),
  );
  const readers: [string, (message: string) => unknown][] = [
    ['pullFault', (message) => pullFault('ErrImagePull', message)],
    ['refuser', refuser],
    ['missingIn', missingIn],
    ['isCacheLag', isCacheLag],
    ['startFault', startFault],
    ['programIn', programIn],
    ['nodeTaint', nodeTaint],
    ['isAboutStorage', isAboutStorage],
    ['withoutLogin', withoutLogin],
    ['withoutPasswords', withoutPasswords],
    ['scheduled', scheduled],
  ];

  it('has no login left to take out, once it was taken out', () => {
    fc.assert(
      fc.property(text, (given) => expect(withoutLogin(withoutLogin(given))).toBe(withoutLogin(given))),
      { numRuns: 2_000 },
    );
  });

  it.each(readers)('%s does not stumble over it', (_, read) => {
    fc.assert(fc.property(text, (given) => void read(given)));
  });

  const SIZE = 100_000;
  const long = [...WORDS, 'x', 'secret "x', '[manifests ', "rate limit as 'x': ", 'https://a:'].map(
    (word) => [word, word.repeat(Math.ceil(SIZE / word.length)).slice(0, SIZE)] as const,
  );
  // An expression that goes wrong takes many seconds; a busy machine, a fraction of one.
  it.each(readers)('%s reads 100 kB of anything without getting lost in it', (_, read) => {
    const slow = long.find(([, given]) => {
      const began = performance.now();
      read(given);
      return performance.now() - began >= 3_000;
    });
    expect(slow?.[0]).toBeUndefined();
  });
});

describe('how an image came to its node', () => {
  const pulled = 'Successfully pulled image "registry:5000/a/in 3s:1" in';
  it.each<[string, Pull | undefined]>([
    [
      `${pulled} 3.2s (8.7s including waiting). Image size: 41234567 bytes.`,
      { ms: 3_200, waitedMs: 5_500, bytes: 41_234_567 },
    ],
    [
      `${pulled} 166ms (166ms including waiting). Image size: 4534936 bytes.`,
      { ms: 166, waitedMs: 0, bytes: 4_534_936 },
    ],
    // Before 1.29 there is no size, before 1.26 no waiting, and long before that no time.
    [`${pulled} 1m3.5s (1m3.5s including waiting)`, { ms: 63_500, waitedMs: 0 }],
    [`${pulled} 1h2m3s`, { ms: 3_723_000, waitedMs: 0 }],
    [`${pulled} 512.3µs`, { ms: 0, waitedMs: 0 }],
    ['Successfully pulled image "app:1"', undefined],
    ['Container image "app:1" already present on machine', undefined],
    ['Container image "app:1" already present on machine and can be accessed by the pod', undefined],
  ])('%s', (message, pull) => expect(pullIn(message)).toEqual(pull));
});
