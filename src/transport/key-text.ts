/** A PEM block, its text made regular again. */
export interface PemBlock {
  /** What stands between `BEGIN` and the dashes, such as `OPENSSH PRIVATE KEY`. */
  readonly label: string;
  readonly pem: string;
  readonly body: Buffer;
  readonly isEncrypted: boolean;
}

/** Undoes what copying does to a key as a whole: a BOM, quotes around it, Windows line ends, and `\n` for a line end. */
export function unwrapKeyText(text: string): string {
  return text
    .trim() // takes a BOM off too
    .replace(/^(["'`])([\s\S]*)\1$/, '$2')
    .replace(/\\r\\n|\\n|\r\n?/g, '\n')
    .trim();
}

/**
 * Finds the PEM block in `text` and lays its lines out anew, so that line ends turned to spaces, indented, or lost at
 * the end do not matter. Undefined where there is no whole block, or its body is not base64.
 */
export function readPem(text: string): PemBlock | undefined {
  const [, label, inner] = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]+?)-----END \1-----/.exec(text) ?? [];
  if (label === undefined || inner === undefined) return undefined;

  // The two headers of an encrypted key in OpenSSL's old form (RFC 1421); nothing else writes headers.
  const [headers = '', dek = ''] = /^\s*Proc-Type:\s*4,ENCRYPTED\s+DEK-Info:\s*([\w-]+,[0-9A-Fa-f]+)/.exec(inner) ?? [];
  const base64 = inner.slice(headers.length).replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;

  const body = Buffer.from(base64, 'base64');
  const head = dek === '' ? [] : ['Proc-Type: 4,ENCRYPTED', `DEK-Info: ${dek}`, ''];
  const lines = base64.match(/.{1,64}/g) ?? [];
  return {
    label,
    pem: [`-----BEGIN ${label}-----`, ...head, ...lines, `-----END ${label}-----`, ''].join('\n'),
    body,
    isEncrypted: dek !== '' || label.startsWith('ENCRYPTED') || (label.startsWith('OPENSSH') && hasCipher(body)),
  };
}

/** The container's first field after its magic is the cipher, `none` for an open key (openssh PROTOCOL.key). */
function hasCipher(body: Buffer): boolean {
  const magic = 'openssh-key-v1\0';
  return (
    body.toString('latin1', 0, magic.length) === magic && !body.toString('latin1', magic.length + 4).startsWith('none')
  );
}
