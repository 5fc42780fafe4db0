import fc from 'fast-check';
import { parseDuration, printDuration } from '../../src/inputs/duration';

describe('reading a duration', () => {
  it.each([
    ['90s', 90_000],
    ['10m', 600_000],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['1h30m5s', 5_405_000],
    ['2m5s', 125_000],
    ['0s', 0],
    ['007s', 7_000],
    ['999999s', 999_999_000],
  ])('takes %s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each([
    '',
    ' ',
    '10',
    '10 m',
    '10M',
    '10min',
    '1.5h',
    '-1m',
    '+1m',
    '1m1h',
    '30s1m',
    '1m1m',
    'm',
    'hms',
    '10m\n',
    '١٠m',
    '1e3s',
    '0x10s',
    'Infinity',
    '9999999s',
    '$(sleep 9)s',
  ])('refuses %j', (text) => expect(parseDuration(text)).toBeUndefined());

  it('never gives anything but a count of milliseconds, whatever the text', () => {
    const likely = fc.stringMatching(/^[0-9hms .-]{0,9}$/);
    fc.assert(
      fc.property(fc.oneof(likely, fc.string()), (text) => {
        const ms = parseDuration(text);
        expect(ms === undefined || (Number.isSafeInteger(ms) && ms >= 0)).toBe(true);
      }),
    );
  });
});

describe('writing a duration', () => {
  it.each([
    [0, '0 ms'],
    [0.4, '0 ms'],
    [850, '850 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [1_000, '1 s'],
    [1_049, '1 s'],
    [12_345, '12.3 s'],
    [59_940, '59.9 s'],
    [59_960, '1 m 00 s'],
    [60_000, '1 m 00 s'],
    [245_000, '4 m 05 s'],
    [3_599_400, '59 m 59 s'],
    [3_599_600, '1 h 00 m'],
    [5_400_000, '1 h 30 m'],
    [21_600_000, '6 h 00 m'],
  ])('writes %d ms as %s', (ms, text) => expect(printDuration(ms)).toBe(text));

  it('never shows sixty of a unit that has a larger one', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 30_000_000, noNaN: true }), (ms) => {
        expect(printDuration(ms)).toMatch(/^(?:\d{1,3} ms|[1-5]?\d(?:\.\d)? s|[1-5]?\d m [0-5]\d s|\d h [0-5]\d m)$/);
      }),
    );
  });
});
