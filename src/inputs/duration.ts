const UNITS = { h: 3_600_000, m: 60_000, s: 1_000 } as const;
const SHAPE = /^(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?$/;

/** Milliseconds of a duration such as `90s`, `10m`, `1h` or `1h30m`; undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  const match = SHAPE.exec(text);
  if (!match || text === '') return undefined;
  const [, hours = '0', minutes = '0', seconds = '0'] = match;
  return Number(hours) * UNITS.h + Number(minutes) * UNITS.m + Number(seconds) * UNITS.s;
}

/** The duration as a person writes it: `850 ms`, `12.3 s`, `4 m 05 s`. */
export function printDuration(ms: number): string {
  // The bounds are those of what is printed: 59.97 s would be written as 60.0.
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1).replace(/\.0$/, '')} s`;
  const seconds = Math.round(ms / 1_000);
  const rest = String(seconds % 60).padStart(2, '0');
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m ${rest} s`;
  return `${Math.floor(seconds / 3_600)} h ${String(Math.floor((seconds % 3_600) / 60)).padStart(2, '0')} m`;
}
