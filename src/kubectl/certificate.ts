import { X509Certificate } from 'node:crypto';

/**
 * Prints the certificate that kubectl signs in with, in base64, and nothing else: the key beside it never leaves kubectl. Measured
 * with kubectl 1.34: `--raw` lifts the redaction, and `jsonpath` then prints this one field. It is empty, with exit code 0, for a
 * token, a login command (`exec`), no user at all, and a certificate that the kubeconfig only names as a file
 * (`client-certificate`). Without a current context, or with one whose user is missing, kubectl ends with 1.
 */
export const CLIENT_CERTIFICATE_ARGV = [
  ...['config', 'view', '--raw', '--minify'],
  ...['--output', 'jsonpath={.users[0].user.client-certificate-data}'],
] as const;

export interface ClientCertificate {
  readonly end: Date;
  /** Who can renew it; `other` for one made by hand. */
  readonly madeBy: 'kubeadm' | 'k3s' | 'other';
}

/** Reads what `CLIENT_CERTIFICATE_ARGV` printed: a PEM in base64. Undefined where there is none, or none that can be read. */
export function clientCertificate(base64Pem: string): ClientCertificate | undefined {
  try {
    // Of a chain the client's own certificate comes first, and the first is the one that is read.
    const { validTo, subject, issuer } = new X509Certificate(Buffer.from(base64Pem, 'base64'));
    const end = new Date(validTo);
    return Number.isNaN(end.getTime()) ? undefined : { end, madeBy: makerOf(commonName(subject), commonName(issuer)) };
  } catch {
    return undefined;
  }
}

/**
 * Sources: kubernetes.io "Certificate Management with kubeadm" (admin.conf, and super-admin.conf since 1.29), and the names of
 * k3s's own authorities (github.com/k3s-io/k3s/pkg/daemons/control/deps).
 */
function makerOf(user: string, authority: string): ClientCertificate['madeBy'] {
  if (authority.startsWith('k3s-client-ca')) return 'k3s';
  return user === 'kubernetes-admin' || user === 'kubernetes-super-admin' ? 'kubeadm' : 'other';
}

/** Node prints a distinguished name with a line for each part. */
function commonName(name: string | undefined): string {
  return /^CN=(.*)$/m.exec(name ?? '')?.[1] ?? '';
}
