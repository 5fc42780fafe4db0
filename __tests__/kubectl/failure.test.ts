import { classify } from '../../src/kubectl/failure';

// kubectl 1.32.4 said the sentences of NotFound, Forbidden, Conflict, Invalid, Expired, Unauthorized, the webhooks, the policy, etcd,
// EOF and a missing or broken kubeconfig, to a server that answers with Status objects. Those of certificates, sudo and older
// versions are as remembered from sources and logs, not recorded.
const NOT_FOUND = 'deployments.apps "web" not found';
const RBAC =
  'deployments.apps "web" is forbidden: User "deployer" cannot patch resource "deployments" in API group "apps" in the namespace "default"';
const CONFLICT =
  'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again';
const WEBHOOK = 'admission webhook "policy.example.org" denied the request: no latest tag';
const POLICY = `ValidatingAdmissionPolicy 'only-image' with binding 'deployer' denied request: env changed`;
const REFUSED = 'The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?';
const NO_CONFIG = 'The connection to the server localhost:8080 was refused - did you specify the right host or port?';
const KLOG =
  'E1123 04:27:38.961349    5109 memcache.go:265] "Unhandled Error" err="couldn\'t get current server API group list: Get \\"http://localhost:8080/api?timeout=32s\\": dial tcp 127.0.0.1:8080: connect: connection refused"\n';
const WEBHOOK_DOWN =
  'Internal error occurred: failed calling webhook "v.k.svc": failed to call webhook: Post "https://k.svc:443/v?timeout=10s": dial tcp 10.96.0.9:443: connect: connection refused';

const server = (reason: string, message: string) => `Error from server${reason && ` (${reason})`}: ${message}\n`;

describe("why kubectl failed, by the API server's answer", () => {
  it.each([
    ['NotFound', 'NotFound', NOT_FOUND],
    ['NotFound', 'NotFound', 'namespaces "nowhere" not found'],
    ['NotFound', 'NotFound', 'the server could not find the requested resource (get deployments.apps web)'],
    ['Conflict', 'Conflict', CONFLICT],
    ['Expired', 'Expired', 'too old resource version: 1 (2)'],
    ['Expired', 'Gone', 'too old resource version: 1 (2)'],
    ['Forbidden', 'Forbidden', RBAC],
    ['Forbidden', 'Forbidden', `${RBAC}: RBAC: role.rbac.authorization.k8s.io "deploy" not found`],
    [
      'Forbidden',
      'Forbidden',
      'deployments.apps "web" is forbidden: User "system:serviceaccount:ci:deploy" cannot get resource "deployments" in API group "apps" in the namespace "x"',
    ],
    ['Forbidden', 'Forbidden', 'forbidden: User "system:anonymous" cannot get path "/apis"'],
    ['Forbidden', 'Forbidden', 'the server does not allow access to the requested resource'],
    ['Invalid', 'Forbidden', 'admission webhook "validation.gatekeeper.sh" denied the request: [no-latest] must not'],
    ['Invalid', 'Forbidden', `deployments.apps "web" is forbidden: ${POLICY}`],
    [
      'Invalid',
      'Forbidden',
      'deployments.apps "web" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, used: 1, limited: 1',
    ],
    [
      'Invalid',
      'Forbidden',
      'deployments.apps "web" is forbidden: unable to create new content in namespace x because it is being terminated',
    ],
    ['Invalid', '', WEBHOOK],
    [
      'Invalid',
      '',
      'admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Deployment/default/web was blocked due to the following policies',
    ],
    ['Invalid', 'BadRequest', 'admission webhook "x" denied the request without explanation'],
    ['Invalid', 'BadRequest', 'container "app" in pod "web-1" is waiting to start: trying and failing to pull image'],
    ['Invalid', 'InternalError', WEBHOOK_DOWN],
    [
      'Invalid',
      'InternalError',
      'Internal error occurred: failed calling webhook "v.k.svc": failed to call webhook: Post "https://k.svc:443/v": tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
    ],
    ['Unreachable', '', 'etcdserver: request timed out'],
    [
      'Unreachable',
      'Timeout',
      'the server was unable to return a response in the time allotted, but may still be processing the request',
    ],
    [
      'Unreachable',
      'ServerTimeout',
      'The POST operation against Pod could not be completed at this time, please try again.',
    ],
    ['Unreachable', 'TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
    ['Unreachable', 'ServiceUnavailable', 'the server is currently unable to handle the request'],
    [
      'Unreachable',
      'InternalError',
      'an error on the server ("<html>bad gateway</html>") has prevented the request from succeeding',
    ],
    ['Other', '', 'unknown'],
    ['Other', 'SomethingNew', 'a reason of a later version'],
  ])('%s: (%s) %s', (reason, told, message) => {
    expect(classify(1, server(told, message))).toEqual({ reason, message });
    expect(classify(1, KLOG.repeat(4) + server(told, message))).toEqual({ reason, message });
  });
});

describe("why kubectl failed, by kubectl's own words", () => {
  it.each([
    [
      'Invalid',
      'The Deployment "web" is invalid: spec.minReadySeconds: Invalid value: 700: must be less than progressDeadlineSeconds',
    ],
    ['Invalid', 'The Deployment "web" is invalid: \n* spec.a: Invalid value: 700: m\n* spec.b: Required value'],
    ['Invalid', `The deployments "web" is invalid: : ${POLICY}`],
    ['Invalid', 'The request is invalid: the server rejected our request due to an error in our request'],
    ['Invalid', 'Warning: spec.template.spec: deprecated\nThe Deployment "web" is invalid: spec.x: Required value'],
    ['Unauthorized', 'error: You must be logged in to the server (Unauthorized)'],
    [
      'Unauthorized',
      'error: You must be logged in to the server (the server has asked for the client to provide credentials (get deployments.apps web))',
    ],
    [
      'CertificateExpired',
      'Unable to connect to the server: tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2025-11-23T04:00:00Z is after 2025-11-22T04:00:00Z',
    ],
    [
      'CertificateExpired',
      'Unable to connect to the server: x509: certificate has expired or is not yet valid: current time 2024-01-01T00:00:00Z is after 2023-12-31T00:00:00Z',
    ],
    ['CertificateExpired', 'Unable to connect to the server: remote error: tls: expired certificate'],
    ['NoKubeconfig', NO_CONFIG],
    ['NoKubeconfig', KLOG.repeat(4) + NO_CONFIG],
    ['NoKubeconfig', 'error: context "nope" does not exist'],
    ['NoKubeconfig', 'Error in configuration: context was not found for specified context: gone'],
    [
      'NoKubeconfig',
      'Error in configuration: \n* unable to read client-cert /x for u due to open /x: no such file or directory',
    ],
    [
      'NoKubeconfig',
      'error: error loading config file "/home/d/.kube/config": open /home/d/.kube/config: permission denied',
    ],
    ['NoKubeconfig', 'error: error loading config file "bad": yaml: line 1: did not find expected node content'],
    [
      'NoKubeconfig',
      'error: invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable',
    ],
    [
      'NoKubeconfig',
      'Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority',
    ],
    [
      'NoKubeconfig',
      'Unable to connect to the server: tls: failed to verify certificate: x509: certificate is valid for 10.96.0.1, 10.0.0.2, not 10.0.0.3',
    ],
    ['Unreachable', REFUSED],
    ['Unreachable', KLOG + REFUSED],
    ['Unreachable', 'Unable to connect to the server: dial tcp: lookup api.example.org: no such host'],
    ['Unreachable', 'Unable to connect to the server: dial tcp 10.0.0.1:6443: i/o timeout'],
    ['Unreachable', 'Unable to connect to the server: net/http: TLS handshake timeout'],
    ['Unreachable', 'Unable to connect to the server: EOF'],
    [
      'Unreachable',
      'Unable to connect to the server: context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    ],
    [
      'Unreachable',
      'error: client rate limiter Wait returned an error: context deadline exceeded - error from a previous attempt: EOF',
    ],
    ['NoKubectl', 'sudo: a password is required'],
    [
      'NoKubectl',
      'sudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper\nsudo: a password is required',
    ],
    ['NoKubectl', 'sudo: kubectl: command not found'],
    ['NoKubectl', 'deployer is not in the sudoers file.'],
    ['NoKubectl', "Sorry, user deployer is not allowed to execute '/usr/bin/kubectl get' as root on vm."],
    ['Other', "Error: unknown flag: --rawx\nSee 'kubectl get --help' for usage."],
    ['Other', 'error: unexpected error when reading response body. Please retry. Original error: stream error'],
    ['Other', 'Killed'],
    ['Other', ''],
  ])('%s: %s', (reason, stderr) => expect(classify(1, `${stderr}\n`).reason).toBe(reason));

  it.each([
    [127, 'sh: 1: kubectl: not found'],
    [127, 'bash: line 1: kubectl: command not found'],
    [127, ''],
    [126, 'bash: /usr/bin/kubectl: Permission denied'],
  ])('NoKubectl: code %d, %s', (code, stderr) =>
    expect(classify(code, stderr)).toEqual({ reason: 'NoKubectl', message: stderr }),
  );

  it("does not take sudo's warnings for its refusals", () => {
    const stderr = `sudo: unable to resolve host vm: Name or service not known\n${server('NotFound', NOT_FOUND)}`;
    expect(classify(1, stderr)).toEqual({ reason: 'NotFound', message: NOT_FOUND });
  });
});

describe('what a person reads of it', () => {
  it("is without kubectl's own log lines", () => expect(classify(1, KLOG.repeat(4) + REFUSED).message).toBe(REFUSED));
  it('is those lines where there is nothing else', () => expect(classify(1, KLOG).message).toBe(KLOG.trim()));
  it('is not endless', () => expect(classify(1, 'x'.repeat(100_000)).message).toHaveLength(1_000));
});

// Recorded from kubectl 1.34.4.
describe('why a server-side apply failed', () => {
  it.each([
    [
      'FieldConflict',
      'error: Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas\nPlease review the fields above',
    ],
    [
      'Conflict',
      'error: Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again\nPlease review the fields above',
    ],
    [
      'NoKind',
      'error: resource mapping not found for name: "a" namespace: "x" from "STDIN": no matches for kind "Foo" in version "example.org/v1"\nensure CRDs are installed first',
    ],
    ['NotFound', 'Error from server (NotFound): namespaces "nowhere" not found'],
  ])('%s', (reason, stderr) => expect(classify(1, stderr).reason).toBe(reason));

  it('keeps every field of a long list', () => {
    const fields = Array.from({ length: 100 }, (_, index) => `- .data.key-${index}`);
    const text = `error: Apply failed with 100 conflicts: conflicts with "helm" using v1:\n${fields.join('\n')}`;
    expect(classify(1, text).message).toBe(text);
  });

  it("shows no value of a manifest: a Secret's password may be a number", () => {
    const place =
      'failed to create typed patch object (a/s; /v1, Kind=Secret): .stringData.password: expected string, got ';
    const text = `Error from server: ${place}&value.valueUnstructured{Value:98765432}`;
    expect(classify(1, text).message).toBe(`${place}***`);
  });
});
