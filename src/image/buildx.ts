import type { BuildConfig, BuildSecret } from '../inputs/config';
import type { Caches } from './cache';
import { type Digest, type ImageReference, printReference, printRepository, type Repository } from './reference';

export const VERSION_ARGV = ['docker', 'buildx', 'version'] as const;

/** What a build needs beyond the user's own words. */
export interface BuildOptions {
  readonly references: readonly ImageReference[];
  readonly labels: readonly string[];
  readonly caches: Caches;
  readonly builder?: string | undefined;
  readonly metadataFile: string;
}

/** The argv that builds and pushes. Without attestations, the digest of one platform is that of one flat manifest. */
export function buildArgv(build: BuildConfig, options: BuildOptions): string[] {
  const { references, labels, caches, builder, metadataFile } = options;
  const each = (name: string, values: readonly string[]) => values.flatMap((value) => [name, value]);
  const one = (name: string, value: string | undefined) => (value ? [name, value] : []);
  return [
    ...['docker', 'buildx', 'build', '--push', '--progress=plain', '--metadata-file', metadataFile],
    ...one('--builder', builder),
    `--provenance=${build.provenance ?? 'false'}`,
    ...(build.sbom ? [`--sbom=${build.sbom}`] : []),
    ...each('--tag', references.map(printReference)),
    ...one('--file', build.file && asPath(build.file)),
    ...one('--target', build.target),
    ...one('--platform', build.platforms.join(',')),
    ...each('--build-arg', build.buildArgs),
    ...each('--build-context', build.buildContexts),
    ...each('--secret', build.secrets.map(secretOption)),
    ...each('--label', labels),
    ...each('--cache-from', caches.from),
    ...each('--cache-to', caches.to),
    ...one('--network', build.network),
    // BuildKit lets a build on to the host's network only where it was told so; the engine's own builder does not ask.
    ...(build.network === 'host' ? ['--allow', 'network.host'] : []),
    ...(build.noCache ? ['--no-cache'] : []),
    ...(build.pull ? ['--pull'] : []),
    '--',
    asPath(build.context),
  ];
}

/** A name such as `user@host:path` is a folder, but docker would take it for a repository elsewhere, and `-` for its input. */
function asPath(given: string): string {
  return /^(?:\/|\.{1,2}(?:\/|$))/.test(given) ? given : `./${given}`;
}

/** Where buildx finds a secret: neither its value nor a line break ever stands among the words of a command. */
function secretOption(secret: BuildSecret, index: number): string {
  if ('file' in secret) return csvRow([`id=${secret.id}`, `src=${secret.file}`]);
  return csvRow([`id=${secret.id}`, `env=${'env' in secret ? secret.env : secretVariable(index)}`]);
}

/** The variables that carry the secrets whose value was given. */
export function secretEnvironment(secrets: readonly BuildSecret[]): Record<string, string> {
  return Object.fromEntries(
    secrets.flatMap((secret, index) => ('value' in secret ? [[secretVariable(index), secret.value.reveal()]] : [])),
  );
}

function secretVariable(index: number): string {
  return `DEPLOY_ACTION_BUILD_SECRET_${index}`;
}

/** buildx reads its options as CSV. */
function csvRow(fields: readonly string[]): string {
  return fields.map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}

/** The argv that prints an image's manifest byte by byte, as the registry has it. */
export function manifestArgv(repository: Repository, digest: Digest): string[] {
  return ['docker', 'buildx', 'imagetools', 'inspect', '--raw', `${printRepository(repository)}@${digest}`];
}

/** The argv that prints what a tag stands for: the manifest's digest, and the image's configuration with its labels. */
export function imageArgv(reference: string): string[] {
  return ['docker', 'buildx', 'imagetools', 'inspect', '--format', '{{json .}}', reference];
}

/** Only BuildKit's own drivers take everything; `docker` is the engine's builder. Undefined where the output does not say. */
export function parseDriver(inspectOutput: string): string | undefined {
  return /^Driver:\s*(\S+)/m.exec(inspectOutput)?.[1];
}
