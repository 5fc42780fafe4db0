import { kindOf, nameOf } from '../workload';

/** A sentence and, where there is one, its reason in the words of another program. */
export function because(sentence: string, reason: string): string {
  return reason.trim() === '' ? `${sentence}.` : `${sentence}: ${short(reason)}`;
}

/** `Deployment "app"`, of a workload as the input names it. */
export const named = (workload: string): string => `${kindOf(workload)} "${nameOf(workload)}"`;

/** Enough of every digest to recognise it by. */
export const short = (text: string): string => text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1…');

/** Shows what a person wrote, short and on one line. */
export function quoted(given: string): string {
  const short = given.length > 120 ? `${given.slice(0, 117)}…` : given;
  return JSON.stringify(short);
}
