import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseHostKeys } from '../../src/transport/hostkey';
import { fingerprint, type HostKeys, hostKeyAlgorithms, judgeHostKey, keyType } from '../../src/transport/pins';

const folder = mkdtempSync(join(tmpdir(), 'hostkey-'));
afterAll(() => rmSync(folder, { recursive: true }));

const keygen = (...args: string[]) =>
  execFileSync('ssh-keygen', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

/** A key as its .pub file holds it, with its parts. */
function makeKey(name: string, ...how: string[]) {
  keygen('-q', '-N', '', '-C', 'root@host', '-f', name, ...how);
  const line = readFileSync(join(folder, `${name}.pub`), 'utf8').trim();
  const [type = '', base64 = ''] = line.split(' ');
  return {
    line,
    type,
    key: `${type} ${base64}`,
    blob: Buffer.from(base64, 'base64'),
    listed: keygen('-lf', `${name}.pub`).trim(),
  };
}

const ed = makeKey('ed', '-t', 'ed25519');
const other = makeKey('other', '-t', 'ed25519');
const rsa = makeKey('rsa', '-t', 'rsa', '-b', '2048');
const ecdsa = makeKey('ecdsa', '-t', 'ecdsa', '-b', '384');

const HOST = 'deploy.example.org';
const read = (text: string, host = HOST, port = 22) => parseHostKeys(text, host, port);
function pins(text: string, host = HOST, port = 22): HostKeys {
  const result = read(text, host, port);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.hostKeys;
}
function problems(text: string, host = HOST, port = 22) {
  const result = read(text, host, port);
  if ('hostKeys' in result) throw new Error('Expected problems.');
  return result.problems;
}
const judge = (text: string, key = ed, host = HOST, port = 22) => judgeHostKey(pins(text, host, port), key.blob);

describe('a host key', () => {
  it('has the fingerprint and type that ssh-keygen shows', () => {
    for (const { blob, listed, type } of [ed, rsa, ecdsa]) {
      expect(listed).toContain(` ${fingerprint(blob)} `);
      expect(keyType(blob)).toBe(type);
    }
  });

  it('has no readable type where it is no key', () => {
    expect(keyType(Buffer.from(''))).toBe('unknown');
    expect(keyType(Buffer.from([0, 0, 0, 3, 27, 91, 10]))).toBe('?[?');
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => expect(keyType(Buffer.from(bytes))).toMatch(/^[\x21-\x7e]{1,64}$/)),
    );
  });
});

describe('ssh-host-key', () => {
  it.each([
    ['a fingerprint', fingerprint(ed.blob)],
    ['a padded fingerprint', `${fingerprint(ed.blob)}=`],
    ['several fingerprints on one line', `${fingerprint(rsa.blob)}, ${fingerprint(ed.blob)}`],
    ['a line of ssh-keygen -l', ed.listed],
    ['a public key with its comment', ed.line],
    ['a public key alone', ed.key],
    ['a known_hosts line', `${HOST} ${ed.key}`],
    ['a known_hosts line with tabs and a comment', `${HOST}\t${ed.key} some comment`],
    ['Windows line ends', `# comment\r\n\r\n${HOST} ${ed.key}\r\n`],
    ['line ends written as \\n', `${rsa.key}\\n${ed.key}`],
    [
      'what ssh-keyscan prints',
      `# ${HOST}:22 SSH-2.0-OpenSSH_9.2p1\n${HOST} ${rsa.key}\n# ${HOST}:22 SSH-2.0-OpenSSH_9.2p1\n${HOST} ${ed.key}`,
    ],
    ['lines for others beside it', `github.com ${other.key}\n@cert-authority *.corp ${other.key}\n${HOST} ${ed.key}`],
  ])('is read from %s', (_, text) => {
    expect(judge(text)).toBe('trusted');
    expect(judge(text, other)).toBe('unknown');
  });

  it.each([
    [HOST, HOST, 22, true],
    ['a.example,deploy.example.org,203.0.113.7', '203.0.113.7', 22, true],
    ['DEPLOY.example.org', 'deploy.EXAMPLE.org', 22, true],
    ['*.example.org', HOST, 22, true],
    ['deploy.example.?rg', HOST, 22, true],
    ['deployXexample.org', HOST, 22, false],
    ['example.org', HOST, 22, false],
    ['*.example.org,!deploy.example.org', HOST, 22, false],
    ['!deploy.example.org,*.example.org', HOST, 22, false],
    ['!a.example.org,*.example.org', HOST, 22, true],
    ['[deploy.example.org]:2222', HOST, 2222, true],
    ['[deploy.example.org]:2222', HOST, 22, false],
    ['[*.example.org]:2222', HOST, 2222, true],
    ['deploy.example.org', HOST, 2222, true],
    ['2001:db8::7', '2001:db8::7', 22, true],
    ['[2001:db8::7]:2222', '2001:db8::7', 2222, true],
  ])('lines for %s serve %s at port %i: %s', (hosts, host, port, serves) => {
    expect('hostKeys' in read(`${hosts} ${ed.key}`, host, port)).toBe(serves);
  });

  it.each([22, 2222])('is read from hashed names at port %i, as ssh-keygen -H writes them', (port) => {
    const name = port === 22 ? HOST : `[${HOST}]:${port}`;
    writeFileSync(join(folder, 'hosts'), `${name} ${ed.key}\nother.example ${other.key}\n`);
    keygen('-H', '-f', 'hosts');
    const hashed = readFileSync(join(folder, 'hosts'), 'utf8');
    expect(hashed).not.toContain(HOST);
    expect(judge(hashed, ed, HOST, port)).toBe('trusted');
    expect(judge(hashed, other, HOST, port)).toBe('unknown');
    expect(problems(hashed, 'third.example')).toMatchObject([
      { code: 'ssh.host-key-other-host', params: { hosts: ['(a hashed name)'] } },
    ]);
  });

  it('refuses a revoked key even where it is trusted', () => {
    expect(judge(`${ed.line}\n@revoked * ${ed.key}`)).toBe('revoked');
    expect(judge(`${ed.line}\n@revoked ${HOST} ${other.key}`, other)).toBe('revoked');
    expect(judge(`${ed.line}\n@revoked elsewhere.example ${ed.key}`)).toBe('trusted');
  });

  it('limits the handshake to the kinds of key that are pinned', () => {
    expect(hostKeyAlgorithms(pins(ed.line))).toEqual(['ssh-ed25519']);
    expect(hostKeyAlgorithms(pins(ed.listed))).toEqual(['ssh-ed25519']);
    expect(hostKeyAlgorithms(pins(`${rsa.listed}\n${ecdsa.listed}`))).toEqual([
      'ecdsa-sha2-nistp384',
      'rsa-sha2-512',
      'rsa-sha2-256',
    ]);
  });

  it('allows every safe kind where only a fingerprint is known, the known kinds first', () => {
    const safe = [
      'ssh-ed25519',
      'ecdsa-sha2-nistp256',
      'ecdsa-sha2-nistp384',
      'ecdsa-sha2-nistp521',
      'rsa-sha2-512',
      'rsa-sha2-256',
    ];
    expect(hostKeyAlgorithms(pins(fingerprint(ed.blob)))).toEqual(safe);
    const mixed = hostKeyAlgorithms(pins(`${fingerprint(ed.blob)}\n${rsa.line}`));
    expect(mixed.slice(0, 2)).toEqual(['rsa-sha2-512', 'rsa-sha2-256']);
    expect(mixed.sort()).toEqual([...safe].sort());
  });

  it.each([
    ['', 'ssh.host-key-missing'],
    ['# only a comment\n', 'ssh.host-key-missing'],
    [readFileSync(join(folder, 'ed'), 'utf8'), 'ssh.host-key-is-private'],
    ['MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48', 'ssh.host-key-md5'],
    ['256 16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48 root@host (ED25519)', 'ssh.host-key-md5'],
    ['SHA256:short', 'ssh.host-key-unreadable'],
    ['hello world', 'ssh.host-key-unreadable'],
    [`${HOST} ssh-rsa ${ed.key.split(' ')[1]}`, 'ssh.host-key-unreadable'],
    [`${HOST} ${ed.key.slice(0, -4)}!`, 'ssh.host-key-unreadable'],
    [`@unknown ${HOST} ${ed.key}`, 'ssh.host-key-unreadable'],
    [`@cert-authority *.example.org ${ed.key}`, 'ssh.host-key-authority'],
    [`@cert-authority * ${ed.key}\n${HOST} ${ed.key}`, 'ssh.host-key-authority'],
    [`@revoked * ${ed.key}`, 'ssh.host-key-only-revoked'],
    [`${HOST} ssh-dss ${Buffer.from('\0\0\0\x07ssh-dss....').toString('base64')}`, 'ssh.host-key-unsupported'],
  ])('%j has the problem %s', (text, code) => expect(problems(text).map((problem) => problem.code)).toEqual([code]));

  it('names every line that cannot be read, but never shows one', () => {
    const found = problems(`${ed.line}\nnonsense here\n\nb3BlbnNzaC1rZXktdjEAAAAA`);
    expect(found).toEqual([{ code: 'ssh.host-key-unreadable', params: { lines: [2, 4] } }]);
  });

  it('says which hosts its lines are for when none is for this one', () => {
    const text = `203.0.113.7 ${ed.key}\n203.0.113.7 ${rsa.key}\n[${HOST}]:2222 ${ed.key}`;
    expect(problems(text)).toEqual([
      { code: 'ssh.host-key-other-host', params: { host: HOST, port: 22, hosts: ['203.0.113.7', `[${HOST}]:2222`] } },
    ]);
  });

  it('never trusts a key that it does not name, whatever it says', () => {
    const noise = fc.array(
      fc.oneof(fc.string(), fc.constantFrom('@revoked', '*', ed.key, ed.line, fingerprint(ed.blob), '#', '|1|a|b')),
    );
    fc.assert(
      fc.property(noise, (words) => {
        const result = read(words.join(' '));
        if ('hostKeys' in result) expect(judgeHostKey(result.hostKeys, other.blob)).not.toBe('trusted');
      }),
    );
  });
});
