import { Secret } from '../system/secret';
import { problem } from '../words/words';
import type { BuildConfig, BuildSecret } from './config';
import type { InputName } from './names';
import type { Reader } from './reader';

/** What a program takes of one variable (Linux: MAX_ARG_STRLEN, 128 KiB with the name), in bytes. */
const SECRET_BYTES = 120 * 1024;
/** What buildx takes for the id of a secret: nothing that its own list syntax would read otherwise. */
const SECRET_ID = /^[\w.-]+$/;
const VARIABLE = /^[a-zA-Z_]\w*$/;
/** As containerd writes one: `linux/amd64`, `linux/arm/v7`. */
const PLATFORM = /^[a-zA-Z0-9_.-]+(?:\/[a-zA-Z0-9_.-]+){0,2}$/;

/** The build's inputs, under docker/build-push-action's names and in its list syntax. */
export function parseBuild(reader: Reader): BuildConfig {
  const context = reader.line('context') ?? '.';
  if (/^(?:[\w+.-]+:\/\/|git@|github\.com\/)/.test(context) || context === '-') {
    reader.problems.push(problem('input.shape', { input: 'context', given: context }));
  }
  const file = reader.line('file');
  const word = (name: 'target' | 'builder' | 'network') =>
    reader.matching(name, reader.line(name), /^[a-zA-Z0-9][\w.-]*$/);
  const target = word('target');
  const builder = word('builder');
  const network = word('network');
  return {
    context,
    ...(file && { file }),
    ...(target && { target }),
    ...(builder && { builder }),
    ...(network && { network }),
    buildArgs: keyed(reader, 'build-args', { valueOptional: true }),
    buildContexts: keyed(reader, 'build-contexts'),
    secrets: parseSecrets(reader),
    labels: keyed(reader, 'labels', { valueOptional: true }),
    platforms: parsePlatforms(reader),
    cacheFrom: reader.list('cache-from', { commas: false }),
    cacheTo: reader.list('cache-to', { commas: false }),
    noCache: reader.flag('no-cache'),
    pull: reader.flag('pull'),
    provenance: parseAttestation(reader, 'provenance'),
    sbom: parseAttestation(reader, 'sbom'),
    skipExisting: reader.flag('skip-existing'),
  };
}

/** `NAME=value` lines. A name may stand alone where docker knows what to make of it: an argument from the environment, an empty label. */
function keyed(reader: Reader, name: InputName, { valueOptional = false } = {}): string[] {
  const entries = reader.list(name, { commas: false });
  const shape = valueOptional ? /^[^=\s]+(?:=|$)/ : /^[^=\s]+=/;
  for (const [index, entry] of entries.entries()) {
    // Only the entry's number is told: it may be a line of a secret that was not quoted.
    if (!shape.test(entry)) reader.problems.push(problem('input.keyed', { name, entry: index + 1 }));
  }
  return entries;
}

function parseSecrets(reader: Reader): BuildSecret[] {
  const values = keyedSecrets(reader, 'secrets', { commas: false }, (id, value, entry) => {
    if (Buffer.byteLength(value) <= SECRET_BYTES) return { id, value: new Secret(value) };
    reader.problems.push(problem('input.secret-size', { entry, limit: SECRET_BYTES / 1024 }));
    return undefined;
  });
  const variables = keyedSecrets(reader, 'secret-envs', { commas: true }, (id, env, entry) => {
    if (VARIABLE.test(env)) return { id, env };
    reader.problems.push(problem('input.secret-env', { entry }));
    return undefined;
  });
  const files = keyedSecrets(reader, 'secret-files', { commas: false }, (id, file) => ({ id, file }));
  const all = [...values, ...variables, ...files];
  const twice = all.find(({ id }, index) => all.findIndex((other) => other.id === id) !== index);
  if (twice) reader.problems.push(problem('input.secret-twice', {}));
  return all;
}

/** What one entry says is never told: where a quote is forgotten, any line of a secret may stand in any place. */
function keyedSecrets(
  reader: Reader,
  name: 'secrets' | 'secret-envs' | 'secret-files',
  options: { commas: boolean },
  make: (id: string, value: string, entry: number) => BuildSecret | undefined,
): BuildSecret[] {
  return reader.list(name, options).flatMap((text, index) => {
    const at = text.indexOf('=');
    const [id, value] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
    if (SECRET_ID.test(id) && value !== '') return make(id, value, index + 1) ?? [];
    reader.problems.push(problem('input.keyed', { name, entry: index + 1 }));
    return [];
  });
}

function parsePlatforms(reader: Reader): string[] {
  const platforms = reader.list('platforms', { commas: true });
  for (const each of platforms) reader.matching('platforms', each, PLATFORM);
  return platforms;
}

/** The value of `--provenance` or `--sbom`; undefined where there is to be none. */
function parseAttestation(reader: Reader, name: 'provenance' | 'sbom'): string | undefined {
  const value = reader.matching(name, reader.line(name), /^(?:true|false|[\w-]+=\S+)$/i);
  return value === undefined || /^false$/i.test(value) ? undefined : value;
}
