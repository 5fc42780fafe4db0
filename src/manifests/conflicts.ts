import { OURS } from '../kubectl/argv';
import { type Anything, canonical } from '../kubectl/objects';
import { quote } from '../transport/quote';
import { isOwn } from '../workload/annotations';

/** A field that a manifest sets and another manager has set otherwise. */
export interface Conflict {
  readonly manager: string;
  /** As the API server writes it: `.spec.template.spec.containers[name="api"].image`. */
  readonly field: string;
}

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
 * Whether taking the field over would leave its value as it is: the API server compares what was written, so that a `1024Mi` of the
 * manifest stands against the `1Gi` that it has made of the very same. Where the field cannot be found, that is not known.
 */
export function isSettled({ field }: Conflict, live: Anything, would: Anything): boolean {
  const [is, next] = [valueAt(live, field), valueAt(would, field)];
  return is !== undefined && canonical(is) === canonical(next);
}

/** The value of a field as the API server writes it: `.ports[containerPort=80,protocol="TCP"].name`. */
function valueAt(value: unknown, path: string): unknown {
  if (path === '' || value === undefined || value === null) return value;
  const [whole, keys] = /^\[([^\]]*)\]/.exec(path) ?? [];
  if (whole !== undefined && keys !== undefined) {
    if (!Array.isArray(value)) return undefined;
    const wanted = [...keys.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|[^,]+)/g)];
    const fits = (each: Record<string, unknown>) =>
      wanted.every(([, key = '', text]) => JSON.stringify(each[key]) === text);
    return wanted.length > 0 ? valueAt(value.find(fits), path.slice(whole.length)) : undefined;
  }
  // A key may have dots in it, as those of annotations have.
  const isNext = (key: string) => path.startsWith(`.${key}`) && ['', '.', '['].includes(path[key.length + 1] ?? '');
  const [key] = Object.keys(value)
    .filter(isNext)
    .sort((one, other) => other.length - one.length);
  return key === undefined ? undefined : valueAt((value as Record<string, unknown>)[key], path.slice(key.length + 1));
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
