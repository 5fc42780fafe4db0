import type { ManualClock } from '../transport/manual-clock';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Lets the clock run, second by second, for as long as the work waits for it; then it ends as the work does. */
export async function settled<T>(work: Promise<T>, clock: ManualClock): Promise<T> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  work.then(end, end);
  while (!isOver) {
    await turn();
    if (clock.sleeping > 0) clock.pass(1_000);
  }
  return work;
}

/** Waits for what other work brings about, for which nothing but its turn is missing. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    if (turns > 10_000) throw new Error('it does not happen');
    await turn();
  }
}
