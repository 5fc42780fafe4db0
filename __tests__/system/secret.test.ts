import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { Secret } from '../../src/system/secret';

function printed(print: (console: Console) => void): string {
  let text = '';
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  print(new Console({ stdout }));
  return text;
}

const WAYS: [string, (secret: Secret) => string][] = [
  ['String()', (secret) => String(secret)],
  ['a template', (secret) => `${secret}`],
  ['joining', (secret) => [secret, secret].join()],
  ['adding to text', (secret) => `it is ${secret}`.concat(secret as unknown as string)],
  ['JSON', (secret) => JSON.stringify({ deep: [{ secret }] })],
  ['util.inspect', (secret) => inspect({ deep: [secret] }, { depth: null, showHidden: true, getters: true })],
  ['util.inspect of it', (secret) => inspect(secret, { customInspect: true, showHidden: true })],
  ['util.inspect without its own way', (secret) => inspect(secret, { customInspect: false, showHidden: true })],
  ['util.format', (secret) => format('%s %j %o %O %d', secret, secret, secret, secret, secret)],
  ['console.log', (secret) => printed((console) => console.log('%s', secret, secret, { secret }))],
  ['console.dir', (secret) => printed((console) => console.dir({ secret }, { depth: null }))],
  ['console.table', (secret) => printed((console) => console.table([{ secret }]))],
  ['an error', (secret) => inspect(new Error(`failed with ${secret}`, { cause: { secret } }))],
  ['its keys', (secret) => JSON.stringify([Object.entries(secret), Reflect.ownKeys(secret)])],
  ['a copy', (secret) => JSON.stringify({ ...secret }) + inspect({ ...secret })],
];

describe('a secret', () => {
  it.each(WAYS)('is not told by %s', (_, show) => {
    expect(show(new Secret('hunter2-and-more'))).not.toContain('hunter2');
  });

  it.each(WAYS.slice(0, 7))('is shown as *** by %s', (_, show) => expect(show(new Secret('hunter2'))).toContain('***'));

  it('is given to who asks for it, as it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => expect(new Secret(text).reveal()).toBe(text)));
  });
});
