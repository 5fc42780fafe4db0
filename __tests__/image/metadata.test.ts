import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { type BuildMetadata, parseMetadata, proveDigest } from '../../src/image/metadata';
import type { Digest } from '../../src/image/reference';

const digestOf = (content: string | Uint8Array) =>
  `sha256:${createHash('sha256').update(content).digest('hex')}` as Digest;
const CONFIG = digestOf('the configuration');
const FLAT = JSON.stringify({ schemaVersion: 2, config: { digest: CONFIG, size: 17 }, layers: [] }, undefined, 3);
const OTHERS = JSON.stringify({ schemaVersion: 2, config: { digest: digestOf('another run'), size: 11 }, layers: [] });
const INDEX = JSON.stringify({ schemaVersion: 2, manifests: [{ digest: digestOf(FLAT), platform: { os: 'linux' } }] });

const flat: BuildMetadata = { digest: digestOf(FLAT), configDigest: CONFIG };

describe("buildx's metadata", () => {
  it.each<[string, BuildMetadata | undefined]>([
    [
      JSON.stringify({
        'containerimage.digest': flat.digest,
        'containerimage.config.digest': CONFIG,
        'image.name': 'a:b',
      }),
      flat,
    ],
    [JSON.stringify({ 'containerimage.digest': digestOf(INDEX) }), { digest: digestOf(INDEX) }],
    [
      JSON.stringify({ 'containerimage.digest': flat.digest, 'containerimage.config.digest': 'x' }),
      { digest: flat.digest },
    ],
    [JSON.stringify({ 'containerimage.config.digest': CONFIG }), undefined],
    [JSON.stringify({ 'containerimage.digest': 'sha256:1' }), undefined],
    [JSON.stringify({ 'containerimage.digest': null }), undefined],
    [JSON.stringify({ 'containerimage.digest': { a: 1 } }), undefined],
    ['{}', undefined],
    ['[]', undefined],
    ['null', undefined],
    ['"x"', undefined],
    ['', undefined],
    ['{"containerimage.digest":', undefined],
  ])('%s gives %j', (text, metadata) => expect(parseMetadata(text)).toEqual(metadata));
});

describe('the proof that the registry has what was built', () => {
  it.each<[string, BuildMetadata, string, string]>([
    ['the flat manifest that was built', flat, FLAT, 'proved'],
    ['the index that was built', { digest: digestOf(INDEX) }, INDEX, 'proved'],
    ['other content under the digest', flat, OTHERS, 'other-content'],
    ['the same manifest, laid out anew', flat, JSON.stringify(JSON.parse(FLAT)), 'other-content'],
    ["another run's image under our tag", { digest: digestOf(OTHERS), configDigest: CONFIG }, OTHERS, 'other-config'],
    ['an index where a flat image was built', { digest: digestOf(INDEX), configDigest: CONFIG }, INDEX, 'other-config'],
    ['a flat image where an index was built', { digest: digestOf(FLAT) }, FLAT, 'other-config'],
    ...['', '{}', '[]', 'null', '<html>', '{"manifests":{}}', '{"config":null}', '{"config":{}}', '{"config":"x"}'].map(
      (junk): [string, BuildMetadata, string, string] => [
        `junk: ${junk}`,
        { digest: digestOf(junk), configDigest: CONFIG },
        junk,
        'no-manifest',
      ],
    ),
    [
      'a digest that is no text',
      { digest: digestOf('{"config":{"digest":1}}'), configDigest: CONFIG },
      '{"config":{"digest":1}}',
      'other-config',
    ],
  ])('%s', (_, built, manifest, proof) => {
    expect(proveDigest(built, manifest)).toBe(proof);
    expect(proveDigest(built, Buffer.from(manifest))).toBe(proof);
  });

  it('holds for nothing that has another byte', () => {
    fc.assert(
      fc.property(fc.nat(FLAT.length - 1), fc.integer({ min: 1, max: 127 }), (at, flip) => {
        const bytes = Buffer.from(FLAT);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        expect(proveDigest(flat, bytes)).toBe('other-content');
      }),
    );
  });
});
