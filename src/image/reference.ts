import type { Checked } from '../words/checked';
import { problem } from '../words/words';

/** A repository of a registry, normalised as docker does: `nginx` is `docker.io/library/nginx`. */
export interface Repository {
  readonly registry: string;
  readonly path: string;
}

/** `sha256:` and 64 hexadecimal digits. Only `parseDigest` makes one. */
export type Digest = string & { readonly brand: 'Digest' };

export interface ImageReference {
  readonly repository: Repository;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** An image that cannot change under us: what a deploy puts into the cluster. */
export interface PinnedImage {
  readonly repository: Repository;
  readonly tag: string;
  readonly digest: Digest;
}

/** What is wrong with the name of an image. */
export type NameFault = 'scheme' | 'digest' | 'digests' | 'tag' | 'registry' | 'empty' | 'component' | 'length';

export const DOCKER_HUB = 'docker.io';

/** The digest that preflight's dry run uses, before the real one exists. No image has it. */
export const PLACEHOLDER_DIGEST = `sha256:${'0'.repeat(64)}` as Digest;

// The grammar of github.com/distribution/reference.
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const REGISTRY =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[a-f0-9]{64}$/;
const NAME_LENGTH = 255;

export function parseDigest(text: string): Checked<Digest> {
  return DIGEST.test(text) ? { value: text as Digest } : { problem: problem('image.digest', { given: text }) };
}

export function parseTag(text: string): Checked<string> {
  return TAG.test(text) ? { value: text } : { problem: problem('image.tag', { given: text }) };
}

/** Reads a repository's name, without tag or digest. */
export function parseRepository(text: string): Checked<Repository> {
  const bad = (nameFault: NameFault, part = ''): Checked<Repository> => ({
    problem: problem('image.name', { given: text, nameFault, part }),
  });
  if (text.includes('://')) return bad('scheme');
  const [first = '', ...rest] = text.split('/');
  const named = rest.length > 0 && isRegistry(first);
  const registry = named ? (first === 'index.docker.io' ? DOCKER_HUB : first) : DOCKER_HUB;
  let path = named ? rest.join('/') : text;
  if (path.includes('@')) return bad('digest');
  if (path.includes(':')) return bad('tag');
  // Docker takes a first part with a capital letter for a registry; people mean their user name.
  if (path !== path.toLowerCase()) {
    const lower = named ? `${first}/${path.toLowerCase()}` : text.toLowerCase();
    return { problem: problem('image.capitals', { given: text, lower }) };
  }
  if (!REGISTRY.test(registry)) return bad('registry', registry);
  if (registry === DOCKER_HUB && !path.includes('/')) path = `library/${path}`;
  const wrong = path.split('/').find((component) => !COMPONENT.test(component));
  if (wrong === '') return bad('empty');
  if (wrong !== undefined) {
    return bad('component', wrong);
  }
  if (registry.length + 1 + path.length > NAME_LENGTH) return bad('length', String(NAME_LENGTH));
  return { value: { registry, path } };
}

/** Reads `repository[:tag][@digest]`, as a workload's containers carry it. */
export function parseReference(text: string): Checked<ImageReference> {
  const [beforeDigest = '', digestText, ...more] = text.split('@');
  if (more.length > 0) return { problem: problem('image.name', { given: text, nameFault: 'digests', part: '' }) };
  const colon = beforeDigest.lastIndexOf(':');
  const tagText = colon > beforeDigest.lastIndexOf('/') ? beforeDigest.slice(colon + 1) : undefined;
  const repository = parseRepository(tagText === undefined ? beforeDigest : beforeDigest.slice(0, colon));
  if (repository.problem) return repository;
  const tag = tagText === undefined ? undefined : parseTag(tagText);
  if (tag?.problem) return tag;
  const digest = digestText === undefined ? undefined : parseDigest(digestText);
  if (digest?.problem) return digest;
  return {
    value: { repository: repository.value, ...(tag && { tag: tag.value }), ...(digest && { digest: digest.value }) },
  };
}

/** Docker's rule: the first part of a name is a registry if it has a dot or a port, or is localhost. */
function isRegistry(first: string): boolean {
  return /[.:[]/.test(first) || first === 'localhost';
}

/** Whether a registry is on the machine itself, by docker's rule. */
export function isLoopback(registry: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/.test(registry);
}

/** The short name that people know: `nginx`, `user/app`, `ghcr.io/user/app`. */
export function printRepository({ registry, path }: Repository): string {
  const [first = '', ...rest] = path.split('/');
  // Without its registry, docker.io/a.b/c would be read as c on the registry a.b.
  if (registry !== DOCKER_HUB || isRegistry(first)) return `${registry}/${path}`;
  return first === 'library' && rest.length === 1 ? rest.join('/') : path;
}

export function printReference({ repository, tag, digest }: ImageReference): string {
  return `${printRepository(repository)}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`;
}

/** Whether two references mean one image: the same digest, or where one has none, the same words. */
export function isSameImage(one: string, other: string): boolean {
  const [first, second] = [one, other].map((each) => parseReference(each).value?.digest);
  return first !== undefined && second !== undefined ? first === second : one === other;
}

export function sameRepository(one: Repository, other: Repository): boolean {
  return one.registry === other.registry && one.path === other.path;
}
