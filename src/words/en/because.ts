/** A sentence and, where there is one, its reason in the words of another program. */
export function because(sentence: string, reason: string): string {
  return reason.trim() === '' ? `${sentence}.` : `${sentence}: ${reason}`;
}
