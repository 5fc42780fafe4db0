import { parseObject } from './metadata';
import { type Digest, parseDigest } from './reference';

interface Layer {
  readonly digest: string;
  /** Bytes, compressed, as they are pushed and pulled. */
  readonly size: number;
}

/** How large an image is to push and to pull, in bytes. */
export interface ImageSize {
  readonly bytes: number;
  readonly layers: number;
  /** What the image before does not have: that is what a node which has run it pulls. Left out: that one is not known. */
  readonly added?: { readonly bytes: number; readonly layers: number };
}

/** Sums up an image's manifest, beside that of the image before; undefined where it has no layers, such as an index. */
export function sizeOf(manifest: string, before: string | undefined): ImageSize | undefined {
  const layers = layersOf(manifest);
  const present = before === undefined ? undefined : layersOf(before);
  if (!layers) return undefined;
  const added = present && layers.filter(({ digest }) => !present.some((each) => each.digest === digest));
  return { ...sum(layers), ...(added && { added: sum(added) }) };
}

/** The manifest that an index has for one platform: Linux on amd64 if there is one, else the first that is no attestation. */
export function platformDigest(index: string): Digest | undefined {
  const { manifests } = (parseObject(index) ?? {}) as { manifests?: { digest?: string; platform?: Platform }[] };
  if (!Array.isArray(manifests)) return undefined;
  const images = manifests.filter(({ platform }) => platform?.os !== 'unknown');
  const chosen = images.find(({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64');
  return parseDigest(String((chosen ?? images[0])?.digest)).value;
}

interface Platform {
  readonly os?: string;
  readonly architecture?: string;
}

function layersOf(manifest: string): Layer[] | undefined {
  const { layers } = (parseObject(manifest) ?? {}) as { layers?: Layer[] };
  return Array.isArray(layers) && layers.every(({ size }) => typeof size === 'number') ? layers : undefined;
}

function sum(layers: readonly Layer[]): { bytes: number; layers: number } {
  return { bytes: layers.reduce((all, { size }) => all + size, 0), layers: layers.length };
}
