import { parseReference, sameRepository } from '../image/reference';
import type { Deployment } from '../kubectl/objects';
import { LAST_APPLIED } from './annotations';

/** The image that the manifest applied last names for this container; undefined where there is none, or somebody spoilt it. */
export function appliedImage({ metadata }: Deployment, container: string): string | undefined {
  try {
    const { spec } = JSON.parse(metadata?.annotations?.[LAST_APPLIED] ?? '') as Deployment;
    const image: unknown = spec?.template.spec?.containers.find(({ name }) => name === container)?.image;
    return typeof image === 'string' ? image : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a manifest's image is certainly another one than the image that runs: our digest beside its tag makes no difference. */
export function isOtherImage(applied: string, running: string): boolean {
  const [one, other] = [parseReference(applied).value, parseReference(running).value];
  if (!one || !other) return false;
  if (!sameRepository(one.repository, other.repository)) return true;
  if (one.digest) return one.digest !== other.digest;
  // The tag may stand for the very digest that runs without one.
  if (other.digest && other.tag === undefined) return false;
  return (one.tag ?? 'latest') !== (other.tag ?? 'latest');
}
