import { createHash } from 'node:crypto';

/** A key of the host that the user vouches for. The type is not known where only a fingerprint was given. */
export interface HostKeyPin {
  readonly fingerprint: string;
  readonly type: string | undefined;
}

export interface HostKeys {
  readonly trusted: readonly HostKeyPin[];
  /** Fingerprints. A revoked key is refused even where another line trusts it. */
  readonly revoked: readonly string[];
}

export type HostKeyVerdict = 'trusted' | 'revoked' | 'unknown';

/** What a handshake may sign with, by type of key: no SHA-1 (`ssh-rsa` as an algorithm) and no DSA. Best first. */
const ALGORITHMS = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
} as const;

export type HostKeyAlgorithm = (typeof ALGORITHMS)[keyof typeof ALGORITHMS][number];

export const isSupportedKeyType = (type: string): boolean => Object.hasOwn(ALGORITHMS, type);

/** `SHA256:…` as OpenSSH prints it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The name a public key carries in its own first field (RFC 4253, 6.6), such as `ssh-ed25519`. */
export function keyType(blob: Buffer): string {
  const length = blob.length < 4 ? 0 : blob.readUInt32BE(0);
  return blob.toString('latin1', 4, 4 + Math.min(length, 64)).replace(/[^\x21-\x7e]/g, '?') || 'unknown';
}

export function judgeHostKey(pins: HostKeys, keyBlob: Buffer): HostKeyVerdict {
  const seen = fingerprint(keyBlob);
  if (pins.revoked.includes(seen)) return 'revoked';
  return pins.trusted.some((pin) => pin.fingerprint === seen) ? 'trusted' : 'unknown';
}

/**
 * The algorithms to offer, so that the host shows a key we can judge: a host has several, and shows the one we
 * prefer. A fingerprint alone does not tell its type, so it opens the list to all of them, pinned types first.
 */
export function hostKeyAlgorithms(pins: HostKeys): HostKeyAlgorithm[] {
  const types = Object.keys(ALGORITHMS) as (keyof typeof ALGORITHMS)[];
  const isPinned = (type: string) => pins.trusted.some((pin) => pin.type === type);
  const isLimited = pins.trusted.every((pin) => pin.type !== undefined);
  const others = isLimited ? [] : types.filter((type) => !isPinned(type));
  return [...types.filter(isPinned), ...others].flatMap((type) => ALGORITHMS[type]);
}
