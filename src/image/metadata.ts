import { createHash } from 'node:crypto';
import { type Digest, parseDigest } from './reference';

/** What buildx says that it pushed. */
export interface BuildMetadata {
  readonly digest: Digest;
  /** Missing where the digest is that of an index; the same as the digest where docker knows no manifest (see `parseMetadata`). */
  readonly configDigest?: Digest;
  /** It was there before: nothing was built, and its digest is what the registry said. */
  readonly isExisting?: true;
}

/** An image as a registry has it. */
export interface Image {
  readonly digest: Digest;
  /** The labels for each platform; attestations are none. Never empty. */
  readonly labels: readonly Readonly<Record<string, string>>[];
}

/**
 * Reads buildx's `--metadata-file`; undefined where it names no digest.
 *
 * A digest by itself, with no descriptor (BuildKit gives one, since 0.10), is what docker's engine calls the image: that of its
 * configuration. Where the engine's tag is another run's image by the time that the push has ended, buildx has no other.
 */
export function parseMetadata(text: string): BuildMetadata | undefined {
  const json = parseObject(text);
  const digest = parseDigest(String(json?.['containerimage.digest'])).value;
  if (!digest) return undefined;
  const isAlone =
    json?.['containerimage.descriptor'] === undefined && json?.['containerimage.config.digest'] === undefined;
  const configDigest = isAlone ? digest : parseDigest(String(json?.['containerimage.config.digest'])).value;
  return { digest, ...(configDigest && { configDigest }) };
}

/** Reads `imagetools inspect --format '{{json .}}'`, which has an image, or one for each platform; undefined where it has none. */
export function parseImage(text: string): Image | undefined {
  const { manifest, image } = parseObject(text) ?? {};
  const digest = parseDigest(String(objectIn(manifest).digest)).value;
  const platforms = 'rootfs' in objectIn(image) ? [image] : Object.values(objectIn(image));
  if (!digest || platforms.length === 0) return undefined;
  const labels = platforms.map((each) => objectIn(objectIn(objectIn(each).config).Labels) as Record<string, string>);
  return { digest, labels };
}

export function objectIn(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

export type Proof = 'proved' | 'other-content' | 'other-config' | 'no-manifest';

/**
 * Whether the manifest that the registry serves is the image that was built.
 *
 * With docker's classic image store, the digest in the metadata is read back from the *tag* after the push: of two runs
 * that push one tag, each can see the other's. The image's configuration is the build's own, so its digest decides.
 */
export function proveDigest(built: BuildMetadata, manifest: string | Uint8Array): Proof {
  if (createHash('sha256').update(manifest).digest('hex') !== built.digest.slice('sha256:'.length))
    return 'other-content';
  const json = parseObject(typeof manifest === 'string' ? manifest : Buffer.from(manifest).toString('utf8'));
  if (Array.isArray(json?.manifests)) return built.configDigest === undefined ? 'proved' : 'other-config';
  const config = (json?.config as { digest?: unknown } | undefined)?.digest;
  if (config === undefined) return 'no-manifest';
  return built.configDigest === config ? 'proved' : 'other-config';
}

export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
