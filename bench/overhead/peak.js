// Loaded by a step's node before the bundle: as the step ends, it notes in the file that OVERHEAD_PEAK names how much memory
// it had at most, in KiB.

const { appendFileSync, readFileSync } = require('node:fs');

process.on('exit', () => {
  // Not resourceUsage().maxRSS: after an exec that still has what the process before it used.
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  appendFileSync(process.env.OVERHEAD_PEAK ?? '/dev/null', `${kibibytes}\n`);
});
