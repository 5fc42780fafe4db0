import type { Config } from '../inputs/config';
import type { Clock } from '../system/clock';
import { detailOf, hasSucceeded, type Processes } from '../system/process';
import { Failure, line, problem } from '../words/words';
import type { Built } from './build';
import { manifestArgv } from './buildx';
import { proveDigest } from './metadata';
import type { PinnedImage } from './reference';
import { type Fetch, readManifest } from './registry';

export interface ProveTools {
  readonly processes: Processes;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly fetch: Fetch;
  readonly note: (text: string) => void;
  /** Pushes the same image once more. */
  readonly pushAgain: () => Promise<Built>;
}

/** An image of which the registry was seen to have what was built. */
export interface ProvedImage extends PinnedImage {
  /** The manifest, byte by byte; missing where the image was there before. */
  readonly manifest?: string;
}

const PUSH_TRIES = 3;
/** A registry may need a moment to show what it has just taken. */
const READ_PAUSES_MS = [1_000, 3_000, 10_000];
/** buildx itself waits for ever for a registry that takes the question and says nothing. */
const READ_MS = 20_000;

/**
 * Reads the manifest back by its digest and compares it with the build. Where another run has pushed the tag meanwhile,
 * the digest that docker gave may be that one's: then this run pushes again. Throws a `Failure` where the image stays another.
 */
export async function provePushed(config: Config, built: Built, tools: ProveTools): Promise<ProvedImage> {
  const { repository, references } = config.image;
  const [{ tag }] = references;
  let pushed = built;
  for (let tries = 1; ; tries++) {
    const image = { repository, tag, digest: pushed.digest };
    if (pushed.isExisting) return image;
    // The engine's tag was another run's image by then, of which it had no manifest: buildx gives the configuration's digest for it.
    const isConfig = pushed.digest === pushed.configDigest;
    const manifest = isConfig ? '' : await readBack(config, pushed, tools);
    const proof = isConfig ? 'other-config' : proveDigest(pushed, manifest);
    if (proof === 'proved') return { ...image, manifest };
    if (proof !== 'other-config' || tries === PUSH_TRIES)
      throw new Failure(problem('build.unproved', { digest: pushed.digest, tag }));
    tools.note(line('log.overtaken', { tag }));
    pushed = await tools.pushAgain();
  }
}

/** Asks the registry itself, which is quicker; where that gives no manifest, docker asks: it may know more of proxies and logins. */
async function readBack({ image }: Config, built: Built, tools: ProveTools): Promise<string> {
  const { digest, login } = built;
  const { processes, signal, clock, fetch } = tools;
  const manifest = await readManifest({ ...image, digest }, image.credentials, fetch, signal);
  if (manifest !== undefined && proveDigest(built, manifest) !== 'other-content') return manifest;
  for (const pauses = READ_PAUSES_MS.values(); ; ) {
    const result = await processes.run(manifestArgv(image.repository, digest), {
      environment: login,
      signal: AbortSignal.any([signal, AbortSignal.timeout(READ_MS)]),
    });
    if (hasSucceeded(result)) return result.stdout;
    if (signal.aborted) throw new Failure(problem('run.cancelled', {}));
    const { value: ms, done } = pauses.next();
    if (done) throw new Failure(problem('build.unreadable', { digest, detail: detailOf(result) }));
    await clock.sleep(ms, signal);
  }
}
