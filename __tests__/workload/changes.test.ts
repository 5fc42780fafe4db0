import fc from 'fast-check';
import { PLACEHOLDER_DIGEST, printReference } from '../../src/image/reference';
import { Cluster, KubectlError } from '../../src/kubectl/client';
import { problemsOf } from '../../src/kubectl/explain';
import { canonical, type Deployment } from '../../src/kubectl/objects';
import type { Clock } from '../../src/system/clock';
import { annotations } from '../../src/workload/annotations';
import { type ImageChange, restoreImage, writeImage } from '../../src/workload/changes';
import { type HistoryEntry, parseHistory, printHistory } from '../../src/workload/history';
import { holderOf, writerOf } from '../../src/workload/hold';
import { knownGood } from '../../src/workload/plan-change';
import { recordOutcome } from '../../src/workload/record';
import { FakeTransport } from '../fakes/transport';
import { configOf, RUN } from '../inputs/sample';
import { ApiServer, type Fate } from './api-server';
import { deployment, OLD_IMAGE } from './deployment';

const AT = '2025-11-23T04:00:00.000Z';
const CONFIG = configOf({ image: 'caringnote/caring-note-api', tags: 'new' });
const IMAGE = { ...CONFIG.image.references[0], digest: PLACEHOLDER_DIGEST };
const TO = printReference(IMAGE);

async function putImage(...of: Parameters<typeof writeImage>) {
  const written = await writeImage(...of);
  if (!written) throw new Error('nothing was written');
  return written;
}

/** A writer before an API server that treats its patches so. */
function writer(fates: Fate[] = [], object: Deployment = deployment()) {
  const server = new ApiServer(object, fates);
  const slept: number[] = [];
  const clock: Clock = {
    now: () => slept.reduce((sum, ms) => sum + ms, 0),
    today: () => new Date(AT),
    sleep: async (ms) => void slept.push(ms),
  };
  const cluster = new Cluster(new FakeTransport(server.handler), ['kubectl']);
  const writing = { config: CONFIG, cluster, clock };
  const change: ImageChange = {
    workload: structuredClone(object),
    container: { index: 0, name: 'caring-note-api', image: OLD_IMAGE, hasReadinessProbe: false },
    soak: { set: 30, before: 0 },
    version: { image: TO },
    commit: RUN.sha,
  };
  return {
    server,
    slept,
    writing,
    change,
    write: async () => (await putImage(writing, change)).workload,
    writeAll: () => putImage(writing, change),
  };
}

const imageOf = (workload: Deployment) => workload.spec?.template.spec?.containers[0]?.image;
const historyOf = (workload: Deployment) => parseHistory(workload.metadata?.annotations?.[annotations.history]);
const thrownBy = async (work: Promise<unknown>) => {
  const ended = await work.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  if (!ended) throw new Error('it did not fail');
  return ended.error;
};
const codesOf = async (work: Promise<unknown>) => problemsOf(await thrownBy(work)).map(({ code }) => code);

const NAME = 'caring-note-api';
const found: HistoryEntry = { image: OLD_IMAGE, run: '', at: AT, outcome: 'found', container: NAME, revision: '3' };
const open: HistoryEntry = { id: RUN.id, image: TO, run: RUN.url, at: AT, outcome: 'open', container: NAME };

describe('writing the image', () => {
  it('puts image, guard and records into the workload, and gives it as it is then', async () => {
    const { server, write } = writer();
    const workload = await write();
    expect(workload).toEqual(server.object);
    expect(imageOf(workload)).toBe(TO);
    expect(workload.spec?.minReadySeconds).toBe(30);
    expect(workload.metadata?.annotations).toMatchObject({
      [annotations.changeCause]: `${TO} (commit ${RUN.sha.slice(0, 12)}) by ${RUN.url}`,
      [annotations.deployId]: RUN.id,
      [annotations.run]: RUN.url,
      [annotations.commit]: RUN.sha,
      'example.org/kept~as': 'it is',
    });
    expect([server.patches, server.reads]).toEqual([1, 0]);
  });

  const history = (...entries: HistoryEntry[]) =>
    deployment(({ metadata }) =>
      Object.assign(metadata.annotations ?? {}, { [annotations.history]: printHistory(entries) }),
    );
  const good: HistoryEntry = { ...found, outcome: 'deployed', id: 'before', run: 'https://before' };
  it.each<[string, boolean, Deployment, HistoryEntry[]]>([
    ['what was found serving, the first time', true, deployment(), [found, open]],
    ['nothing found, where it was not complete', false, deployment(), [open]],
    ['nothing twice', true, history(good), [good, open]],
    [
      'what somebody put there by hand since',
      true,
      history({ ...good, image: 'a/b:c' }),
      [{ ...good, image: 'a/b:c' }, found, open],
    ],
    [
      'it as if for the first time, where the history was spoilt',
      true,
      deployment(({ metadata }) => Object.assign(metadata.annotations ?? {}, { [annotations.history]: 'junk' })),
      [found, open],
    ],
  ])('records %s', async (_, isComplete, object, expected) => {
    if (!isComplete) Object.assign(object.status ?? {}, { availableReplicas: 0 });
    expect(historyOf(await writer([], object).write())).toEqual(expected);
  });

  it('goes back to what was replaced, where that served', async () => {
    expect(await writer().writeAll()).toMatchObject({ replaced: { image: OLD_IMAGE }, lastGood: { image: OLD_IMAGE } });
  });

  it('goes back to the last good one of the history, where what was replaced did not serve', async () => {
    const object = history({ ...good, image: 'a/good:1' }, { ...good, image: OLD_IMAGE, outcome: 'failed' });
    Object.assign(object.status, { availableReplicas: 0 });
    expect(await writer([], object).writeAll()).toMatchObject({
      replaced: { image: OLD_IMAGE },
      lastGood: { image: 'a/good:1' },
    });
  });

  it('goes back to nothing, where nothing is known to have served', async () => {
    const object = deployment(({ status }) => Object.assign(status, { availableReplicas: 0 }));
    expect(await writer([], object).writeAll()).not.toHaveProperty('lastGood');
  });

  it('takes what somebody else put there in between for what it replaced', async () => {
    const { server, writeAll } = writer(['overtaken']);
    server.touch(({ spec, status }) => {
      Object.assign(spec?.template.spec?.containers[0] ?? {}, { image: 'a/theirs:1' });
      Object.assign(status ?? {}, { observedGeneration: 4 });
    });
    const written = await writeAll();
    expect(written).toMatchObject({ replaced: { image: 'a/theirs:1' }, lastGood: { image: 'a/theirs:1' } });
    expect(historyOf(written.workload)).toEqual([{ ...found, image: 'a/theirs:1' }, open]);
  });

  it('goes back to nothing of another container', async () => {
    const object = history(good, { ...good, id: 'proxy', image: 'envoyproxy/envoy:v2', container: 'proxy' });
    Object.assign(object.status, { availableReplicas: 0 });
    expect((await writer([], object).writeAll()).lastGood?.image).toBe(OLD_IMAGE);
    const { writing, change } = writer([], object);
    const proxy = { index: 1, name: 'proxy', image: 'envoyproxy/envoy:v1.30', hasReadinessProbe: false };
    expect((await putImage(writing, { ...change, container: proxy })).lastGood?.image).toBe('envoyproxy/envoy:v2');
  });

  describe('what ran by a tag that this run has pushed', () => {
    const image = 'caringnote/caring-note-api:new';
    const pinned = `${image}@sha256:${'7'.repeat(64)}`;
    const byTag = () => deployment(({ spec }) => Object.assign(spec.template.spec?.containers[0] ?? {}, { image }));
    const ran = { image, pinned };

    it('is kept by its digest: the tag means another image now', async () => {
      const { writing, change } = writer([], byTag());
      const written = await putImage(writing, { ...change, container: { ...change.container, image }, ran });
      expect(written).toMatchObject({ replaced: { image }, lastGood: { image: pinned } });
      expect(historyOf(written.workload)).toEqual([{ ...found, image: pinned }, open]);
    });

    it('is not taken for what somebody else put there in between', async () => {
      const { server, writing, change } = writer(['overtaken'], byTag());
      server.touch(({ spec, metadata, status }) => {
        Object.assign(spec?.template.spec?.containers[0] ?? {}, { image: 'a/theirs:1' });
        Object.assign(status ?? {}, { observedGeneration: (metadata?.generation ?? 0) + 1 });
      });
      const written = await putImage(writing, { ...change, container: { ...change.container, image }, ran });
      expect(written).toMatchObject({ replaced: { image: 'a/theirs:1' }, lastGood: { image: 'a/theirs:1' } });
    });

    it('is found no second time where the history knows it already', async () => {
      const object = history({ ...good, image: pinned });
      object.spec.template = byTag().spec.template;
      const { writing, change } = writer([], object);
      const written = await putImage(writing, { ...change, container: { ...change.container, image }, ran });
      expect(historyOf(written.workload)).toEqual([{ ...good, image: pinned }, open]);
    });
  });

  it.each<[string, Fate[], { patches: number; reads: number }]>([
    ['when others write in between', ['overtaken', 'overtaken', 'overtaken'], { patches: 4, reads: 3 }],
    ['when its answer is lost', ['applied-and-lost'], { patches: 1, reads: 1 }],
    ['when it is lost itself', ['dropped-and-lost'], { patches: 2, reads: 1 }],
    ['when it arrives after it was given up', ['late'], { patches: 2, reads: 2 }],
    ['when kubectl is killed after it', ['killed-after'], { patches: 1, reads: 1 }],
    ['when its answer cannot be read', ['garbled'], { patches: 1, reads: 1 }],
    ['when the API server says that it may still be at it', ['timeout'], { patches: 1, reads: 1 }],
    [
      'when the API server is away for a moment',
      [{ stderr: 'Unable to connect to the server: EOF' }],
      { patches: 2, reads: 1 },
    ],
    [
      'after all of this',
      ['overtaken', 'dropped-and-lost', 'overtaken', 'dropped-and-lost', 'applied-and-lost'],
      { patches: 5, reads: 5 },
    ],
    [
      'at the last try',
      ['overtaken', 'overtaken', 'overtaken', 'overtaken', 'overtaken', 'applied-and-lost'],
      { patches: 6, reads: 6 },
    ],
  ])('takes effect exactly once %s', async (_, fates, { patches, reads }) => {
    const { server, write } = writer(fates);
    const workload = await write();
    expect(imageOf(workload)).toBe(TO);
    expect(historyOf(workload)).toEqual([found, open]);
    expect(server.applied).toHaveLength(1);
    expect([server.patches, server.reads]).toEqual([patches, reads]);
  });

  it('keeps what others wrote in between', async () => {
    const { server, write } = writer(['dropped-and-lost']);
    server.touch(({ spec, metadata }) => {
      if (spec) spec.replicas = 4;
      Object.assign(metadata?.annotations ?? {}, { theirs: 'new' });
    });
    const workload = await write();
    expect(workload.spec?.replicas).toBe(4);
    expect(workload.metadata?.annotations).toMatchObject({ theirs: 'new' });
  });

  it('waits a little longer before each further try', async () => {
    const { slept, write } = writer(['overtaken', 'overtaken', 'overtaken']);
    await write();
    expect(slept).toEqual([200, 400, 600]);
  });

  const six = <T>(fate: T) => Array.from({ length: 6 }, () => fate);
  it.each<[string, string, Fate[]]>([
    ['workload.contended', 'others write each time', six<Fate>('overtaken')],
    ['workload.write-unknown', 'it is lost each time', six<Fate>('dropped-and-lost')],
    ['workload.write-unknown', 'kubectl fails without a clear word', six<Fate>({ stderr: 'Killed' })],
    ['workload.write-unknown', 'it is lost at the last try', [...six<Fate>('overtaken').slice(1), 'dropped-and-lost']],
  ])('gives up after six tries, with %s, where %s', async (code, _, fates) => {
    const { server, write } = writer([...fates, 'answered']);
    expect(await codesOf(write())).toEqual([code]);
    expect([server.patches, server.applied.length]).toEqual([6, 0]);
  });

  it('does not know, and does not write again, where the workload cannot be read back for half a minute', async () => {
    const { server, slept, write } = writer(['applied-and-lost']);
    server.isReadable = false;
    expect(await codesOf(write())).toEqual(['workload.write-unknown']);
    expect(server.patches).toBe(1);
    expect(slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(20_000);
  });

  it.each([
    'Error from server: admission webhook "x" denied the request: no',
    `The deployments "web" is invalid: : ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no`,
    'Error from server (Forbidden): deployments.apps "web" is forbidden: exceeded quota: q',
    'The Deployment "web" is invalid: spec.x: Required value',
  ])('is refused once and for all by %s', async (stderr) => {
    const { server, write } = writer([{ stderr }]);
    expect(await codesOf(write())).toEqual(['workload.rejected']);
    expect([server.patches, server.reads]).toEqual([1, 0]);
  });

  it('is refused where the container has moved meanwhile, rather than written into another', async () => {
    const { server, write } = writer(['overtaken']);
    server.touch(({ spec }) => void spec?.template.spec?.containers.reverse());
    expect(await codesOf(write())).toEqual(['workload.rejected']);
    expect(server.applied).toEqual([]);
  });

  it.each([
    [
      'Forbidden',
      'Error from server (Forbidden): deployments.apps "x" is forbidden: User "d" cannot patch resource "deployments"',
    ],
    ['NotFound', 'Error from server (NotFound): deployments.apps "x" not found'],
    ['Unauthorized', 'error: You must be logged in to the server (Unauthorized)'],
  ])('ends at once with %s', async (reason, stderr) => {
    const { server, write } = writer([{ stderr }]);
    const error = await thrownBy(write());
    expect(error).toBeInstanceOf(KubectlError);
    expect(error).toMatchObject({ reason });
    expect(server.patches).toBe(1);
  });

  const fate = fc.constantFrom<Fate>(
    'answered',
    'applied-and-lost',
    'dropped-and-lost',
    'late',
    'killed-after',
    'garbled',
    'timeout',
    'overtaken',
    { stderr: 'Error from server (ServiceUnavailable): x' },
    { stderr: 'Error from server (Conflict): x' },
  );

  it('never takes effect twice, and is never called done when it is not, whatever goes wrong', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { maxLength: 8 }), async (fates) => {
        const { server, write } = writer(fates);
        const ended = await write().then(
          (workload) => workload,
          (error: unknown) => problemsOf(error).map(({ code }) => code),
        );
        expect(server.applied.length).toBeLessThanOrEqual(1);
        if (!Array.isArray(ended)) {
          expect(ended.metadata?.annotations?.[annotations.deployId]).toBe(RUN.id);
          expect(imageOf(server.object)).toBe(TO);
        } else if (ended[0] === 'workload.contended') {
          expect(imageOf(server.object)).toBe(OLD_IMAGE);
        } else {
          expect(ended).toEqual(['workload.write-unknown']);
        }
      }),
    );
  });
});

describe('recording how the run ended', () => {
  /** A workload that this run has written. */
  const written = async () => {
    const { write } = writer();
    const workload = await write();
    return {
      ...workload,
      metadata: {
        ...workload.metadata,
        annotations: { ...workload.metadata?.annotations, [annotations.revision]: '4' },
      },
    };
  };
  const ending = { outcome: 'deployed', container: NAME, version: { image: TO }, isSoakOver: false, writer: RUN.id };
  const recordWith = async (fates: Fate[], change: (draft: Deployment) => void = () => {}) => {
    const known = await written();
    const { server, writing } = writer(fates, known);
    if (fates.includes('overtaken')) server.touch(change);
    const why = await recordOutcome(writing, known, ending);
    return { why, server, known };
  };
  const done = { ...open, outcome: 'deployed', revision: '4' };

  it.each<[string, Fate[]]>([
    ['at once', []],
    ['after conflicts', ['overtaken', 'overtaken']],
    ['when the answer is lost', ['applied-and-lost']],
    ['when it is lost itself', ['dropped-and-lost']],
    ['when it arrives late', ['late']],
  ])('writes the outcome and the revision %s, and leaves the template alone', async (_, fates) => {
    const { why, server, known } = await recordWith(fates);
    expect(why).toBeUndefined();
    expect(historyOf(server.object)).toEqual([found, done]);
    expect(server.object.spec).toEqual(known.spec);
    expect(server.applied).toHaveLength(1);
  });

  it.each<[string, (draft: Deployment) => void]>([
    [
      'another run has written since',
      ({ metadata }) => Object.assign(metadata?.annotations ?? {}, { [annotations.deployId]: 'other' }),
    ],
    [
      'our annotations are gone',
      ({ metadata }) => {
        delete metadata?.annotations;
      },
    ],
  ])('writes nothing where %s', async (_, change) => {
    const { why, server } = await recordWith(['overtaken'], change);
    expect(why).toBeUndefined();
    expect(server.applied).toEqual([]);
  });

  it('only lets the workload go where the history no longer has this run', async () => {
    const { why, server } = await recordWith(['overtaken'], ({ metadata }) =>
      Object.assign(metadata?.annotations ?? {}, { [annotations.history]: '[]' }),
    );
    expect([why, historyOf(server.object), holderOf(server.object)]).toEqual([undefined, [], undefined]);
  });

  it.each<[string, Fate]>([
    ['the object has been modified', 'overtaken'],
    ['read ECONNRESET', 'dropped-and-lost'],
    [
      'cannot patch',
      { stderr: 'Error from server (Forbidden): deployments.apps "x" is forbidden: User "d" cannot patch it' },
    ],
  ])('says why it could not: %s', async (why, fate) => {
    const { why: said } = await recordWith(Array.from({ length: 9 }, () => fate));
    expect(said).toMatch(why === 'the object has been modified' ? /changed again and again/ : why);
  });

  describe('of an image that was there already', () => {
    /** Another run has deployed it. */
    const known = (...entries: HistoryEntry[]) =>
      deployment(({ metadata }) =>
        Object.assign(metadata.annotations ?? {}, {
          [annotations.deployId]: 'before',
          [annotations.history]: printHistory(entries),
        }),
      );
    const before: HistoryEntry = { ...found, id: 'before', outcome: 'deployed' };
    const seen: HistoryEntry = { ...found, id: RUN.id, run: RUN.url };
    const recordSeen = async (outcome: string, object: Deployment, change?: (draft: Deployment) => void) => {
      const { server, writing } = writer(change ? ['overtaken'] : [], object);
      if (change) server.touch(change);
      await recordOutcome(writing, object, {
        ...ending,
        outcome,
        version: { image: OLD_IMAGE },
        writer: writerOf(object),
      });
      return historyOf(server.object);
    };

    it('writes that it failed, so that it is not taken for good later', async () => {
      expect(await recordSeen('failed', known(before))).toEqual([before, { ...seen, outcome: 'failed' }]);
    });

    it('writes that it serves after all, where it had failed', async () => {
      const failed = { ...before, outcome: 'failed' };
      expect(await recordSeen('unchanged', known(failed))).toEqual([failed, { ...seen, outcome: 'unchanged' }]);
    });

    it.each(['unchanged', 'unknown'])('writes nothing where it is %s, which is no news', async (outcome) => {
      expect(await recordSeen(outcome, known(before))).toEqual([before]);
    });

    it('writes nothing where somebody has changed the template meanwhile', async () => {
      const history = await recordSeen('failed', known(before), ({ spec }) =>
        Object.assign(spec?.template.spec?.containers[0] ?? {}, { image: 'a/theirs:1' }),
      );
      expect(history).toEqual([before]);
    });
  });
});

describe('a manifest that renames the container which is judged', () => {
  const renaming = async (change?: (draft: Required<Deployment>) => void) => {
    const { writing, change: given } = writer([], deployment(change));
    const container = { ...given.container, name: 'renamed', image: '' };
    const apply = async (workload: Deployment) => workload;
    return putImage(writing, { ...given, container, apply });
  };

  it('goes back to the template of before where all of that served', async () =>
    expect((await renaming()).lastGood).toEqual({ image: '' }));

  it.each<[string, (draft: Required<Deployment>) => void]>([
    ['was not complete', ({ status }) => Object.assign(status, { availableReplicas: 0 })],
    [
      'was found bad',
      ({ metadata }) =>
        Object.assign(metadata.annotations ?? {}, {
          [annotations.history]: printHistory([{ ...found, outcome: 'failed' }]),
        }),
    ],
  ])('has nothing to go back to where that %s', async (_, change) =>
    expect((await renaming(change)).lastGood).toBeUndefined(),
  );
});

describe('putting an image back', () => {
  /** A workload with our new image on it, as this run left it: its owner had 5 s of minReadySeconds. */
  const failing = async (): Promise<Deployment> => {
    const { write, server } = writer(
      [],
      deployment(({ spec }) => Object.assign(spec, { minReadySeconds: 5 })),
    );
    await write();
    server.touch(({ metadata, spec }) => {
      Object.assign(metadata?.annotations ?? {}, {
        [annotations.revision]: '4',
        [annotations.minReadySeconds]: '{"before":5,"set":30}',
      });
      Object.assign(spec ?? {}, { minReadySeconds: 30 });
    });
    return server.object;
  };
  const restoreWith = async (fates: Fate[], known: Deployment, change?: (draft: Deployment) => void) => {
    const { server, slept, writing } = writer(fates, known);
    if (change) server.touch(change);
    const restoring = {
      workload: known,
      template: canonical(known.spec?.template),
      container: { index: 0, name: 'caring-note-api' },
      version: { image: OLD_IMAGE },
      writer: writerOf(known),
    };
    return { server, slept, writing, known, restore: () => restoreImage(writing, restoring) };
  };
  const failed = { ...open, outcome: 'failed', revision: '4' };

  it.each<[string, Fate[], { patches: number; reads: number }]>([
    ['at once', [], { patches: 1, reads: 0 }],
    ['after conflicts', ['overtaken', 'overtaken'], { patches: 3, reads: 2 }],
    ['when its answer is lost', ['applied-and-lost'], { patches: 1, reads: 1 }],
    ['when it is lost itself', ['dropped-and-lost'], { patches: 2, reads: 1 }],
    ['when it arrives late', ['late'], { patches: 2, reads: 2 }],
    ['when its answer cannot be read', ['garbled'], { patches: 1, reads: 1 }],
    ['when the API server may still be at it', ['timeout'], { patches: 1, reads: 1 }],
  ])(
    'brings the image back once, and keeps the soak: the version before has to stay up too: %s',
    async (_, fates, { patches, reads }) => {
      const { server, restore } = await restoreWith(fates, await failing());
      const workload = await restore();
      expect(workload).toEqual(server.object);
      expect(imageOf(server.object)).toBe(OLD_IMAGE);
      expect(server.object.spec?.minReadySeconds).toBe(30);
      expect(server.object.metadata?.annotations?.[annotations.minReadySeconds]).toBe('{"before":5,"set":30}');
      expect(server.applied).toHaveLength(1);
      expect([server.patches, server.reads]).toEqual([patches, reads]);
    },
  );

  it('writes down what failed, so that nothing takes it for good or under way', async () => {
    const { server, restore } = await restoreWith([], await failing());
    await restore();
    expect(historyOf(server.object)).toEqual([found, failed]);
    expect(server.object.metadata?.annotations).toMatchObject({
      [annotations.changeCause]: `back to ${OLD_IMAGE} by ${RUN.url}`,
      [annotations.deployId]: RUN.id,
      'example.org/kept~as': 'it is',
    });
  });

  it('writes it down also where this run changed nothing and found it bad', async () => {
    const { server, restore } = await restoreWith(
      [],
      deployment(({ spec }) => Object.assign(spec.template.spec?.containers[0] ?? {}, { image: 'a/bad:1' })),
    );
    await restore();
    expect(historyOf(server.object)).toEqual([
      { id: RUN.id, image: 'a/bad:1', run: RUN.url, at: AT, outcome: 'failed', container: NAME, revision: '3' },
    ]);
    expect(server.object.spec?.minReadySeconds ?? 0).toBe(0);
  });

  describe("gives the owner's minReadySeconds back with the outcome", () => {
    const ending = {
      outcome: 'failed-rolled-back',
      container: NAME,
      version: { image: TO },
      isSoakOver: true,
      writer: RUN.id,
    };
    /** A workload that has been put back, and a server that treats further patches so. */
    const back = async (fates: Fate[] = []) => {
      const { restore } = await restoreWith([], await failing());
      const known = (await restore()) as Deployment;
      return { known, ...writer(fates, known) };
    };

    it.each<[string, Fate[]]>([
      ['at once', []],
      ['after conflicts', ['overtaken', 'overtaken']],
      ['when the answer is lost', ['applied-and-lost']],
      ['when it is lost itself', ['dropped-and-lost']],
    ])('%s, and changes no template', async (_, fates) => {
      const { known, server, writing } = await back(fates);
      expect(await recordOutcome(writing, known, ending)).toBeUndefined();
      expect(server.object.spec).toEqual({ ...known.spec, minReadySeconds: 5 });
      expect(server.object.metadata?.annotations?.[annotations.minReadySeconds]).toBe('{"before":5,"set":5}');
      expect(historyOf(server.object)).toEqual([found, { ...failed, outcome: 'failed-rolled-back' }]);
      expect(server.applied).toHaveLength(1);
    });

    it('also where the history says the same already, and the patch is lost', async () => {
      const { known, server, writing } = await back(['dropped-and-lost']);
      expect(await recordOutcome(writing, known, { ...ending, outcome: 'failed' })).toBeUndefined();
      expect(server.object.spec?.minReadySeconds).toBe(5);
    });

    it('and not before the soak is over', async () => {
      const { known, server, writing } = await back();
      await recordOutcome(writing, known, { ...ending, isSoakOver: false });
      expect(server.object.spec).toEqual(known.spec);
    });

    it('unless its owner has set another meanwhile', async () => {
      const { known, server, writing } = await back(['overtaken']);
      server.touch(({ spec }) => Object.assign(spec ?? {}, { minReadySeconds: 60 }));
      await recordOutcome(writing, known, ending);
      expect(server.object.spec?.minReadySeconds).toBe(60);
    });
  });

  it('leaves minReadySeconds as its owner has set it meanwhile', async () => {
    const { server, restore } = await restoreWith(['overtaken'], await failing(), ({ spec }) =>
      Object.assign(spec ?? {}, { minReadySeconds: 60 }),
    );
    await restore();
    expect([imageOf(server.object), server.object.spec?.minReadySeconds]).toEqual([OLD_IMAGE, 60]);
  });

  it('keeps what others wrote beside the template', async () => {
    const { server, restore } = await restoreWith([], await failing(), ({ spec, metadata }) => {
      if (spec) spec.replicas = 4;
      Object.assign(metadata?.annotations ?? {}, { theirs: 'new' });
    });
    expect(await restore()).toEqual(server.object);
    expect(server.object.spec?.replicas).toBe(4);
    expect(server.object.metadata?.annotations).toMatchObject({ theirs: 'new' });
  });

  it.each<[string, (draft: Deployment) => void]>([
    ['an image', ({ spec }) => Object.assign(spec?.template.spec?.containers[0] ?? {}, { image: 'a/theirs:1' })],
    [
      'another setting of the template',
      ({ spec }) => Object.assign(spec?.template.spec?.containers[0] ?? {}, { env: [{ name: 'A', value: 'c' }] }),
    ],
    ['the workload itself, by another one', ({ metadata }) => Object.assign(metadata ?? {}, { uid: 'another' })],
  ])('leaves it alone where somebody has changed %s meanwhile', async (_, change) => {
    for (const fates of [[], ['dropped-and-lost'], ['overtaken']] as Fate[][]) {
      const { server, restore } = await restoreWith(fates, await failing(), change);
      const theirs = structuredClone(server.object.spec);
      expect(await restore()).toBe('changed');
      expect(server.object.spec).toEqual(theirs);
      expect(server.applied).toEqual([]);
    }
  });

  it('leaves it alone where its own patch took effect, unseen, and somebody has changed it since', async () => {
    const known = await failing();
    const { server, writing } = writer([], known);
    const restoring = {
      workload: known,
      template: canonical(known.spec?.template),
      container: { index: 0, name: 'caring-note-api' },
      version: { image: OLD_IMAGE },
      writer: RUN.id,
    };
    const transport = new FakeTransport((argv, stdin, live) => {
      const answer = server.handler(argv, stdin, live);
      if (!argv.includes('patch')) return answer;
      server.touch(({ spec }) => Object.assign(spec?.template.spec?.containers[0] ?? {}, { image: 'a/theirs:1' }));
      return 'lost';
    });
    expect(await restoreImage({ ...writing, cluster: new Cluster(transport, ['kubectl']) }, restoring)).toBe('changed');
    expect(imageOf(server.object)).toBe('a/theirs:1');
    expect(server.applied).toHaveLength(1);
  });

  it.each([
    ['Forbidden', 'Error from server (Forbidden): deployments.apps "x" is forbidden: User "d" cannot patch resource'],
    ['Invalid', 'Error from server: admission webhook "x" denied the request: no'],
  ])('says why it could not: %s', async (reason, stderr) => {
    const { server, restore } = await restoreWith([{ stderr }], await failing());
    expect(await thrownBy(restore())).toMatchObject({ reason });
    expect(imageOf(server.object)).toBe(TO);
  });

  it('never takes effect twice, nor over what is not ours, whatever goes wrong', async () => {
    const fates = fc.array(
      fc.constantFrom<Fate>(
        ...['answered', 'applied-and-lost', 'dropped-and-lost', 'late', 'killed-after', 'garbled', 'timeout'].map(
          (each) => each as Fate,
        ),
        'overtaken',
      ),
      { maxLength: 8 },
    );
    const known = await failing();
    await fc.assert(
      fc.asyncProperty(fates, fc.boolean(), async (given, isTheirs) => {
        const { server, restore } = await restoreWith(
          given,
          known,
          isTheirs
            ? ({ spec }) => Object.assign(spec?.template.spec?.containers[0] ?? {}, { image: 'a/theirs:1' })
            : undefined,
        );
        const restored = await restore().catch(() => 'unknown' as const);
        expect(server.applied.length).toBeLessThanOrEqual(isTheirs ? 0 : 1);
        if (isTheirs) expect(imageOf(server.object)).toBe('a/theirs:1');
        else if (restored !== 'unknown') expect(imageOf(server.object)).toBe(OLD_IMAGE);
      }),
    );
  });
});

describe('a change that was chosen by what runs', () => {
  it('is not written where something else runs by then, seen before the write or by its conflict', async () => {
    const theirs = ({ spec }: Deployment) =>
      Object.assign(spec?.template.spec?.containers[0] ?? {}, { image: 'a/theirs:1' });
    for (const fates of [[], ['overtaken']] as Fate[][]) {
      const { server, writing, change } = writer(fates);
      server.touch(theirs);
      const workload = fates.length === 0 ? structuredClone(server.object) : change.workload;
      const write = writeImage(writing, {
        ...change,
        workload,
        version: { image: OLD_IMAGE },
        expected: OLD_IMAGE,
        isRestart: true,
      });
      expect(await write).toBeUndefined();
      expect([imageOf(server.object), server.applied.length]).toEqual(['a/theirs:1', 0]);
    }
  });

  it('goes back to the very image, and the time of the last restart, whatever is known of them', async () => {
    const { writing, change } = writer();
    const written = await putImage(writing, {
      ...change,
      version: { image: OLD_IMAGE },
      expected: OLD_IMAGE,
      isRestart: true,
    });
    expect([written.lastGood?.image, written.restartedAt]).toEqual([OLD_IMAGE, null]);
    expect(written.workload.spec?.template.metadata?.annotations?.[annotations.restartedAt]).toBe(AT);
  });
});

describe('the image that is known to have served', () => {
  const container = { index: 0, name: 'caring-note-api', image: OLD_IMAGE, hasReadinessProbe: false };
  const entry = (image: string, outcome: string): HistoryEntry => ({
    id: `${image} ${outcome}`,
    image,
    run: 'https://before',
    at: AT,
    outcome,
  });
  it.each<[string | undefined, string, boolean, HistoryEntry[]]>([
    [OLD_IMAGE, 'what runs, all of it', true, []],
    [undefined, 'none, where it does not run', false, []],
    ['a/good:1', 'the last good one, where it does not run', false, [entry('a/good:1', 'deployed')]],
    [
      'a/good:1',
      'not what runs, where a run found it bad',
      true,
      [entry('a/good:1', 'deployed'), entry(OLD_IMAGE, 'failed-no-previous')],
    ],
    [undefined, 'none, where all that runs was found bad', true, [entry(OLD_IMAGE, 'failed')]],
    [
      OLD_IMAGE,
      'what runs, where it served after it had failed',
      true,
      [entry(OLD_IMAGE, 'failed'), entry(OLD_IMAGE, 'deployed')],
    ],
    [
      'a/good:1',
      'not one that was cancelled on the way',
      false,
      [entry('a/good:1', 'found'), entry(OLD_IMAGE, 'cancelled')],
    ],
  ])('is %s: %s', (image, _, isComplete, history) => {
    const workload = deployment(({ metadata, status }) => {
      Object.assign(metadata.annotations ?? {}, { [annotations.history]: printHistory(history) });
      if (!isComplete) Object.assign(status, { availableReplicas: 0 });
    });
    expect(knownGood({ workload, container })?.image).toBe(image);
  });

  it.each([
    ['a/mine:1', 'caring-note-api'],
    ['a/theirs:1', 'proxy'],
  ])('is %s for the container %s', (image, name) => {
    const entries = [
      { ...entry('a/mine:1', 'deployed'), container: 'caring-note-api' },
      { ...entry('a/theirs:1', 'deployed'), container: 'proxy' },
    ];
    for (const history of [entries, entries.toReversed()]) {
      const workload = deployment(({ metadata, status }) => {
        Object.assign(metadata.annotations ?? {}, { [annotations.history]: printHistory(history) });
        Object.assign(status, { availableReplicas: 0 });
      });
      expect(knownGood({ workload, container: { ...container, name } })?.image).toBe(image);
    }
  });

  /** One more run with another image, on the workload as the runs before have left it. */
  async function deploy(server: ApiServer, name: string, outcome: string, isServing: boolean) {
    const { writing } = writer();
    const config = configOf({ image: 'caringnote/caring-note-api', tags: name }, { ...RUN, id: name });
    const cluster = new Cluster(new FakeTransport(server.handler), ['kubectl']);
    const current = imageOf(server.object) ?? '';
    const written = await putImage(
      { ...writing, config, cluster },
      {
        workload: server.object,
        container: { ...container, image: current },
        soak: { set: 30, before: 0 },
        version: {
          image: `caringnote/caring-note-api:${name}@sha256:${Buffer.from(name).toString('hex').padEnd(64, '0')}`,
        },
        commit: '',
      },
    );
    server.touch(({ metadata, status }) => {
      Object.assign(status ?? {}, { observedGeneration: metadata?.generation, availableReplicas: isServing ? 1 : 0 });
    });
    const image = imageOf(server.object) ?? '';
    const ending = { outcome, container: NAME, version: { image }, isSoakOver: false, writer: undefined };
    await recordOutcome({ ...writing, config, cluster }, server.object, ending);
    return written;
  }

  it('stays the first one through a bad one that was cancelled on the way and another bad one', async () => {
    const server = new ApiServer(deployment());
    expect((await deploy(server, 'bad-1', 'cancelled', false)).lastGood?.image).toBe(OLD_IMAGE);
    expect((await deploy(server, 'bad-2', 'failed', false)).lastGood?.image).toBe(OLD_IMAGE);
    expect((await deploy(server, 'good', 'deployed', true)).lastGood?.image).toBe(OLD_IMAGE);
    expect((await deploy(server, 'bad-3', 'failed', true)).lastGood?.image).toMatch(/:good@/);
    // All of it runs, and its verify-url was wrong all the same.
    expect((await deploy(server, 'next', 'failed', false)).lastGood?.image).toMatch(/:good@/);
  });
});
