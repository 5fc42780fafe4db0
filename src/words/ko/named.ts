import { kindOf, nameOf } from '../workload';

/** What stands after a word that ends in a vowel, and after one that ends in a consonant as StatefulSet (셋) does. */
const PARTICLES = { 가: '이', 를: '을', 는: '은' } as const;

/** `"app" Deployment`, of a workload as the input names it, with its particle. */
export function named(workload: string, particle?: keyof typeof PARTICLES): string {
  const kind = kindOf(workload);
  const end = particle && (kind === 'StatefulSet' ? PARTICLES[particle] : particle);
  return `"${nameOf(workload)}" ${kind}${end ?? ''}`;
}
