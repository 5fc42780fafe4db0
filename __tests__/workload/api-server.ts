import type { Workload } from '../../src/kubectl/objects';
import type { Operation } from '../../src/workload/patch';
import type { Answer, Handler } from '../fakes/transport';
import { applyPatch, PatchMisfit } from './json-patch';

/** What becomes of one patch: `lost` is an answer that never arrives, and `late` a patch that takes effect after the next read. */
export type Fate =
  | 'answered'
  | 'applied-and-lost'
  | 'dropped-and-lost'
  | 'late'
  | 'killed-after'
  | 'garbled'
  | 'timeout'
  | 'overtaken'
  | { readonly stderr: string };

/** One workload behind an API server with optimistic locking, as kubectl on the host shows it. */
export class ApiServer {
  object: Workload;
  /** Images of the template, one for each patch that changed anything. */
  readonly applied: Workload[] = [];
  patches = 0;
  reads = 0;
  /** Whether reads are answered. */
  isReadable = true;
  readonly #fates: Fate[];
  /** Patches that were given up by their sender and are still on their way. */
  #late: Operation[][] = [];

  constructor(object: Workload, fates: Fate[] = []) {
    this.object = object;
    this.#fates = [...fates];
  }

  readonly handler: Handler = (argv): Answer => {
    if (argv.includes('--raw')) return this.#read();
    const patch = argv.find((word) => word.startsWith('--patch='))?.slice('--patch='.length) ?? '[]';
    return this.#patch(JSON.parse(patch) as Operation[]);
  };

  /** Somebody else writes. */
  touch(change: (draft: Workload) => void = () => {}): void {
    const draft = structuredClone(this.object);
    change(draft);
    this.#store(draft);
  }

  #read(): Answer {
    this.reads++;
    if (!this.isReadable) return 'lost';
    const answer = { stdout: JSON.stringify(this.object) };
    for (const patch of this.#late.splice(0)) this.#apply(patch);
    return answer;
  }

  #patch(patch: Operation[]): Answer {
    this.patches++;
    const fate = this.#fates.shift() ?? 'answered';
    if (typeof fate === 'object') return { code: 1, stderr: fate.stderr };
    switch (fate) {
      case 'answered':
        return this.#apply(patch);
      case 'overtaken':
        this.touch();
        return this.#apply(patch);
      case 'applied-and-lost':
        this.#apply(patch);
        return 'lost';
      case 'dropped-and-lost':
        return 'lost';
      case 'late':
        this.#late.push(patch);
        return 'lost';
      case 'killed-after':
        this.#apply(patch);
        return { signal: 'SIGKILL' };
      case 'garbled':
        this.#apply(patch);
        return { stdout: 'motd: welcome' };
      case 'timeout':
        this.#apply(patch);
        return { code: 1, stderr: 'Error from server (Timeout): it may still be processing the request' };
      default:
        return fate satisfies never;
    }
  }

  #apply(patch: Operation[]): Answer {
    const wanted = patch.find(({ path }) => path === '/metadata/resourceVersion')?.value;
    if (wanted !== this.object.metadata?.resourceVersion) {
      return { code: 1, stderr: 'Error from server (Conflict): the object has been modified' };
    }
    try {
      this.#store(applyPatch(this.object, patch));
    } catch (error) {
      if (!(error instanceof PatchMisfit)) throw error;
      return {
        code: 1,
        stderr: 'The request is invalid: the server rejected our request due to an error in our request',
      };
    }
    this.applied.push(this.object);
    return { stdout: JSON.stringify(this.object) };
  }

  #store(next: Workload): void {
    const resourceVersion = String(Number(this.object.metadata?.resourceVersion) + 1);
    const isNew = JSON.stringify(next.spec) !== JSON.stringify(this.object.spec);
    const generation = (this.object.metadata?.generation ?? 0) + (isNew ? 1 : 0);
    this.object = { ...next, metadata: { ...next.metadata, resourceVersion, generation } };
  }
}
