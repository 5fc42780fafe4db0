import fc from 'fast-check';
import { parseQuantity, printBytes, printCpu } from '../../src/kubectl/quantity';

describe('a quantity', () => {
  it.each<[string, number]>([
    ['0', 0],
    ['2', 2],
    ['1.5', 1.5],
    ['500m', 0.5],
    ['250u', 250e-6],
    ['100n', 100e-9],
    ['1k', 1_000],
    ['1Ki', 1_024],
    ['64Mi', 64 * 2 ** 20],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['128974848', 128_974_848],
    ['129e6', 129_000_000],
    ['129E6', 129_000_000],
    ['129M', 129_000_000],
    ['2T', 2e12],
    ['1Pi', 2 ** 50],
    ['1E', 1e18],
    ['1Ei', 2 ** 60],
    ['-1', -1],
    ['+1', 1],
    // As the kubelet gives what a node can allocate.
    ['8009376Ki', 8_009_376 * 1_024],
    ['37498908Ki', 37_498_908 * 1_024],
    ['34558993143', 34_558_993_143],
    ['128974848000m', 128_974_848],
  ])('%s is %d', (text, number) => expect(parseQuantity(text)).toBeCloseTo(number, 9));

  it.each([undefined, '', 'x', 'Mi', '1 Gi', '1gi', '1KB', '1.2.3', '.', '1e', '0x10', 'Infinity', '1Gi\n2'])(
    '%j is none, and so 0',
    (text) => expect(parseQuantity(text)).toBe(0),
  );

  it('is a number, whatever the text', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[\d.eE+-]{0,8}[a-zA-Z]{0,2}$/));
    fc.assert(fc.property(text, (given) => expect(parseQuantity(given)).not.toBeNaN()));
  });
});

describe('what is shown', () => {
  it.each<[number, string]>([
    [0, '0Mi'],
    [64 * 2 ** 20, '64Mi'],
    [1.5 * 2 ** 20, '1.5Mi'],
    [512 * 2 ** 20, '512Mi'],
    [2 ** 30, '1Gi'],
    [1.25 * 2 ** 30, '1.3Gi'],
    [8_009_376 * 1_024, '7.6Gi'],
  ])('of %d bytes is %s', (bytes, text) => expect(printBytes(bytes)).toBe(text));

  it.each<[number, string]>([
    [0, '0m'],
    [0.25, '250m'],
    [0.0005, '1m'],
    [1, '1'],
    [1.5, '1.5'],
    [3.999, '4'],
  ])('of %d CPUs is %s', (cpus, text) => expect(printCpu(cpus)).toBe(text));

  it('reads back as about what it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2 ** 20, max: 2 ** 50 }), (bytes) => {
        expect(Math.abs(parseQuantity(printBytes(bytes)) - bytes) / bytes).toBeLessThan(0.05);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256_000 }), (milli) => {
        expect(Math.abs(parseQuantity(printCpu(milli / 1_000)) - milli / 1_000)).toBeLessThanOrEqual(0.005 + 1e-9);
      }),
    );
  });
});
