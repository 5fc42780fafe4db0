import { execFileSync } from 'node:child_process';
import {
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { utils } from 'ssh2';
import { type PrivateKey, readPrivateKey } from '../../src/transport/key';
import { openSshEd25519 } from '../../src/transport/openssh-key';
import { fingerprint } from '../../src/transport/pins';
import { explain } from '../../src/words/words';

const folder = mkdtempSync(join(tmpdir(), 'key-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PASSPHRASE = 'open sesame 열려라';
let made = 0;

/** A private key as ssh-keygen writes it, and what its public half is. */
function keygen(args: string[], passphrase = '') {
  const file = `key${made++}`;
  const run = (...words: string[]) =>
    execFileSync('ssh-keygen', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  run('-q', '-N', passphrase, '-C', 'made for a test', '-f', file, ...args);
  const fingerprint = run('-lf', `${file}.pub`).split(' ')[1] ?? '';
  const publicKey = readFileSync(join(folder, `${file}.pub`), 'utf8');
  return {
    text: readFileSync(join(folder, file), 'utf8'),
    fingerprint,
    publicKey,
    type: publicKey.split(' ')[0] ?? '',
  };
}

function opened(text: string, passphrase?: string): PrivateKey {
  const read = readPrivateKey(text, passphrase);
  if ('code' in read) throw new Error(explain(read).what);
  return read;
}

/** Whether ssh2 can sign with it. */
function signs(read: PrivateKey): boolean {
  const key = utils.parseKey(read.key.reveal());
  if (key instanceof Error) return false;
  const data = Buffer.from('data');
  return key.verify(data, key.sign(data)) === true;
}

const ed = keygen(['-t', 'ed25519']);
const locked = keygen(['-t', 'ecdsa', '-m', 'PEM'], PASSPHRASE);
const KINDS: [string, string[]][] = [
  ['Ed25519', ['-t', 'ed25519']],
  ['RSA', ['-t', 'rsa', '-b', '2048']],
  ['ECDSA on P-256', ['-t', 'ecdsa', '-b', '256']],
  ['ECDSA on P-384', ['-t', 'ecdsa', '-b', '384']],
  ['ECDSA on P-521', ['-t', 'ecdsa', '-b', '521']],
];

describe('ssh-key', () => {
  describe.each(KINDS)('%s', (_, args) => {
    it.each([
      ['of OpenSSH', args, undefined],
      ['of OpenSSH, encrypted', args, PASSPHRASE],
      ['of OpenSSL (PKCS#1, SEC1)', [...args, '-m', 'PEM'], undefined],
      ['of OpenSSL, encrypted', [...args, '-m', 'PEM'], PASSPHRASE],
      ['PKCS#8', [...args, '-m', 'PKCS8'], undefined],
      ['PKCS#8, encrypted', [...args, '-m', 'PKCS8'], PASSPHRASE],
    ])('is read in the form %s', (_, how, passphrase) => {
      const { text, fingerprint, type } = keygen(how, passphrase ?? '');
      const read = opened(text, passphrase);
      expect({ type: read.type, fingerprint: read.fingerprint }).toEqual({ type, fingerprint });
      expect(signs(read)).toBe(true);
      if (passphrase === undefined) return;
      expect(readPrivateKey(text)).toEqual({ code: 'ssh.passphrase-missing', params: {} });
      expect(readPrivateKey(text, '')).toEqual({ code: 'ssh.passphrase-missing', params: {} });
      expect(readPrivateKey(text, 'wrong')).toEqual({ code: 'ssh.passphrase-wrong', params: {} });
    });
  });

  it('is read as PKCS#8 of Ed25519, as OpenSSL writes it', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    for (const passphrase of [undefined, PASSPHRASE]) {
      const cipher = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
      const text = privateKey.export({ format: 'pem', type: 'pkcs8', ...cipher }).toString();
      expect(signs(opened(text, passphrase))).toBe(true);
    }
  });

  it.each([
    ['Windows line ends', (text: string) => text.replaceAll('\n', '\r\n')],
    ['no line break at the end', (text: string) => text.trimEnd()],
    ['\\n written for line ends', (text: string) => text.replaceAll('\n', '\\n')],
    ['\\r\\n written for line ends', (text: string) => text.replaceAll('\n', '\\r\\n')],
    ['spaces for line ends', (text: string) => text.replaceAll('\n', ' ')],
    ['quotes around it', (text: string) => `"${text}"`],
    ['quotes around it and \\n within', (text: string) => `'${text.replaceAll('\n', '\\n')}'`],
    ['empty lines in between', (text: string) => text.replaceAll('\n', '\n\n')],
    ['indented lines', (text: string) => text.replaceAll(/^/gm, '    ')],
    ['a byte order mark', (text: string) => `\uFEFF${text}`],
    ['text before and after', (text: string) => `Bag Attributes\n${text}\n${ed.publicKey}`],
  ])('is read with %s', (_, bend) => {
    for (const { text, fingerprint } of [ed, locked]) {
      expect(opened(bend(text), PASSPHRASE).fingerprint).toBe(fingerprint);
    }
  });

  it("is read in version 2 of PuTTY's form", () => {
    const plain = putty();
    expect(opened(plain.text).fingerprint).toBe(plain.fingerprint);
    expect(opened(plain.text.replaceAll('\n', '\r\n')).fingerprint).toBe(plain.fingerprint);
    expect(readPrivateKey(plain.text.replace(/Private-MAC: ../, 'Private-MAC: --'))).toMatchObject({
      code: 'ssh.key-unreadable',
    });

    const closed = putty(PASSPHRASE);
    expect(opened(closed.text, PASSPHRASE).fingerprint).toBe(closed.fingerprint);
    expect(signs(opened(closed.text, PASSPHRASE))).toBe(true);
    expect(readPrivateKey(closed.text)).toMatchObject({ code: 'ssh.passphrase-missing' });
    expect(readPrivateKey(closed.text, 'wrong')).toMatchObject({ code: 'ssh.passphrase-wrong' });
  });

  it.each([
    ['nothing', '', 'ssh.key-empty'],
    ['white space', ' \n', 'ssh.key-empty'],
    ['a pair of quotes', '""', 'ssh.key-empty'],
    ['the public key', ed.publicKey, 'ssh.key-is-public'],
    ['a public key of OpenSSL', '-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----', 'ssh.key-is-public'],
    [
      'a public key of ssh.com',
      '---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----',
      'ssh.key-is-public',
    ],
    ["version 3 of PuTTY's form", 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n', 'ssh.key-putty'],
    ["version 2 of PuTTY's form of Ed25519", 'PuTTY-User-Key-File-2: ssh-ed25519\nEncryption: none\n', 'ssh.key-putty'],
    ['a path', '~/.ssh/id_ed25519', 'ssh.key-unreadable'],
    ['a key without its first line', ed.text.split('\n').slice(1).join('\n'), 'ssh.key-unreadable'],
    ['a key without its last line', ed.text.split('\n').slice(0, -2).join('\n'), 'ssh.key-unreadable'],
    ['a key without a line in the middle', ed.text.split('\n').toSpliced(2, 1).join('\n'), 'ssh.key-unreadable'],
    ['a key with something else in it', ed.text.replace('b3B', '***'), 'ssh.key-unreadable'],
    ['a key on another curve', pkcs8(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })), 'ssh.key-type'],
    ['Ed448', pkcs8(generateKeyPairSync('ed448')), 'ssh.key-type'],
    ['a key that cannot sign', pkcs8(generateKeyPairSync('x25519')), 'ssh.key-type'],
  ])('says so when it is %s', (_, text, code) => {
    const read = readPrivateKey(text);
    if (!('code' in read)) throw new Error('Expected a problem.');
    expect(read.code).toBe(code);
    const said = JSON.stringify([read, explain(read)]);
    for (const line of ed.text.split('\n').slice(1, -2)) expect(said).not.toContain(line);
  });

  it('says what is missing from a key that was cut off', () => {
    expect(readPrivateKey(ed.text.slice(0, 200))).toMatchObject({ params: { damage: 'end' } });
    expect(readPrivateKey(ed.text.slice(100))).toMatchObject({ params: { damage: 'begin' } });
  });

  it('is never printed', () => {
    const read = opened(ed.text);
    const secret = ed.text.split('\n')[2] ?? '';
    for (const shown of [JSON.stringify(read), inspect(read, { depth: 9 }), `${read.key}`])
      expect(shown).not.toContain(secret);
  });
});

it('writes Ed25519 keys that both ssh2 and ssh-keygen read', () => {
  for (let count = 0; count < 300; count++) {
    const { privateKey } = generateKeyPairSync('ed25519');
    const parsed = utils.parseKey(openSshEd25519(privateKey));
    if (parsed instanceof Error) throw parsed;
    const again = createPrivateKey(parsed.getPrivatePEM());
    expect(again.equals(privateKey)).toBe(true);
  }
  const file = join(folder, 'written');
  writeFileSync(file, openSshEd25519(generateKeyPairSync('ed25519').privateKey), { mode: 0o600 });
  const shown = execFileSync('ssh-keygen', ['-yf', file], { encoding: 'utf8' });
  const blob = Buffer.from(shown.split(' ')[1] ?? '', 'base64');
  expect(fingerprint(blob)).toBe(opened(readFileSync(file, 'utf8')).fingerprint);
});

function pkcs8({ privateKey }: { privateKey: KeyObject }): string {
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** PuTTY's own program is not here: this writes an RSA key in its form 2 (PuTTY manual, appendix C.4). */
function putty(passphrase = '') {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const part = privateKey.export({ format: 'jwk' });
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes]);
  const number = (text = '') => field(Buffer.concat([Buffer.from([0]), Buffer.from(text, 'base64url')]));
  const text = (value: string) => field(Buffer.from(value));
  const sha1 = (...values: (string | Buffer)[]) =>
    values.reduce((hash, value) => hash.update(value), createHash('sha1')).digest();

  const open = Buffer.concat([text('ssh-rsa'), field(Buffer.from(part.e ?? '', 'base64url')), number(part.n)]);
  const bare = Buffer.concat([number(part.d), number(part.p), number(part.q), number(part.qi)]);
  const padded = Buffer.concat([bare, sha1(bare).subarray(0, (16 - (bare.length % 16)) % 16)]);
  const encryption = passphrase === '' ? 'none' : 'aes256-cbc';
  const secret = passphrase === '' ? bare : padded;
  const mac = createHmac('sha1', sha1('putty-private-key-file-mac-key', passphrase))
    .update(Buffer.concat([text('ssh-rsa'), text(encryption), text('test'), field(open), field(secret)]))
    .digest('hex');
  const key = Buffer.concat([sha1('\0\0\0\0', passphrase), sha1('\0\0\0\x01', passphrase)]).subarray(0, 32);
  const cipher = createCipheriv('aes-256-cbc', key, Buffer.alloc(16)).setAutoPadding(false);
  const stored = passphrase === '' ? secret : Buffer.concat([cipher.update(secret), cipher.final()]);
  const lines = (name: string, bytes: Buffer) => {
    const rows = bytes.toString('base64').match(/.{1,64}/g) ?? [];
    return [`${name}-Lines: ${rows.length}`, ...rows];
  };
  const head = ['PuTTY-User-Key-File-2: ssh-rsa', `Encryption: ${encryption}`, 'Comment: test'];
  return {
    text: [...head, ...lines('Public', open), ...lines('Private', stored), `Private-MAC: ${mac}`, ''].join('\n'),
    fingerprint: fingerprint(open),
  };
}
