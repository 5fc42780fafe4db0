import { createHash } from 'node:crypto';
import { type Digest, parseDigest } from './reference';

/** What buildx says that it pushed. */
export interface BuildMetadata {
  readonly digest: Digest;
  /** The digest is what BuildKit has put together, and not what docker has asked the registry for by the tag. */
  readonly isOwn?: true;
  /** Missing where the digest is the build's own, or that of an index; the same as it where docker knows no manifest (see `parseMetadata`). */
  readonly configDigest?: Digest;
  /** It was there before: nothing was built, and its digest is what the registry said. */
  readonly isExisting?: true;
}

/** An image as a registry has it. */
export interface Image {
  readonly digest: Digest;
  /** The labels for each platform; attestations are none. Never empty. */
  readonly labels: readonly Readonly<Record<string, string>>[];
  /** The processor of each platform, such as `arm64`. */
  readonly processors: readonly unknown[];
}

/**
 * Reads buildx's `--metadata-file`; undefined where it names no digest.
 *
 * A descriptor (BuildKit gives one, since 0.10) has the digest that the build itself came to. Beside it, with containerd's image
 * store, buildx leaves the configuration's out (since 0.36), or gives that of an index for it (before 0.22).
 *
 * A digest by itself is what docker's engine calls the image: that of its configuration. Where the engine's tag is another run's
 * image by the time that the push has ended, buildx has no other. But several platforms (`isIndex`), which that engine does not
 * build, may be built by a machine each: then buildx puts the index together, and gives no more than its digest.
 */
export function parseMetadata(text: string, { isIndex = false } = {}): BuildMetadata | undefined {
  const json = parseObject(text);
  const [descriptor, config] = [json?.['containerimage.descriptor'], json?.['containerimage.config.digest']];
  const digest = parseDigest(String(json?.['containerimage.digest'])).value;
  if (!digest) return undefined;
  if (objectIn(descriptor).digest === digest) return { digest, isOwn: true };
  const isAlone = descriptor === undefined && config === undefined && !isIndex;
  const configDigest = isAlone ? digest : parseDigest(String(config)).value;
  return { digest, ...(configDigest && { configDigest }) };
}

/** Reads `imagetools inspect --format '{{json .}}'`, which has an image, or one for each platform; undefined where it has none. */
export function parseImage(text: string): Image | undefined {
  const { manifest, image } = parseObject(text) ?? {};
  const digest = parseDigest(String(objectIn(manifest).digest)).value;
  const platforms = 'rootfs' in objectIn(image) ? [image] : Object.values(objectIn(image));
  if (!digest || platforms.length === 0) return undefined;
  const labels = platforms.map((each) => objectIn(objectIn(objectIn(each).config).Labels) as Record<string, string>);
  return { digest, labels, processors: platforms.map((each) => objectIn(each).architecture) };
}

export function objectIn(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

export type Proof = 'proved' | 'other-content' | 'other-config' | 'no-manifest';

/**
 * Whether the manifest that the registry serves is the image that was built.
 *
 * With docker's classic image store, the digest in the metadata is read back from the *tag* after the push: of two runs
 * that push one tag, each can see the other's. The image's configuration is the build's own, so its digest decides there.
 */
export function proveDigest(built: BuildMetadata, manifest: string | Uint8Array): Proof {
  if (createHash('sha256').update(manifest).digest('hex') !== built.digest.slice('sha256:'.length))
    return 'other-content';
  const json = parseObject(typeof manifest === 'string' ? manifest : Buffer.from(manifest).toString('utf8'));
  const isIndex = Array.isArray(json?.manifests);
  const config = (json?.config as { digest?: unknown } | undefined)?.digest;
  if (!isIndex && config === undefined) return 'no-manifest';
  const isOurs = built.isOwn || built.configDigest === (isIndex ? undefined : config);
  return isOurs ? 'proved' : 'other-config';
}

export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
