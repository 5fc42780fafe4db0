/** A sentence and, where there is one, its reason in the words of another program. */
export function because(sentence: string, reason: string): string {
  return reason.trim() === '' ? `${sentence}.` : `${sentence}: ${short(reason)}`;
}

/** Enough of every digest to recognise it by. */
export const short = (text: string): string => text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1…');
