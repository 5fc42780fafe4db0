import fc from 'fast-check';
import { parseDigest } from '../../src/image/reference';
import { platformDigest, sizeOf } from '../../src/image/size';

const manifest = (...layers: [digest: string, size: number][]) =>
  JSON.stringify({ config: { size: 7 }, layers: layers.map(([digest, size]) => ({ digest, size })) });
const JUNK = ['', '{}', '[]', 'null', '<html>', '{"manifests":[]}', '{"layers":null}', '{"layers":[{}]}'];

describe('the size of an image', () => {
  it('is that of its layers, as they are pushed', () => {
    expect(sizeOf(manifest(['a', 10], ['b', 5]), undefined)).toEqual({ bytes: 15, layers: 2 });
    expect(sizeOf(manifest(), undefined)).toEqual({ bytes: 0, layers: 0 });
  });

  it.each<[string, string, { bytes: number; layers: number }]>([
    ['shares a layer', manifest(['a', 10], ['x', 99]), { bytes: 5, layers: 1 }],
    ['is the same', manifest(['a', 10], ['b', 5]), { bytes: 0, layers: 0 }],
    ['is another', manifest(['x', 1]), { bytes: 15, layers: 2 }],
    ['had no layers', manifest(), { bytes: 15, layers: 2 }],
  ])('tells what is new where the image before %s', (_, before, added) => {
    expect(sizeOf(manifest(['a', 10], ['b', 5]), before)).toEqual({ bytes: 15, layers: 2, added });
  });

  it.each(JUNK)('is not known of %j', (text) => expect(sizeOf(text, manifest())).toBeUndefined());

  it.each(JUNK)('is known without what is new, where the image before is %j', (before) =>
    expect(sizeOf(manifest(['a', 10]), before)).toEqual({ bytes: 10, layers: 1 }),
  );

  it('is never smaller than what is new of it', () => {
    const layers = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-f]{1,3}$/), fc.nat()), {
      selector: ([digest]) => digest,
    });
    fc.assert(
      fc.property(layers, layers, (now, before) => {
        const size = sizeOf(manifest(...now), manifest(...before));
        expect(size?.added?.bytes).toBeLessThanOrEqual(size?.bytes ?? 0);
        expect(sizeOf(manifest(...now), manifest(...now))?.added).toEqual({ bytes: 0, layers: 0 });
      }),
    );
  });
});

describe('the platform that an index is measured by', () => {
  const digest = (digit: string) => parseDigest(`sha256:${digit.repeat(64)}`).value;
  const [ONE, TWO, ATTESTATION] = [digest('1'), digest('2'), digest('3')];
  const of = (platform: object | undefined, its: unknown) => ({ digest: its, ...(platform && { platform }) });
  const arm = { os: 'linux', architecture: 'arm64' };
  const amd = { os: 'linux', architecture: 'amd64' };
  const none = { os: 'unknown', architecture: 'unknown' };
  const index = (...manifests: unknown[]) => JSON.stringify({ schemaVersion: 2, manifests });

  it.each<[string, string, unknown]>([
    ['that of most machines', index(of(arm, ONE), of(amd, TWO)), TWO],
    ['the first, without that one', index(of(arm, ONE), of({ ...arm, variant: 'v8' }, TWO)), ONE],
    ['never an attestation', index(of(none, ATTESTATION), of(arm, ONE)), ONE],
    ['the only one, without a platform', index(of(undefined, ONE)), ONE],
    ['none, of attestations alone', index(of(none, ATTESTATION)), undefined],
    ['none, without a digest', index(of(amd, 'sha256:1')), undefined],
    ['none, in a flat image', manifest(['a', 1]), undefined],
  ])('is %s', (_, text, chosen) => expect(platformDigest(text)).toBe(chosen));

  it.each(['', '[]', 'null', '{"manifests":{}}', '{"manifests":[]}'])('is none in %j', (text) =>
    expect(platformDigest(text)).toBeUndefined(),
  );
});
