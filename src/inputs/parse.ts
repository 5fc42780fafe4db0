import { parseReference } from '../image/reference';
import type { WorkloadKind } from '../kubectl/objects';
import type { Manifest } from '../manifests/object';
import { Secret } from '../system/secret';
import { parseHostKeys } from '../transport/hostkey';
import { LANGUAGES, type Language } from '../words/language';
import { type Problem, problem } from '../words/words';
import { printWorkload } from '../words/workload';
import { parseBuild } from './build';
import type { Config, HostConfig, Login, NamedContainer, RunInfo, WorkloadConfig } from './config';
import { parseImage } from './image';
import type { RawInputs } from './names';
import { parseOperation } from './operation';
import { Reader } from './reader';
import { parseUrl, parseVerdict } from './verdict';

/** A name in Kubernetes: RFC 1123 labels, and for workloads labels joined by dots. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const HOST = /^(?=.{1,253}$)(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|[0-9a-fA-F:]+(?:%\w+)?)$/;
/** What useradd and cloud images allow, and more: nothing that a log or a shell could take for something else. */
const USERNAME = /^[\w][\w.@-]{0,63}\$?$/;
/** A command word: no white space, and nothing that a reader could take for shell syntax. */
const WORD = /^[\w./:=@%+,-]+$/;

/**
 * Turns the inputs into a configuration, or into every problem they have, so that a person can mend all at once.
 * Private keys are only looked at for being there, and the further logins and the manifests come read already: they need a library.
 */
export function parseInputs(
  raw: RawInputs,
  run: RunInfo,
  otherLogins: readonly Login[] = [],
  manifests?: readonly Manifest[],
): { config: Config } | { problems: readonly Problem[] } {
  const reader = new Reader(raw);
  const operation = parseOperation(reader);
  const isDryRun = reader.flag('dry-run');
  const image = parseImage(reader, run, otherLogins);
  const build = parseBuild(reader);
  const host = parseHost(reader);
  const workloads = parseWorkloads(reader);
  const [workload] = workloads ?? [];
  const verdict = parseVerdict(reader);
  const environmentUrl = parseUrl(reader, 'environment-url');
  const githubToken =
    reader.flag('github-deployment') && reader.required('github-token') && reader.line('github-token');
  parseLanguage(reader);
  if (reader.problems.length > 0 || !image || !host || !workloads || !workload) return { problems: reader.problems };
  return {
    config: {
      operation,
      isDryRun,
      image,
      build,
      host,
      workload,
      workloads,
      verdict,
      run,
      ...(environmentUrl && { environmentUrl }),
      ...(githubToken && { githubToken: new Secret(githubToken) }),
      ...(manifests && { manifests }),
    },
  };
}

/** What the run speaks; English where it is left out. A value that is none was spoken to in English up to here. */
function parseLanguage(reader: Reader): void {
  const given = reader.line('language') ?? 'en';
  if (!languageOf(given)) reader.problems.push(problem('input.shape', { input: 'language', given }));
}

/** The language of that name, where there is one. */
export function languageOf(given: string): Language | undefined {
  return LANGUAGES.find((each) => each === given.trim());
}

function parseHost(reader: Reader): HostConfig | undefined {
  const host = reader.matching('ssh-host', reader.required('ssh-host'), HOST);
  const portText = reader.optional('ssh-port') ?? '22';
  const number = /^\d{1,5}$/.test(portText) ? Number(portText) : 0;
  const port = number <= 65_535 ? number : 0;
  if (port === 0) reader.problems.push(problem('input.shape', { input: 'ssh-port', given: portText }));
  const username = reader.matching('ssh-username', reader.required('ssh-username'), USERNAME);
  const key = reader.optional('ssh-key');
  if (key === undefined) reader.problems.push(problem('ssh.key-empty', {}));
  const passphrase = reader.optional('ssh-passphrase');
  const pinned = reader.optional('ssh-host-key');
  if (pinned === undefined) reader.problems.push(problem('ssh.host-key-missing', {}));
  const hostKeys = pinned === undefined ? undefined : hostKeysOf(reader, pinned, host ?? '', port);
  const kubectl = (reader.line('kubectl') ?? 'kubectl').split(/\s+/);
  if (!kubectl.every((word) => WORD.test(word))) {
    reader.problems.push(
      problem('input.shape', {
        input: 'kubectl',
        given: kubectl.join(' '),
      }),
    );
  }
  if (!host || !username || !key || !hostKeys) return undefined;
  return {
    host,
    port,
    username,
    key: new Secret(key),
    hostKeys,
    kubectl,
    ...(passphrase && { passphrase: new Secret(passphrase) }),
  };
}

function hostKeysOf(reader: Reader, text: string, host: string, port: number): HostConfig['hostKeys'] | undefined {
  const parsed = parseHostKeys(text, host, port);
  if ('hostKeys' in parsed) return parsed.hostKeys;
  // Whether lines are for another host can only be said where the host is known.
  const isKnown = host !== '' && port !== 0;
  reader.problems.push(...parsed.problems.filter(({ code }) => isKnown || code !== 'ssh.host-key-other-host'));
  return undefined;
}

/** As kubectl takes them before a name. */
const KINDS = [
  [/^(?:deploy|deployments?(?:\.apps)?)\//, 'deployment'],
  [/^(?:sts|statefulsets?(?:\.apps)?)\//, 'statefulset'],
] as const;

/** `app`, `deployment/app` or `statefulset/app`. */
function namedWorkload(given: string): { kind: WorkloadKind; name: string } {
  const [words, kind] = KINDS.find(([each]) => each.test(given)) ?? ['', 'deployment' as const];
  return { kind, name: given.replace(words, '') };
}

/** Each workload that is watched takes two of the channels that sshd allows a connection. */
const WORKLOADS = 3;

function parseWorkloads(reader: Reader): WorkloadConfig[] | undefined {
  const given = reader.required('deployment');
  const listed = given?.split(/\s*[\n,]\s*/).filter((each) => each !== '') ?? [];
  // Commas alone are no name.
  const found = (listed.length === 0 && given !== undefined ? [given] : listed)
    .map(namedWorkload)
    .filter(({ name }) => reader.matching('deployment', name, SUBDOMAIN) !== undefined);
  const names = found.map(printWorkload);
  if (names.length > WORKLOADS || new Set(names).size < names.length)
    reader.problems.push(problem('input.workloads', { names, most: WORKLOADS }));
  const namespace = reader.matching('namespace', reader.optional('namespace') ?? 'default', LABEL);
  const containers = parseContainers(reader);
  return namespace && names.length > 0 ? found.map((each) => ({ ...each, namespace, containers })) : undefined;
}

/** `name` for the image that is built, `name=image` for another one; one a line. */
function parseContainers(reader: Reader): NamedContainer[] {
  const named = reader.list('container', { commas: false }).map((given) => {
    const [name = '', ...rest] = given.split('=');
    const image = rest.length > 0 ? rest.join('=').trim() : undefined;
    if (image !== undefined && !parseReference(image).value)
      reader.problems.push(problem('input.shape', { input: 'container', given: image }));
    reader.matching('container', name.trim(), LABEL);
    return { name: name.trim(), ...(image !== undefined && { image }) };
  });
  const given = reader.optional('container');
  if (given !== undefined && named.length === 0) reader.matching('container', given, LABEL);
  const names = new Set(named.map(({ name }) => name));
  const isBuiltIn = named.length === 0 || named.some(({ image }) => image === undefined);
  if (names.size < named.length || !isBuiltIn)
    reader.problems.push(problem('input.containers', { names: named.map(({ name }) => name) }));
  return named;
}
