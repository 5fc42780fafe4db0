import { MANIFESTS_MANAGER } from '../kubectl/argv';
import type { Anything } from '../kubectl/objects';
import { quote } from '../transport/quote';
import { isOwn } from '../workload/annotations';

/** A field that a manifest sets and another manager has set otherwise. */
export interface Conflict {
  readonly manager: string;
  /** As the API server writes it: `.spec.template.spec.containers[name="api"].image`. */
  readonly field: string;
}

const OURS: ReadonlySet<string> = new Set(['deploy-action', MANIFESTS_MANAGER]);

/** `conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas`, or with a list of fields below it. */
const HEAD =
  /conflicts? with ("(?:[^"\\]|\\.)*")(?: with subresource "[^"]*")?(?: using \S+?)?(?: at \S+?)?:(?: (\..*))?$/;

/** Reads what kubectl says of conflicts; undefined where that is not all that it has counted. */
export function parseConflicts(text: string): readonly Conflict[] | undefined {
  const count = Number(/Apply failed with (\d+) conflict/.exec(text)?.[1]);
  const found: Conflict[] = [];
  let manager = '';
  for (const line of text.split('\n')) {
    const [, name, field] = HEAD.exec(line) ?? [];
    if (name !== undefined) manager = unquoted(name);
    const listed = field ?? /^- (\..*)$/.exec(line)?.[1];
    if (listed !== undefined) found.push({ manager, field: listed });
  }
  return found.length === count && found.every((each) => each.manager !== '') ? found : undefined;
}

/** Go's quotes are JSON's for any name that is one. */
function unquoted(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    return text;
  }
}

/**
 * The conflicts that a person has to decide about. Fields that were ours before, and those of the workload that every deploy sets
 * (`containers` are those that get an image), are taken over.
 */
export function foreign(conflicts: readonly Conflict[], containers: readonly string[] | undefined): Conflict[] {
  return conflicts.filter(({ manager, field }) => !OURS.has(manager) && !(containers && isSetByUs(field, containers)));
}

function isSetByUs(field: string, containers: readonly string[]): boolean {
  const annotation = /^\.metadata\.annotations\.(.+)$/.exec(field)?.[1];
  return (
    field === '.spec.minReadySeconds' ||
    (annotation !== undefined && isOwn(annotation)) ||
    containers.some((name) =>
      ['containers', 'initContainers'].some((list) => field === `.spec.template.spec.${list}[name="${name}"].image`),
    )
  );
}

/**
 * The command that makes a manager give up all that it has set in an object: the values stay, and whoever sets them next has them. It
 * fails where the manager is another one by then. Empty where the object does not name the manager.
 */
export function giveUpCommand(object: Anything, manager: string): string {
  const index = object.metadata.managedFields?.findIndex((each) => each.manager === manager) ?? -1;
  if (index < 0) return '';
  const path = `/metadata/managedFields/${index}`;
  const patch = [
    { op: 'test', path: `${path}/manager`, value: manager },
    { op: 'remove', path },
  ];
  const { name, namespace = '' } = object.metadata;
  const [group] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : [''];
  const kind = [object.kind.toLowerCase(), ...(group ? [group] : [])].join('.');
  const words = [
    'kubectl',
    'patch',
    `${kind}/${name}`,
    '-n',
    namespace,
    '--type=json',
    `--patch=${JSON.stringify(patch)}`,
  ];
  return quote(words);
}
