import { isSameImage } from '../image/reference';
import type { Deployment } from '../kubectl/objects';

/** A container beside the one that is judged, which gets its image by the same change. */
export interface OtherContainer {
  readonly list: 'containers' | 'initContainers';
  readonly index: number;
  readonly name: string;
  /** What it is to run whatever was built; left out: what was built. */
  readonly fixed?: string;
}

/** Containers that a change is about: the one that is judged, and those that follow it. */
export interface Chosen {
  readonly index: number;
  readonly name: string;
  readonly others?: readonly OtherContainer[];
}

/** Images by the names of their containers. */
export type Images = Readonly<Record<string, string>>;

/** What the containers run that a change is about. */
export interface Version {
  /** Of the one that is judged. */
  readonly image: string;
  /** Of the others; those that are not named here are not known. */
  readonly others?: Images;
}

/** The version that the workload's template has. */
export function versionIn(
  { spec }: Pick<Deployment, 'spec'>,
  { name, others = [] }: Pick<Chosen, 'name' | 'others'>,
): Version {
  const pod = spec?.template.spec;
  // By name: a manifest may have moved them.
  const imageOf = (list: OtherContainer['list'], of: string) =>
    pod?.[list]?.find((each) => each.name === of)?.image ?? '';
  return versionOf(
    imageOf('containers', name),
    Object.fromEntries(others.map((each) => [each.name, imageOf(each.list, each.name)])),
  );
}

/** The same containers where they are in this workload; what is not there has the place -1. */
export function placedIn({ spec }: Pick<Deployment, 'spec'>, { name, others }: Chosen): Chosen {
  const pod = spec?.template.spec;
  const placeOf = (list: OtherContainer['list'], of: string) =>
    pod?.[list]?.findIndex((each) => each.name === of) ?? -1;
  const placed = others?.map((each) => ({ ...each, index: placeOf(each.list, each.name) }));
  return { name, index: placeOf('containers', name), ...(placed && { others: placed }) };
}

/** The version that the containers get: of the others, each has what is said of it, else its fixed image, else the one that was built. */
export function versionFor({ others = [] }: Chosen, { image, others: said = {} }: Version): Version {
  return versionOf(image, Object.fromEntries(others.map(({ name, fixed }) => [name, said[name] ?? fixed ?? image])));
}

/** Without a word of others where there are none: most workloads have one container. */
export function versionOf(image: string, others: Images): Version {
  return Object.keys(others).length > 0 ? { image, others } : { image };
}

/** Whether the two stand for the same images, as far as both say. */
export function isSameVersion(one: Version, other: Version): boolean {
  return (
    isSameImage(one.image, other.image) &&
    Object.entries(one.others ?? {}).every(([name, image]) => isSameImage(other.others?.[name] ?? image, image))
  );
}

/** Each container with its image, the one that is judged first. */
export function imagesOf({ name }: Pick<Chosen, 'name'>, { image, others = {} }: Version): [string, string][] {
  return [[name, image], ...Object.entries(others)];
}
