import { crashing } from './signs/crash';
import { foreign } from './signs/foreign';
import { pending } from './signs/pending';
import { pulling } from './signs/pull';
import { refused } from './signs/refused';
import type { Look, Suspicion } from './signs/sign';
import { stalled, unverified } from './signs/stalled';
import { starting } from './signs/start';

/** Every sign of a bad rollout that one look at the cluster shows, those that say most first. */
export function suspect(look: Look): Suspicion[] {
  return [pulling, starting, crashing, pending, refused, foreign, unverified, stalled].flatMap((family) =>
    family(look),
  );
}
