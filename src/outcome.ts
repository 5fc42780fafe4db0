/** Every way a run can end. */
export const OUTCOMES = ['deployed', 'unchanged', 'refused', 'failed', 'superseded', 'cancelled', 'unknown'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** Only what was seen to serve is a success. */
export function isSuccess(outcome: Outcome): boolean {
  switch (outcome) {
    case 'deployed':
    case 'unchanged':
      return true;
    case 'refused':
    case 'failed':
    case 'superseded':
    case 'cancelled':
    case 'unknown':
      return false;
    default:
      return outcome satisfies never;
  }
}

/** Who answers requests now, as far as it is known. */
export type Serving = 'new' | 'old' | 'nobody' | 'unknown';
