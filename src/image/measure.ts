import type { Config } from '../inputs/config';
import { type Digest, parseReference } from './reference';
import { type Fetch, readManifest } from './registry';
import { type ImageSize, platformDigest, sizeOf } from './size';

/** How large the image is, and what of it is new since the one before; undefined where the registry does not tell. */
export async function measure(
  { image }: Config,
  { image: ours, manifest: own }: { readonly image: string; readonly manifest?: string },
  before: string,
  { fetch, signal }: { fetch: Fetch; signal: AbortSignal },
): Promise<ImageSize | undefined> {
  const { repository, credentials } = image;
  const read = (digest: Digest) => readManifest({ repository, digest }, credentials, fetch, signal);
  const flat = async (manifest: string | undefined) => {
    const digest = platformDigest(manifest ?? '');
    return digest ? read(digest) : manifest;
  };
  const previous = parseReference(before).value;
  // A login is for its own registry alone, and of another repository nothing is shared.
  const isOurs = previous?.repository.registry === repository.registry;
  const { digest } = parseReference(ours).value ?? {};
  if (!digest) return undefined;
  const [manifest, old] = await Promise.all([
    flat(own ?? (await read(digest))),
    isOurs && previous ? readManifest(previous, credentials, fetch, signal).then(flat) : undefined,
  ]);
  return manifest === undefined ? undefined : sizeOf(manifest, old);
}
