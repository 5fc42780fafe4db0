import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Secret } from '../system/secret';
import { type Problem, problem } from '../words/words';
import { readPem, unwrapKeyText } from './key-text';
import { openSshEd25519 } from './openssh-key';
import { fingerprint } from './pins';

/** A private key, decrypted, in a form that ssh2 reads. */
export interface PrivateKey {
  readonly key: Secret;
  /** Of the public half, as the host's authorized_keys names it: `ssh-ed25519`. */
  readonly type: string;
  /** Of the public half: `SHA256:…`. */
  readonly fingerprint: string;
}

/**
 * Reads the `ssh-key` input: OpenSSH's own form, PKCS#1, SEC1, PKCS#8 and PuTTY's version 2, encrypted or not, also
 * where copying has bent its lines. The passphrase is used here, once: ssh2 takes 0.3 s to derive a key from it.
 * A problem never carries any part of the key.
 */
export function readPrivateKey(text: string, passphrase?: string): PrivateKey | Problem {
  const clean = unwrapKeyText(text);
  if (clean === '') return problem('ssh.key-empty', {});
  if (isPublic(clean)) return problem('ssh.key-is-public', {});
  if (clean.startsWith('PuTTY-User-Key-File-')) {
    // ssh2 reads version 2 of PuTTY's form, and there RSA alone.
    if (!clean.startsWith('PuTTY-User-Key-File-2: ssh-rsa')) return problem('ssh.key-putty', {});
    return open(/^Encryption: (?!none)/m.test(clean), passphrase, () => openWithSsh2(clean, passphrase));
  }

  const block = readPem(clean);
  if (!block?.label.endsWith('PRIVATE KEY')) return problem('ssh.key-unreadable', { damage: damageOf(clean) });
  if (block.label !== 'OPENSSH PRIVATE KEY') {
    return open(block.isEncrypted, passphrase, () =>
      createPrivateKey({ key: block.pem, ...(passphrase && { passphrase }) }),
    );
  }
  const hardware = /sk-(ssh-ed25519|ecdsa)/.exec(block.body.toString('latin1'));
  if (hardware !== null) return problem('ssh.key-type', { type: hardware[0] });
  return open(block.isEncrypted, passphrase, () => openWithSsh2(block.pem, passphrase));
}

function isPublic(text: string): boolean {
  return /^(ssh-|ecdsa-|sk-)\S+ AAAA/.test(text) || /^-+ ?BEGIN [A-Z0-9 ]*(PUBLIC KEY|CERTIFICATE)/.test(text);
}

function damageOf(text: string): 'begin' | 'end' | 'content' {
  if (!/-----BEGIN [A-Z0-9 ]+-----/.test(text)) return 'begin';
  return /-----END [A-Z0-9 ]+-----/.test(text) ? 'content' : 'end';
}

/** Types of key, and curves, that SSH has a name for: node's names for them. */
const SUPPORTED = ['rsa', 'ed25519', 'prime256v1', 'secp384r1', 'secp521r1'];

/** What fails to open an encrypted key is taken for a wrong passphrase: decrypting tells no difference. */
function open(isEncrypted: boolean, passphrase: string | undefined, read: () => KeyObject): PrivateKey | Problem {
  if (isEncrypted && !passphrase) return problem('ssh.passphrase-missing', {});
  try {
    const opened = read();
    const type = opened.asymmetricKeyDetails?.namedCurve ?? opened.asymmetricKeyType ?? 'unknown';
    if (!SUPPORTED.includes(type)) return problem('ssh.key-type', { type });
    const key = write(opened);
    const parsed = parse(key);
    return { key: new Secret(key), type: parsed.type, fingerprint: fingerprint(parsed.getPublicSSH()) };
  } catch {
    return isEncrypted ? problem('ssh.passphrase-wrong', {}) : problem('ssh.key-unreadable', { damage: 'content' });
  }
}

function write(key: KeyObject): string {
  if (key.asymmetricKeyType === 'ed25519') return openSshEd25519(key);
  return key.export({ format: 'pem', type: key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1' }).toString();
}

function openWithSsh2(text: string, passphrase: string | undefined): KeyObject {
  return createPrivateKey(parse(text, passphrase).getPrivatePEM());
}

/** Only this part of ssh2: all of it takes 60 ms, and is loaded while the image builds. */
function parse(key: string, passphrase?: string) {
  const { parseKey } = require('ssh2/lib/protocol/keyParser.js') as typeof import('ssh2')['utils'];
  const parsed = parseKey(key, passphrase);
  if (parsed instanceof Error) throw parsed;
  return parsed;
}
