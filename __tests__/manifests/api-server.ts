import type { Anything } from '../../src/kubectl/objects';
import { keyOf } from '../../src/manifests/object';
import type { Operation } from '../../src/workload/patch';
import type { Answer, Handler } from '../fakes/transport';

/** Applies a JSON patch (RFC 6902; add, replace and remove of members) to a copy. */
export function patched(object: Anything, patch: readonly Operation[]): Anything {
  const copy = structuredClone(object);
  for (const { op, path, value } of patch) {
    const steps = path
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = steps.pop() ?? '';
    const parent = steps.reduce<Record<string, unknown>>(
      (node, step) => node[step] as Record<string, unknown>,
      copy as never,
    );
    if (op !== 'add' && !(last in parent)) throw new Error(`${op} ${path}`);
    if (op === 'remove') delete parent[last];
    else parent[last] = structuredClone(value);
  }
  return copy;
}

/** What becomes of the next apply: `after` has taken effect when its answer is lost, `before` has not; `late` does after the next read. */
export type Fate = 'answered' | 'lost-after' | 'lost-before' | 'late' | 'overtaken' | { readonly stderr: string };

const CONFLICT =
  'error: Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply again';

/** Objects of any kind behind an API server, as far as `get -f -`, `apply --server-side` and `patch` show them. */
export class AnyServer {
  readonly objects = new Map<string, Anything>();
  /** Every call: its verb, whether it is a dry run or forced, and how many objects it is about. */
  readonly calls: string[] = [];
  readonly fates: Fate[] = [];
  /** Who alone has set the fields of an object, by its key: an apply of ours makes them ours. */
  readonly managers = new Map<string, string>();
  /** What stands against an object, unless it is forced, by its key. */
  readonly against = new Map<string, string>();
  #version = 1;
  /** Given up by their sender, and still on their way. */
  #late: (readonly Anything[])[] = [];

  constructor(objects: readonly Anything[] = []) {
    for (const each of objects) this.store(each);
  }

  store(object: Anything): Anything {
    const { resourceVersion: _, ...metadata } = object.metadata;
    const stored = {
      ...object,
      metadata: { uid: `uid-${metadata.name}`, ...metadata, resourceVersion: String(this.#version++) },
    };
    this.objects.set(keyOf(object), stored as Anything);
    return stored as Anything;
  }

  get(key: string): Anything {
    const found = this.objects.get(key);
    if (!found) throw new Error(`there is no ${key}`);
    return found;
  }

  readonly handler: Handler = (argv, stdin = '{}'): Answer => {
    const [, verb = ''] = argv;
    const isDryRun = argv.includes('--dry-run=server');
    const isForced = argv.includes('--force-conflicts');
    const given = argv.find((word) => word.startsWith('--patch='))?.slice('--patch='.length);
    const input = JSON.parse(given ?? stdin) as { items?: Anything[] } & Operation[];
    const items = input.items ?? [];
    this.calls.push([verb, ...(isDryRun ? ['dry'] : []), ...(isForced ? ['forced'] : []), items.length].join(' '));
    if (verb === 'get') {
      const found = items.flatMap((each) => this.objects.get(keyOf(each)) ?? []).map((each) => this.#managed(each));
      for (const late of this.#late.splice(0)) this.#apply(late, { isDryRun: false, isForced });
      return printed(found);
    }
    if (verb === 'patch') return this.#patch(argv[2] ?? '', input);
    return this.#apply(items, { isDryRun, isForced });
  };

  /** An object with who has set its fields, where that is of interest. */
  #managed(object: Anything, manager = this.managers.get(keyOf(object))): Anything {
    if (!this.managers.has(keyOf(object)) || manager === undefined) return object;
    return { ...object, metadata: { ...object.metadata, managedFields: [{ manager }] } };
  }

  #apply(items: readonly Anything[], { isDryRun, isForced }: { isDryRun: boolean; isForced: boolean }): Answer {
    const refused = items.map((each) => this.against.get(keyOf(each))).find((each) => each !== undefined);
    if (refused !== undefined && !isForced) return { code: 1, stderr: refused };
    const fate = isDryRun ? undefined : this.fates.shift();
    if (typeof fate === 'object') return { code: 1, stderr: fate.stderr };
    if (fate === 'late') this.#late.push(items);
    if (fate === 'lost-before' || fate === 'late') return 'lost';
    if (fate === 'overtaken') for (const each of items) this.store({ ...this.get(keyOf(each)), theirs: true });
    const stale = items.some(({ metadata, ...rest }) => {
      const present = this.objects.get(keyOf({ metadata, ...rest } as Anything));
      return (
        metadata.resourceVersion !== undefined &&
        present &&
        present.metadata.resourceVersion !== metadata.resourceVersion
      );
    });
    if (stale) return { code: 1, stderr: CONFLICT };
    const made = items.map((each) => {
      const whole = {
        ...this.objects.get(keyOf(each)),
        ...each,
        metadata: { ...this.objects.get(keyOf(each))?.metadata, ...each.metadata },
      };
      return this.#managed(isDryRun ? whole : this.store(whole), 'deploy-action-manifests');
    });
    return fate === 'lost-after' ? 'lost' : printed(made);
  }

  #patch(resource: string, patch: readonly Operation[]): Answer {
    const fate = this.fates.shift();
    if (typeof fate === 'object') return { code: 1, stderr: fate.stderr };
    const [kind = '', name = ''] = resource.split('/');
    const key = `${kind.split('.')[0]?.toLowerCase()}/${name}`;
    const present = this.get(key);
    if (patch[0]?.value !== present.metadata.resourceVersion)
      return { code: 1, stderr: `Error from server (Conflict): ${CONFLICT}` };
    return printed([this.store(patched(present, patch))]);
  }
}

function printed(objects: readonly Anything[]): Answer {
  if (objects.length === 0) return { stdout: '' };
  return {
    stdout: JSON.stringify(objects.length === 1 ? objects[0] : { apiVersion: 'v1', kind: 'List', items: objects }),
  };
}
