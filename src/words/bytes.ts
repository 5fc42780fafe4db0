/** A number of bytes as registries show it, in powers of ten: `950 B`, `12.5 MB`. */
export function printBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let [value, index] = [bytes, 0];
  // The bound is that of what is printed: 999.96 would be written as 1000.
  while (value >= 999.5 && index < units.length - 1) {
    value /= 1_000;
    index++;
  }
  return `${value < 99.95 && index > 0 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)} ${units[index]}`;
}
