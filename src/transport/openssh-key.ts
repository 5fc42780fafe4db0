import type { KeyObject } from 'node:crypto';

/** Writes an Ed25519 key in OpenSSH's own container (openssh PROTOCOL.key), unencrypted: ssh2 reads it in no other. */
export function openSshEd25519(key: KeyObject): string {
  const { d = '', x = '' } = key.export({ format: 'jwk' });
  const open = Buffer.from(x, 'base64url');
  const type = field('ssh-ed25519');
  // Two equal numbers, by which a reader sees that it decrypted well. Nothing is encrypted here.
  const check = Buffer.alloc(8);
  const secret = Buffer.concat([
    check,
    type,
    field(open),
    field(Buffer.concat([Buffer.from(d, 'base64url'), open])),
    field(''),
  ]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (8 - (secret.length % 8)) % 8));
  const one = Buffer.from([0, 0, 0, 1]);
  const container = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[field('none'), field('none'), field(''), one],
    field(Buffer.concat([type, field(open)])),
    field(Buffer.concat([secret, padding])),
  ]);
  const lines = container.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n');
}

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
