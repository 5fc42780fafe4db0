/** Why a kubectl call failed, as far as its last line says. */
export type KubectlReason =
  | 'NotFound'
  /** The account lacks a right (RBAC). */
  | 'Forbidden'
  | 'Conflict'
  /** A server-side apply wants fields that other managers have: the message lists them. */
  | 'FieldConflict'
  /** The cluster knows no such kind. */
  | 'NoKind'
  /** The API server understood and refuses: its checks, an admission rule, a quota. Nothing was changed. */
  | 'Invalid'
  | 'Unauthorized'
  | 'Expired'
  | 'CertificateExpired'
  | 'Unreachable'
  | 'NoKubectl'
  | 'NoKubeconfig'
  /** Nothing that is known; whether the call took effect is not. */
  | 'Other';

export interface KubectlFailure {
  readonly reason: KubectlReason;
  /** kubectl's own words, without the part that names the reason. */
  readonly message: string;
}

/** kubectl's own log lines, such as its four tries at discovery. They say in worse words what its last line says. */
const KLOG = /^[EWIF]\d{4} \d\d:\d\d:.*\n?/gm;

/**
 * Words of a refusal that is no missing right: an admission webhook, a ValidatingAdmissionPolicy, a quota, a namespace that is
 * going. RBAC's own sentence is `… is forbidden: User "x" cannot …`.
 */
const REFUSED_BY_A_RULE = /denied (?:the )?request|is forbidden: (?!User )/;

/** How the API server shows a value of a manifest that is of the wrong type: it may be a Secret's, such as `password: 1234`. */
const VALUE = /&?value\.valueUnstructured\{.*/g;

/**
 * Reads why kubectl failed from its exit code and standard error. The API server's reason stands in brackets
 * (`Error from server (NotFound): …`, k8s.io/kubectl/pkg/cmd/util/helpers.go); the rest are kubectl's own sentences.
 */
export function classify(code: number, stderr: string): KubectlFailure {
  const text = stderr.replace(KLOG, '').trim() || stderr.trim();
  const said = (reason: KubectlReason, message = text): KubectlFailure => ({
    reason,
    message: message.replace(VALUE, '***').slice(0, 1_000),
  });
  // 127 and 126 are the shell's: no such command, not executable.
  if (code === 127 || code === 126 || NO_SUDO.test(text)) return said('NoKubectl');
  if (/Apply failed with \d+ conflict/.test(text)) return { reason: 'FieldConflict', message: text };
  // A server-side apply is told so without the reason in brackets.
  if (/^error: Operation cannot be fulfilled on .* the object has been modified/m.test(text)) return said('Conflict');
  if (/no matches for kind "/.test(text)) return said('NoKind');
  // 422: checks of the API server, a policy, or a JSON patch that does not fit.
  if (/^(?:The \S+ "[^"]*" is invalid|The request is invalid)/m.test(text)) return said('Invalid');
  const [, reason, message] = /Error from server(?: \((\w+)\))?: (.*)$/s.exec(text) ?? [];
  if (message !== undefined) return said(reasonOf(reason, message), message);
  if (/certificate has expired|expired certificate/i.test(text)) return said('CertificateExpired');
  if (/You must be logged in to the server/.test(text)) return said('Unauthorized');
  if (NO_KUBECONFIG.test(text)) return said('NoKubeconfig');
  if (UNREACHABLE.test(text)) return said('Unreachable');
  return said('Other');
}

/** sudo's own refusals. Its warnings (`unable to resolve host`) may stand before any answer of kubectl's. */
const NO_SUDO =
  /^sudo: .*(?:password is required|terminal is required|command not found)|not in the sudoers file|^Sorry, user .* not allowed to execute/m;

/** None, one for another cluster, or one that names what is not there. */
const NO_KUBECONFIG =
  /no configuration has been provided|server localhost:8080 was refused|context .* does not exist|Error in configuration|error loading config file|signed by unknown authority|certificate is valid for/i;

const UNREACHABLE =
  /The connection to the server|Unable to connect to the server|connection refused|i\/o timeout|deadline exceeded|TLS handshake|EOF|no route to host/i;

/** What the API server's answer means. Where it does not say that it refused, the request may have taken effect. */
function reasonOf(reason: string | undefined, message: string): KubectlReason {
  // A webhook that does not answer refuses too, and its certificate is not the cluster's.
  if (/failed calling webhook/.test(message)) return 'Invalid';
  switch (reason) {
    case 'Forbidden':
      return REFUSED_BY_A_RULE.test(message) ? 'Invalid' : 'Forbidden';
    case 'NotFound':
    case 'Conflict':
    case 'Invalid':
    case 'Unauthorized':
    case 'Expired':
      return reason;
    case 'Gone':
      return 'Expired';
    case 'BadRequest':
    case 'AlreadyExists':
    case 'MethodNotAllowed':
    case 'NotAcceptable':
    case 'RequestEntityTooLarge':
    case 'UnsupportedMediaType':
      return 'Invalid';
    case 'ServiceUnavailable':
    case 'ServerTimeout':
    case 'StoreReadError':
    case 'Timeout':
    case 'TooManyRequests':
    case 'InternalError':
      return 'Unreachable';
    default:
      if (REFUSED_BY_A_RULE.test(message)) return 'Invalid';
      return /etcdserver|timed out|i\/o timeout/.test(message) ? 'Unreachable' : 'Other';
  }
}
