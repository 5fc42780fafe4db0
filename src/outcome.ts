/** Every way a run can end. */
export const OUTCOMES = [
  'deployed',
  'unchanged',
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

/** Only what was seen to serve is a success. */
export function isSuccess(outcome: Outcome): boolean {
  switch (outcome) {
    case 'deployed':
    case 'unchanged':
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

/** Who answers requests now, as far as it is known. */
export type Serving = 'new' | 'old' | 'both' | 'nobody' | 'unknown';
