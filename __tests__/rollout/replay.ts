import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { identity } from '../../src/kubectl/objects';
import { beginJudging, judge } from '../../src/rollout/judge';
import { type Snapshot, type Target, templateOf } from '../../src/rollout/snapshot';
import type { Verdict } from '../../src/rollout/verdict';

export interface Look extends Snapshot {
  /** Milliseconds since the recording began. */
  readonly ms: number;
}

/** A rollout recorded on a real cluster by scripts/record.js. */
export function recording(name: string): Look[] {
  const text = readFileSync(join(__dirname, '../fixtures/rollout', `${name}.jsonl`), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Look);
}

/** The first change of the template in a recording, taken for our own write. */
export function ourWrite(looks: readonly Look[]): { index: number; target: Target } {
  const before = looks[0]?.workload;
  const index = looks.findIndex(({ workload }) => workload && before && templateOf(workload) !== templateOf(before));
  const workload = looks[index]?.workload;
  if (!workload) throw new Error('the recording has no change');
  const { uid, generation } = identity(workload);
  const image = workload.spec?.template.spec?.containers[0]?.image ?? '';
  const target = {
    uid,
    generation,
    template: templateOf(workload),
    container: 'app',
    image,
    restartsBefore: {},
    timeoutMs: 60_000,
    maxRestarts: 2,
  };
  return { index, target };
}

export interface Judged {
  readonly ms: number;
  readonly verdict: Verdict;
}

/** What the judge says at each look from our write on and at each second between them, and (`untilMs`) after the last one. */
export function replay(looks: readonly Look[], target: Target, from: number, untilMs = 0): Judged[] {
  const shown = looks.slice(from);
  const last = shown.at(-1);
  const began = shown[0]?.ms ?? 0;
  let state = beginJudging(began);
  const judged: Judged[] = [];
  let isOver = false;
  const look = (snapshot: Snapshot, ms: number) => {
    if (isOver) return;
    const result = judge(target, state, snapshot, ms);
    state = result.state;
    judged.push({ ms: ms - began, verdict: result.verdict });
    isOver = result.verdict.kind !== 'waiting';
  };
  for (const [index, each] of shown.entries()) {
    look(each, each.ms);
    // As the watch does while nothing changes.
    const next = shown[index + 1]?.ms ?? 0;
    for (let ms = each.ms + 1_000; ms < next; ms += 1_000) look(each, ms);
  }
  for (let ms = (last?.ms ?? 0) + 1_000; last && ms - began <= untilMs; ms += 1_000) look(last, ms);
  return judged;
}
