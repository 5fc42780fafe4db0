import { execFileSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';

/** The parts of an image's configuration that tests look at; two of them are compared as they are. */
export interface ImageConfig {
  readonly created?: string;
  readonly history?: readonly { readonly created?: string }[];
  readonly config: { readonly Labels?: Record<string, string>; readonly Env?: readonly string[] };
}

export interface Image {
  readonly digest: string;
  readonly mediaType: string;
  /** The digests of its layers. */
  readonly layers: readonly string[];
  readonly config: ImageConfig;
}

interface Manifest {
  readonly mediaType: string;
  readonly manifests?: readonly { readonly platform: { readonly os: string; readonly architecture: string } }[];
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
}

const KINDS = ['oci.image.index.v1', 'oci.image.manifest.v1', 'docker.distribution.manifest.v2'];
const ACCEPT = KINDS.map((kind) => `application/vnd.${kind}+json`).join(', ');

/** An image as a registry without a login has it. */
export async function readImage(reference: string): Promise<Image> {
  const { manifest, digest } = await readManifest(reference);
  const config = await readBlob(reference, manifest.config.digest);
  return {
    digest,
    mediaType: manifest.mediaType,
    layers: manifest.layers.map((layer) => layer.digest),
    config: JSON.parse(config.toString()),
  };
}

/** An image for several platforms, or with attestations, as a registry without a login has it. */
export async function readIndex(reference: string): Promise<{ digest: string; platforms: string[] }> {
  const { manifest, digest } = await readManifest(reference);
  const platforms = (manifest.manifests ?? []).map(({ platform }) => `${platform.os}/${platform.architecture}`);
  return { digest, platforms };
}

/** Every byte of an image: its manifest, its configuration with the history, and its layers unpacked. */
export async function readBytes(reference: string): Promise<Buffer> {
  const { manifest, text } = await readManifest(reference);
  const config = await readBlob(reference, manifest.config.digest);
  const layers = await Promise.all(manifest.layers.map(({ digest }) => readBlob(reference, digest)));
  return Buffer.concat([Buffer.from(text), config, ...layers.map((layer) => gunzipSync(layer))]);
}

/** The names of all files that an image's layers bring. */
export async function readFileNames(reference: string): Promise<string[]> {
  const { manifest } = await readManifest(reference);
  const layers = await Promise.all(manifest.layers.map(({ digest }) => readBlob(reference, digest)));
  return layers.flatMap((input) =>
    execFileSync('tar', ['-tz'], { input, encoding: 'utf8' }).split('\n').filter(Boolean),
  );
}

async function readManifest(reference: string) {
  const { base, version } = split(reference);
  const answer = await fetch(`${base}/manifests/${version}`, { headers: { accept: ACCEPT } });
  if (answer.status !== 200) throw new Error(`${reference}: ${answer.status} ${await answer.text()}`);
  const text = await answer.text();
  const manifest: Manifest = JSON.parse(text);
  return { text, manifest, digest: answer.headers.get('docker-content-digest') ?? '' };
}

async function readBlob(reference: string, digest: string): Promise<Buffer> {
  const answer = await fetch(`${split(reference).base}/blobs/${digest}`);
  if (answer.status !== 200) throw new Error(`${reference}: ${answer.status} for ${digest}`);
  return Buffer.from(await answer.arrayBuffer());
}

/** Reads `registry/path:tag`, `registry/path@digest`, or with both. */
function split(reference: string): { base: string; version: string } {
  const [, registry, path, tag, digest] = /^([^/]+)\/([^:@]+)(?::([^@]+))?(?:@(.+))?$/.exec(reference) ?? [];
  return { base: `http://${registry}/v2/${path}`, version: digest ?? tag ?? 'latest' };
}
