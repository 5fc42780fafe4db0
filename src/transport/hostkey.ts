import { type Problem, problem } from '../words/words';
import { namesHost } from './host-pattern';
import { fingerprint, type HostKeys, isSupportedKeyType, keyType } from './pins';

interface Line {
  readonly kind: 'trusted' | 'revoked' | 'authority' | 'unsupported' | 'md5' | 'unreadable';
  readonly fingerprint: string;
  readonly type: string | undefined;
  /** The hosts a known_hosts line is for; other lines are for the host at hand. */
  readonly hosts: string | undefined;
}

/**
 * Reads the `ssh-host-key` input: `SHA256:…` fingerprints (bare, or lines of `ssh-keygen -l`), known_hosts lines
 * (as `ssh-keyscan` prints them), and public keys (as in /etc/ssh/ssh_host_ed25519_key.pub), one a line.
 * Lines for other hosts are left out. Problems name line numbers only: the wrong thing may have been pasted.
 */
export function parseHostKeys(
  text: string,
  host: string,
  port: number,
): { readonly hostKeys: HostKeys } | { readonly problems: readonly Problem[] } {
  if (text.includes('PRIVATE KEY')) return { problems: [problem('ssh.host-key-is-private', {})] };
  const lines = text
    .split(/\r?\n|\\n/)
    .map((line, index) => ({ number: index + 1, text: line.trim() }))
    .filter((line) => line.text !== '' && !line.text.startsWith('#'))
    .flatMap(({ number, text }) => readLine(text).map((line) => ({ ...line, number })));
  const own = lines.filter((line) => line.hosts === undefined || namesHost(line.hosts, host, port));
  const of = (kind: Line['kind']) => own.filter((line) => line.kind === kind);

  const numbers = (kind: Line['kind']) => [...new Set(of(kind).map((line) => line.number))];
  const problems = [
    ...(of('unreadable').length > 0 ? [problem('ssh.host-key-unreadable', { lines: numbers('unreadable') })] : []),
    ...(of('md5').length > 0 ? [problem('ssh.host-key-md5', { lines: numbers('md5') })] : []),
    ...(of('authority').length > 0 ? [problem('ssh.host-key-authority', { lines: numbers('authority') })] : []),
  ];
  if (problems.length > 0) return { problems };

  const trusted = of('trusted').map(({ fingerprint, type }) => ({ fingerprint, type }));
  const revoked = of('revoked').map((line) => line.fingerprint);
  if (trusted.length > 0) return { hostKeys: { trusted, revoked } };

  if (of('unsupported').length > 0) {
    const types = [...new Set(of('unsupported').map((line) => line.type ?? ''))];
    return { problems: [problem('ssh.host-key-unsupported', { types })] };
  }
  if (revoked.length > 0) return { problems: [problem('ssh.host-key-only-revoked', {})] };
  const hosts = [...new Set(lines.flatMap((line) => (line.hosts === undefined ? [] : [showHosts(line.hosts)])))];
  if (hosts.length > 0) return { problems: [problem('ssh.host-key-other-host', { host, port, hosts })] };
  return { problems: [problem('ssh.host-key-missing', {})] };
}

const showHosts = (field: string) => (field.startsWith('|1|') ? '(a hashed name)' : field);

const unreadable: Line = { kind: 'unreadable', fingerprint: '', type: undefined, hosts: undefined };

function readLine(line: string): Line[] {
  if (/^(\d+ )?(MD5:)?([0-9a-f]{2}:){15}[0-9a-f]{2}\b/i.test(line)) return [{ ...unreadable, kind: 'md5' }];
  if (/^(\d+ )?SHA256:/.test(line)) return readFingerprints(line);

  const words = line.split(/\s+/);
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
  const isBare = marker === undefined && readKey(words[0], words[1]) !== undefined;
  const hosts = isBare ? undefined : words.shift();
  const key = readKey(words[0], words[1]);
  if (key === undefined) return [unreadable];

  const found = { ...key, hosts };
  if (marker === '@cert-authority') return [{ ...found, kind: 'authority' }];
  if (marker === '@revoked') return [{ ...found, kind: 'revoked' }];
  if (marker !== undefined) return [unreadable];
  return [{ ...found, kind: isSupportedKeyType(key.type) ? 'trusted' : 'unsupported' }];
}

/** A key is its type and a blob that names the same type within. */
function readKey(type: string | undefined, base64: string | undefined) {
  if (type === undefined || base64 === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const blob = Buffer.from(base64, 'base64');
  return keyType(blob) === type ? { type, fingerprint: fingerprint(blob) } : undefined;
}

/** Fingerprints side by side, or one line of `ssh-keygen -l`: bits, fingerprint, comment, (TYPE). */
function readFingerprints(line: string): Line[] {
  const [, bits = '', only, name = ''] = /^(\d+) (SHA256:\S+) .*\((\w+)\)$/.exec(line) ?? [];
  const words = only === undefined ? line.split(/[\s,]+/) : [only];
  if (!words.every((word) => /^SHA256:[A-Za-z0-9+/]{43}=?$/.test(word))) return [unreadable];
  const types = new Map([
    ['ED25519', 'ssh-ed25519'],
    ['RSA', 'ssh-rsa'],
    ['ECDSA', `ecdsa-sha2-nistp${bits}`],
  ]);
  return words.map((word) => ({
    ...unreadable,
    kind: 'trusted',
    fingerprint: word.replace(/=$/, ''),
    type: types.get(name),
  }));
}
