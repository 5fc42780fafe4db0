import { createHmac } from 'node:crypto';

/**
 * Whether the first field of a known_hosts line names this host: a comma list with `*`, `?` and `!`, `[host]:port`,
 * or the hashed form (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
 *
 * As ssh does, a line without a port serves a host on any port.
 */
export function namesHost(field: string, host: string, port: number): boolean {
  const names = [`[${host}]:${port}`, host].map((name) => name.toLowerCase());
  return names.some((name) => (field.startsWith('|1|') ? isHashOf(field, name) : listNames(field, name)));
}

function isHashOf(field: string, name: string): boolean {
  const [, , salt = '', hash] = field.split('|');
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

/** A negated pattern that matches rules the whole line out, wherever it stands. */
function listNames(field: string, name: string): boolean {
  const patterns = field.toLowerCase().split(',');
  const matches = (pattern: string) => wildcard(pattern).test(name);
  if (patterns.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && matches(pattern));
}

function wildcard(pattern: string): RegExp {
  const literal = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}
