/** Every way a run can end. */
export const OUTCOMES = [
  'deployed',
  'unchanged',
  'restarted',
  'rolled-back',
  'planned',
  'refused',
  'failed',
  'failed-rolled-back',
  'failed-rollback-failed',
  'failed-no-previous',
  'superseded',
  'cancelled',
  'unknown',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** Only what was seen to serve is a success, and a plan, which changes nothing. */
export function isSuccess(outcome: Outcome): boolean {
  switch (outcome) {
    case 'deployed':
    case 'unchanged':
    case 'restarted':
    case 'rolled-back':
    case 'planned':
      return true;
    case 'refused':
    case 'failed':
    case 'failed-rolled-back':
    case 'failed-rollback-failed':
    case 'failed-no-previous':
    case 'superseded':
    case 'cancelled':
    case 'unknown':
      return false;
    default:
      return outcome satisfies never;
  }
}

/** The worst comes first: how a run ends that had several workloads. */
const WORST = [
  'failed-rollback-failed',
  'failed-no-previous',
  'failed',
  'unknown',
  'cancelled',
  'superseded',
  'failed-rolled-back',
  'refused',
  'deployed',
  'restarted',
  'rolled-back',
  'unchanged',
  'planned',
] as const satisfies readonly Outcome[];

/** What stays changed. */
const CHANGES: ReadonlySet<Outcome> = new Set(['deployed', 'restarted', 'rolled-back'] as const);

/** How a run ended whose workloads ended so. What nobody said anything of is unknown. */
export function worstOf(outcomes: readonly Outcome[]): Outcome {
  // Refused is a run that has changed nothing.
  if (outcomes.includes('refused') && outcomes.some((each) => CHANGES.has(each)))
    return worstOf(['failed', ...outcomes.filter((each) => each !== 'refused')]);
  return WORST.find((outcome) => outcomes.includes(outcome)) ?? 'unknown';
}

/** Who answers requests now, as far as it is known. `split`: both versions, as a StatefulSet's partition wants it. */
export type Serving = 'new' | 'old' | 'both' | 'split' | 'nobody' | 'unknown';
