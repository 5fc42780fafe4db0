import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { type BuildMetadata, parseImage, parseMetadata, proveDigest } from '../../src/image/metadata';
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
    [
      JSON.stringify({ 'containerimage.digest': digestOf(INDEX), 'containerimage.descriptor': { size: 645 } }),
      { digest: digestOf(INDEX) },
    ],
    [JSON.stringify({ 'containerimage.digest': CONFIG }), { digest: CONFIG, configDigest: CONFIG }],
    // buildx 0.36 and later leaves the configuration out where the engine has containerd's image store.
    [
      JSON.stringify({
        'containerimage.descriptor': { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: flat.digest },
        'containerimage.digest': flat.digest,
      }),
      { digest: flat.digest, isOwn: true },
    ],
    // With that store, buildx before 0.22 gives the digest of an index for that of the configuration.
    [
      JSON.stringify({
        'containerimage.config.digest': digestOf(INDEX),
        'containerimage.descriptor': { digest: digestOf(INDEX) },
        'containerimage.digest': digestOf(INDEX),
      }),
      { digest: digestOf(INDEX), isOwn: true },
    ],
    [
      JSON.stringify({
        'containerimage.config.digest': CONFIG,
        'containerimage.descriptor': { digest: flat.digest },
        'containerimage.digest': digestOf(OTHERS),
      }),
      { digest: digestOf(OTHERS), configDigest: CONFIG },
    ],
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

  it('has a digest alone for what several machines have built for a platform each: that of the index', () => {
    const text = JSON.stringify({ 'containerimage.digest': digestOf(INDEX) });
    expect(parseMetadata(text, { isIndex: true })).toEqual({ digest: digestOf(INDEX) });
  });
});

describe('the proof that the registry has what was built', () => {
  it.each<[string, BuildMetadata, string, string]>([
    ['the flat manifest that was built', flat, FLAT, 'proved'],
    ['the index that was built', { digest: digestOf(INDEX) }, INDEX, 'proved'],
    ["the manifest by the build's own digest", { digest: digestOf(FLAT), isOwn: true }, FLAT, 'proved'],
    ["the index by the build's own digest", { digest: digestOf(INDEX), isOwn: true }, INDEX, 'proved'],
    ["other content under the build's own digest", { digest: digestOf(FLAT), isOwn: true }, OTHERS, 'other-content'],
    ["junk under the build's own digest", { digest: digestOf('{}'), isOwn: true }, '{}', 'no-manifest'],
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

/** As `docker buildx imagetools inspect --format '{{json .}}'` of buildx 0.38 prints it; only the labels were put in by hand. */
const shown = {
  config: (Labels?: Record<string, string>, architecture = 'amd64') => ({
    created: '2026-11-23T12:17:56.582488733Z',
    architecture,
    os: 'linux',
    config: { Env: ['V=1'], WorkingDir: '/', ...(Labels && { Labels }) },
    rootfs: { type: 'layers', diff_ids: [] },
    history: [],
  }),
  flat: (image: object, mediaType = 'application/vnd.oci.image.manifest.v1+json') => ({
    name: 'user/app:v1',
    manifest: { mediaType, digest: flat.digest, size: 480 },
    image,
  }),
  index: (image: object, platforms: readonly object[]) => ({
    name: 'user/app:v1',
    manifest: {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      digest: digestOf(INDEX),
      size: 645,
      manifests: platforms.map((platform) => ({ digest: flat.digest, size: 480, platform })),
    },
    image,
  }),
};
const [AMD64, ARM64] = [
  { architecture: 'amd64', os: 'linux' },
  { architecture: 'arm64', os: 'linux' },
];
const ATTESTATION = { architecture: 'unknown', os: 'unknown' };

describe('an image in a registry', () => {
  it.each<[string, object, ReturnType<typeof parseImage>]>([
    [
      'of one platform',
      shown.flat(shown.config({ a: 'b' })),
      { digest: flat.digest, labels: [{ a: 'b' }], processors: ['amd64'] },
    ],
    ['without labels', shown.flat(shown.config()), { digest: flat.digest, labels: [{}], processors: ['amd64'] }],
    [
      'of one platform, with an attestation',
      shown.index(shown.config({ a: 'b' }), [AMD64, ATTESTATION]),
      { digest: digestOf(INDEX), labels: [{ a: 'b' }], processors: ['amd64'] },
    ],
    [
      'of two platforms, with attestations',
      shown.index({ 'linux/amd64': shown.config({ a: 'b' }), 'linux/arm64': shown.config({ a: 'c' }, 'arm64') }, [
        AMD64,
        ARM64,
        ATTESTATION,
        ATTESTATION,
      ]),
      { digest: digestOf(INDEX), labels: [{ a: 'b' }, { a: 'c' }], processors: ['amd64', 'arm64'] },
    ],
    [
      'of two platforms, one of which has no labels',
      shown.index({ 'linux/amd64': shown.config({ a: 'b' }), 'linux/arm64': shown.config(undefined, 'arm64') }, [
        AMD64,
        ARM64,
      ]),
      { digest: digestOf(INDEX), labels: [{ a: 'b' }, {}], processors: ['amd64', 'arm64'] },
    ],
    ['that is no image, such as a chart', shown.flat({}), undefined],
    ['without a digest', { ...shown.flat(shown.config()), manifest: {} }, undefined],
    ['without a manifest', { image: shown.config() }, undefined],
    ['with a manifest alone', { manifest: { digest: flat.digest } }, undefined],
  ])('%s', (_, json, image) => expect(parseImage(JSON.stringify(json))).toEqual(image));

  it.each(['', '{}', '[]', 'null', '"x"', '7', '{"manifest":', 'ERROR: user/app:v1: not found'])(
    'is none where the answer is %j',
    (text) => expect(parseImage(text)).toBeUndefined(),
  );

  it('is an image or none, whatever the answer is', () => {
    const json = fc.record(
      {
        manifest: fc.oneof(fc.constant({ digest: flat.digest }), fc.jsonValue()),
        image: fc.oneof(
          fc.jsonValue(),
          fc.dictionary(fc.string(), fc.jsonValue()),
          fc.record({ rootfs: fc.jsonValue() }),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(json, (value) => {
        const image = parseImage(JSON.stringify(value));
        if (image) expect([image.digest, image.labels.length > 0]).toEqual([flat.digest, true]);
      }),
    );
  });
});
