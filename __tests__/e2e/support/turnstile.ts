import { type Proxy as Front, pass, startProxy } from '../../../testbed/registry-proxy';

/** A registry in which whoever has pushed a tag learns what it stands for only once others have pushed it too. */
export interface Turnstile extends Front {
  /**
   * From now on nobody who has pushed this tag reads it before it was pushed so many times. `first`: what the one calls itself
   * that all others let push first.
   */
  hold: (tag: string, pushes: number, first?: RegExp) => void;
}

/** How long who comes alone is held. */
const LONGEST_MS = 10_000;

export async function startTurnstile(upstream: string): Promise<Turnstile> {
  const tags = new Map<string, Tag>();
  const front = await startProxy(upstream, (request, answer, ask) => {
    const tag = tags.get(/\/manifests\/([^/]+)$/.exec(request.url ?? '')?.[1] ?? '');
    const forward = () => pass(request, answer, ask());
    if (!tag) return forward();
    const client = request.headers['user-agent'] ?? '';
    if (request.method !== 'PUT') return tag.pushers.has(client) ? tag.all.through(forward) : forward();
    answer.on('finish', () => {
      tag.pushers.add(client);
      tag.first.open();
      if (--tag.left === 0) tag.all.open();
    });
    return tag.goesFirst(client) ? forward() : tag.first.through(forward);
  });
  return {
    ...front,
    hold: (tag, left, first) =>
      tags.set(tag, {
        left,
        pushers: new Set(),
        ...{ first: new Gate(), all: new Gate() },
        goesFirst: (client) => !first || first.test(client),
      }),
  };
}

/** A registry in which the engine's first push ends only once the engine has built something else under that tag. */
export interface Overtaking extends Front {
  /** Once the manifest of the first push is here. */
  readonly arrived: Promise<void>;
}

/** How long a push that has ended gets to look at its image. */
const LOOK_MS = 2_000;

export async function startOvertaking(upstream: string): Promise<Overtaking> {
  let arrive = () => {};
  const arrived = new Promise<void>((done) => {
    arrive = done;
  });
  const [built, looked] = [new Gate(), new Gate()];
  let isPushed = false;
  const front = await startProxy(upstream, (request, answer, ask) => {
    const forward = () => pass(request, answer, ask());
    const { method, url = '' } = request;
    if (!request.headers['user-agent']?.startsWith('docker/')) return forward();
    if (!isPushed && method === 'PUT' && url.includes('/manifests/')) {
      isPushed = true;
      arrive();
      answer.on('finish', () => setTimeout(() => looked.open(), LOOK_MS));
      return built.through(forward);
    }
    if (!isPushed || !url.includes('/blobs/')) return forward();
    // What pushes now is the other run: its image bears the tag already.
    built.open();
    return looked.through(forward);
  });
  return { ...front, arrived };
}

interface Tag {
  left: number;
  readonly pushers: Set<string>;
  readonly first: Gate;
  readonly all: Gate;
  readonly goesFirst: (client: string) => boolean;
}

class Gate {
  #isOpen = false;
  readonly #waiting = new Set<() => void>();

  through(go: () => void): void {
    if (this.#isOpen) {
      go();
      return;
    }
    // Whoever was let through for the time is not let through once more.
    const waiting = () => {
      clearTimeout(timer);
      this.#waiting.delete(waiting);
      go();
    };
    const timer = setTimeout(waiting, LONGEST_MS);
    this.#waiting.add(waiting);
  }

  open(): void {
    this.#isOpen = true;
    for (const go of this.#waiting) go();
  }
}
