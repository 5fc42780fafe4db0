import type { Anything, Metadata } from '../kubectl/objects';
import { annotations, isOwn } from '../workload/annotations';

/** Characters of a value that are shown. */
const MOST_SHOWN = 160;

/** Lines of an object that are shown. */
const MOST_LINES = 40;

/** What the cluster keeps of an object beside what people want of it. */
const OF_THE_CLUSTER: ReadonlySet<string> = new Set([
  ...['managedFields', 'resourceVersion', 'generation', 'uid', 'creationTimestamp', 'selfLink'],
]);

/** The object as its owner wants it: without its state, and without what every deploy writes anew. */
export function desired({ status: _, ...object }: Anything): Anything {
  const { annotations: all = {}, ...metadata } = object.metadata;
  const kept = Object.entries(all).filter(([key]) => !isOwn(key) && key !== annotations.revision);
  const own = Object.entries(metadata).filter(([key]) => !OF_THE_CLUSTER.has(key));
  const rest = kept.length > 0 ? { annotations: Object.fromEntries(kept) } : {};
  return { ...object, metadata: { ...Object.fromEntries(own), ...rest } as Metadata };
}

/**
 * What changes from one object to the other, a line for each field that is other, gone (`-`) or new (`+`). Of a Secret's values nothing
 * is shown but that they change.
 */
export function diffOf(before: Anything, after: Anything): string[] {
  const [was, is] = [leavesOf(desired(before)), leavesOf(desired(after))];
  const isSecret = after.kind === 'Secret';
  const lines = [...new Set([...was.keys(), ...is.keys()])].flatMap((path) => {
    const [from, to] = [was.get(path), is.get(path)];
    if (from === to) return [];
    const isHidden = isSecret && /^(?:data|stringData)\b/.test(path);
    return linesOf(path, from, to, isHidden);
  });
  return lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES - 1), '…'] : lines;
}

/** Of a long text, such as a file in a ConfigMap, only the lines that differ. */
function linesOf(path: string, from: string | undefined, to: string | undefined, isHidden: boolean): string[] {
  if (!isHidden && from?.includes('\\n') && to?.includes('\\n')) {
    const [old, now] = [from, to].map((each) => (JSON.parse(each) as string).split('\n'));
    const [gone, come] = [old?.filter((each) => !now?.includes(each)), now?.filter((each) => !old?.includes(each))];
    const shown = [...marked('-', path, gone), ...marked('+', path, come)];
    if (shown.length > 0) return shown;
  }
  const show = (value: string) => (isHidden ? '***' : cut(value));
  return [
    ...(from === undefined ? [] : [`- ${path}: ${show(from)}`]),
    ...(to === undefined ? [] : [`+ ${path}: ${show(to)}`]),
  ];
}

function marked(mark: string, path: string, lines: readonly string[] = []): string[] {
  return lines.map((each) => `${mark} ${path}: ${cut(JSON.stringify(each))}`);
}

function cut(value: string): string {
  return value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}…` : value;
}

/** Every value of an object, in JSON, by its path. What has a name in a list is called by it, as people do. */
function leavesOf(value: unknown, path = '', found = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value) && value.length > 0) {
    const names = value.map((each) => (each as { name?: unknown } | null)?.name);
    const isNamed = names.every((name) => typeof name === 'string') && new Set(names).size === names.length;
    value.forEach((each: unknown, index) => {
      leavesOf(each, `${path}[${isNamed ? step(names[index] as string) : index}]`, found);
    });
  } else if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    for (const [key, each] of Object.entries(value))
      leavesOf(each, path === '' ? step(key) : `${path}.${step(key)}`, found);
  } else found.set(path, JSON.stringify(value));
  return found;
}

/** A key that could be taken for something else is quoted. */
function step(key: string): string {
  return /^[\w/-]+$/.test(key) ? key : JSON.stringify(key);
}
