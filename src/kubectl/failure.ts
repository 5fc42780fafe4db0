/** Why a kubectl call failed, as far as its last line says. */
export type KubectlReason =
  | 'NotFound'
  | 'Forbidden'
  | 'Conflict'
  | 'Invalid'
  | 'Unauthorized'
  | 'Expired'
  | 'CertificateExpired'
  | 'Unreachable'
  | 'NoKubectl'
  | 'NoKubeconfig'
  | 'Other';

export interface KubectlFailure {
  readonly reason: KubectlReason;
  /** kubectl's own words, without the part that names the reason. */
  readonly message: string;
}

/**
 * Reads why kubectl failed from its exit code and standard error. The API server's reason stands in brackets
 * (`Error from server (NotFound): …`, k8s.io/kubectl/pkg/cmd/util/helpers.go); the rest are kubectl's own sentences.
 */
export function classify(code: number, stderr: string): KubectlFailure {
  const text = stderr.trim();
  const said = (reason: KubectlReason, message = text): KubectlFailure => ({ reason, message: message.slice(0, 1_000) });
  // 127 and 126 are the shell's: no such command, not executable.
  if (code === 127 || code === 126) return said('NoKubectl');
  // A change that fails its checks is answered so, and a JSON patch that does not fit likewise (422).
  const invalid = /^(?:The \S+ "[^"]*" is invalid|The request is invalid|error: .*is invalid)(.*)$/ms.exec(text);
  if (invalid) return said('Invalid');
  const server = /Error from server \((\w+)\): (.*)$/s.exec(text);
  const message = server?.[2] ?? text;
  if (/certificate has expired|x509: certificate.*expired/i.test(text)) return said('CertificateExpired', message);
  switch (server?.[1]) {
    case 'NotFound':
    case 'Forbidden':
    case 'Conflict':
    case 'Invalid':
    case 'Unauthorized':
    case 'Expired':
      return said(server[1], message);
    case 'Gone':
      return said('Expired', message);
    case 'ServiceUnavailable':
    case 'ServerTimeout':
    case 'Timeout':
    case 'TooManyRequests':
    case 'InternalError':
      return said('Unreachable', message);
    default:
  }
  if (/You must be logged in to the server|Unauthorized/.test(text)) return said('Unauthorized');
  if (/no configuration has been provided|localhost:8080|context .* does not exist|error loading config file/i.test(text)) return said('NoKubeconfig');
  if (/The connection to the server|Unable to connect to the server|connection refused|i\/o timeout|TLS handshake|EOF|etcdserver|no route to host/i.test(text)) {
    return said('Unreachable');
  }
  return said('Other', message);
}
