import fc from 'fast-check';
import type { RunInfo } from '../../src/inputs/config';
import { Cluster } from '../../src/kubectl/client';
import { canonical, type Deployment } from '../../src/kubectl/objects';
import { annotations } from '../../src/workload/annotations';
import { restoreImage, writeImage } from '../../src/workload/changes';
import { parseHistory } from '../../src/workload/history';
import {
  type Holder,
  holderOf,
  isEarlierAttempt,
  isTaken,
  printHold,
  RELEASED,
  unanswered,
  writerOf,
} from '../../src/workload/hold';
import { recordOutcome } from '../../src/workload/record';
import { FakeTransport } from '../fakes/transport';
import { configOf, RUN } from '../inputs/sample';
import { ManualClock } from '../transport/manual-clock';
import { ApiServer, type Fate } from './api-server';
import { deployment, OLD_IMAGE } from './deployment';

/** A workload that carries these annotations of ours, beside whatever else it has. */
const carrying = (values: Partial<Record<keyof typeof annotations, string>>) =>
  deployment(({ metadata }) => {
    for (const [name, value] of Object.entries(values)) {
      Object.assign(metadata.annotations ?? {}, { [annotations[name as keyof typeof annotations]]: value });
    }
  });
/** All attempts of a run have the same address. */
const urlOf = (id: string) => `https://github.com/medibird/example/actions/runs/${id.split('-')[0]}`;
const runOf = (id: string): RunInfo => ({ ...RUN, id, url: urlOf(id) });
const holderFor = (id: string): Holder => ({ id, url: runOf(id).url });

describe('who holds a workload', () => {
  it('is the run that wrote it down together with its own id', () => {
    expect(holderOf(carrying({ hold: printHold(RUN), deployId: RUN.id }))).toEqual({ id: RUN.id, url: RUN.url });
  });

  it.each<[string, Parameters<typeof carrying>[0]]>([
    ['nothing was ever written', {}],
    ['it was let go', { hold: RELEASED, deployId: RUN.id }],
    ['the hold is of another run than the one that wrote last', { hold: printHold(RUN), deployId: 'other' }],
    ['somebody took the id away', { hold: printHold(RUN) }],
    ['somebody wrote words there', { hold: 'mine!', deployId: 'mine!' }],
    ['somebody wrote a number', { hold: '7', deployId: '7' }],
    ['somebody wrote null', { hold: 'null', deployId: RUN.id }],
    ['somebody wrote a list', { hold: '[]', deployId: RUN.id }],
    ['the address is missing', { hold: JSON.stringify({ id: RUN.id }), deployId: RUN.id }],
    ['the address is no text', { hold: JSON.stringify({ id: RUN.id, url: 1 }), deployId: RUN.id }],
    ['the id is no text', { hold: '{"id":1,"url":"x"}', deployId: '1' }],
    ['it was cut', { hold: printHold(RUN).slice(0, -2), deployId: RUN.id }],
  ])('is nobody where %s', (_, values) => {
    expect(holderOf(carrying(values))).toBeUndefined();
  });

  it('is nobody on a workload without annotations', () => {
    expect(holderOf(deployment(({ metadata }) => Object.assign(metadata, { annotations: undefined })))).toBeUndefined();
  });

  it('is read as it was written, whatever a run is called', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (id, url) => {
        const hold = printHold({ ...RUN, id, url });
        expect(holderOf(carrying({ hold, deployId: id }))).toEqual({ id, url });
      }),
    );
  });

  it('never throws, whatever somebody wrote there', () => {
    const anything = fc.oneof(fc.string(), fc.json(), fc.constant('x'.repeat(200_000)));
    fc.assert(
      fc.property(anything, fc.string(), (hold, deployId) => {
        const holder = holderOf(carrying({ hold, deployId }));
        expect(holder === undefined || holder.id === deployId).toBe(true);
      }),
    );
  });
});

describe('an earlier attempt of the same workflow run', () => {
  it.each([
    [true, '4242-1-aaaaaaaa', '4242-2-bbbbbbbb'],
    [true, '4242-9-aaaaaaaa', '4242-10-bbbbbbbb'],
    [false, '4242-2-aaaaaaaa', '4242-2-bbbbbbbb'],
    [false, '4242-3-aaaaaaaa', '4242-2-bbbbbbbb'],
    [false, '4241-1-aaaaaaaa', '4242-2-bbbbbbbb'],
    [false, '424-1-aaaaaaaa', '4242-2-bbbbbbbb'],
    // Outside of GitHub no run has a number: two of them have nothing to do with each other.
    [false, '0-1-aaaaaaaa', '0-2-bbbbbbbb'],
    [false, 'somebody', '4242-2-bbbbbbbb'],
    [false, '', ''],
  ])('is %s: %s, seen from %s', (is, theirs, ours) => {
    expect(isEarlierAttempt(holderFor(theirs), runOf(ours))).toBe(is);
  });

  it('is none of another server, whose runs have numbers of their own', () => {
    const url = 'https://ghe.example.com/medibird/example/actions/runs/4242';
    expect(isEarlierAttempt({ id: '4242-1-aaaaaaaa', url }, runOf('4242-2-bbbbbbbb'))).toBe(false);
  });
});

describe('a question', () => {
  it.each<[string | undefined, string, Parameters<typeof carrying>[0]]>([
    [undefined, 'where nobody asked', {}],
    ['b/1', 'where it is the first', { asked: 'b/1' }],
    ['b/2', 'where an earlier one was answered', { asked: 'b/2', answered: 'b/1' }],
    ['c/1', 'where that of another waiter was answered', { asked: 'c/1', answered: 'b/1' }],
    [undefined, 'where it was answered', { asked: 'b/1', answered: 'b/1' }],
    [undefined, 'where somebody took it away', { answered: 'b/1' }],
  ])('that waits for an answer is %s %s', (question, _, values) => {
    expect(unanswered(carrying(values))).toBe(question);
  });
});

/** Runs before one workload; each knows it as it was when the run looked. */
function writers(object: Deployment = deployment(), fates: Fate[] = []) {
  const server = new ApiServer(object, fates);
  const clock = new ManualClock();
  const cluster = new Cluster(new FakeTransport(server.handler, clock), ['kubectl']);
  const container = { index: 0, name: 'caring-note-api', image: OLD_IMAGE, hasReadinessProbe: false };
  const writer = (id: string, tag = id) => {
    const config = configOf({ tags: tag }, runOf(id));
    // Conflicts make a writer pause: here it goes on at once.
    const writing = {
      config,
      cluster,
      clock: { ...clock, now: () => 0, today: () => clock.today(), sleep: async () => {} },
    };
    const digest = `sha256:${Buffer.from(tag).toString('hex').padEnd(64, '0').slice(0, 64)}`;
    const image = `caringnote/caring-note-api:${tag}@${digest}`;
    const soak = { set: 30, before: 0 };
    let known = structuredClone(server.object);
    let template = '';
    let wroteBefore: string | undefined = id;
    return {
      image,
      /** Looks at the workload as it is now; what it does next builds on that. */
      look: () => {
        known = structuredClone(server.object);
      },
      write: async (gone?: Holder) => {
        const isGone = (workload: Deployment) => holderOf(workload)?.id === gone?.id;
        const change = { workload: known, container, soak, version: { image }, commit: '', ...(gone && { isGone }) };
        const written = await writeImage(writing, change);
        if (!written) return undefined;
        known = written.workload;
        template = canonical(known.spec?.template);
        return written;
      },
      /** Finds its image there already, and watches what another has begun. */
      join: () => {
        known = structuredClone(server.object);
        template = canonical(known.spec?.template);
        wroteBefore = writerOf(known);
      },
      restore: () =>
        restoreImage(writing, {
          workload: known,
          template,
          container,
          version: { image: OLD_IMAGE },
          writer: wroteBefore,
        }),
      end: (outcome: string) => {
        const ending = {
          outcome,
          container: container.name,
          version: { image },
          isSoakOver: false,
          writer: wroteBefore,
        };
        return recordOutcome(writing, known, ending);
      },
    };
  };
  return { server, writer };
}

const imageOf = ({ object }: ApiServer) => object.spec?.template.spec?.containers[0]?.image;
const entriesOf = ({ object }: ApiServer) =>
  parseHistory(object.metadata?.annotations?.[annotations.history]).map(({ id, outcome }) => [id, outcome]);

describe('a run that writes', () => {
  it('holds the workload from that very patch on, until it says how it ended', async () => {
    const { server, writer } = writers();
    const a = writer('a');
    await a.write();
    expect(server.applied).toHaveLength(1);
    expect(holderOf(server.object)).toEqual(holderFor('a'));
    expect(await a.end('deployed')).toBeUndefined();
    expect(holderOf(server.object)).toBeUndefined();
    // Emptied and not removed: what is removed from a Deployment stays on its ReplicaSets.
    expect(server.object.metadata?.annotations?.[annotations.hold]).toBe(RELEASED);
  });

  it('holds it through its rollback too', async () => {
    const { server, writer } = writers();
    const a = writer('a');
    await a.write();
    await a.restore();
    expect([imageOf(server), holderOf(server.object)]).toEqual([OLD_IMAGE, holderFor('a')]);
    await a.end('failed-rolled-back');
    expect(holderOf(server.object)).toBeUndefined();
  });

  it.each(['deployed', 'failed', 'cancelled', 'unknown', 'failed-rollback-failed'])(
    'lets go where it ended %s',
    async (outcome) => {
      const { server, writer } = writers();
      const a = writer('a');
      await a.write();
      await a.end(outcome);
      expect(holderOf(server.object)).toBeUndefined();
    },
  );

  it.each<[string, Fate[]]>([
    ['after conflicts', ['answered', 'overtaken', 'overtaken']],
    ['when the answer is lost', ['answered', 'applied-and-lost']],
    ['when it is lost itself', ['answered', 'dropped-and-lost']],
    ['when it arrives late', ['answered', 'late']],
  ])('lets go %s', async (_, fates) => {
    const { server, writer } = writers(deployment(), fates);
    const a = writer('a');
    await a.write();
    expect(await a.end('deployed')).toBeUndefined();
    expect([holderOf(server.object), entriesOf(server)]).toEqual([
      undefined,
      [
        [undefined, 'found'],
        ['a', 'deployed'],
      ],
    ]);
  });

  it('writes nothing while another is at work, whether it saw that before or learns it by a conflict', async () => {
    for (const looksAgain of [true, false]) {
      const { server, writer } = writers();
      const [a, b] = [writer('a'), writer('b')];
      await a.write();
      if (looksAgain) b.look();
      expect(await b.write()).toBeUndefined();
      expect([imageOf(server), holderOf(server.object)]).toEqual([a.image, holderFor('a')]);
    }
  });

  it('writes where the one before has let go meanwhile', async () => {
    const { server, writer } = writers();
    const [a, b] = [writer('a'), writer('b')];
    await a.write();
    b.look();
    await a.end('deployed');
    await b.write(holderFor('a'));
    expect(entriesOf(server).slice(-2)).toEqual([
      ['a', 'deployed'],
      ['b', 'open'],
    ]);
  });

  it('takes over from the one that is gone, and from no other', async () => {
    const { server, writer } = writers();
    const [a, b, c] = [writer('a'), writer('b'), writer('c')];
    await a.write();
    b.look();
    c.look();
    await b.write(holderFor('a'));
    expect(holderOf(server.object)).toEqual(holderFor('b'));
    // Two have waited for the same one: whoever comes second has a holder that is at work before it.
    expect(await c.write(holderFor('a'))).toBeUndefined();
    expect(imageOf(server)).toBe(b.image);
  });
});

describe('a run whose hold was taken over', () => {
  const takenOver = async () => {
    const { server, writer } = writers();
    const [a, b] = [writer('a'), writer('b')];
    await a.write();
    b.look();
    await b.write(holderFor('a'));
    const before = structuredClone(server.object);
    return { server, a, b, before };
  };

  it.each(['deployed', 'failed', 'unknown', 'cancelled', 'failed-rolled-back'])(
    'does not write that it ended %s',
    async (outcome) => {
      const { server, a, before } = await takenOver();
      expect(await a.end(outcome)).toBeUndefined();
      expect(server.object).toEqual(before);
    },
  );

  it('puts nothing back', async () => {
    const { server, a, before } = await takenOver();
    expect(await a.restore()).toBe('changed');
    expect(server.object).toEqual(before);
  });

  describe('by one that wrote the very same image', () => {
    const takenOverAlike = async () => {
      const { server, writer } = writers();
      const [a, b] = [writer('a'), writer('b', 'a')];
      await a.write();
      b.look();
      await b.write(holderFor('a'));
      return { server, a, b };
    };

    it('puts nothing back, neither while the other is at work nor once it has let go', async () => {
      const { server, a, b } = await takenOverAlike();
      for (const act of [async () => undefined, () => b.end('deployed')]) {
        await act();
        const before = structuredClone(server.object);
        expect(await a.restore()).toBe('held');
        expect(server.object).toEqual(before);
      }
    });

    it('says nothing bad of what is the other’s version now', async () => {
      const { server, a, b } = await takenOverAlike();
      for (const act of [async () => undefined, () => b.end('deployed')]) {
        await act();
        const before = structuredClone(server.object);
        for (const outcome of ['failed', 'unknown', 'deployed', 'failed-rolled-back']) await a.end(outcome);
        expect(server.object).toEqual(before);
      }
    });
  });
});

describe('a run that found its image there already', () => {
  const joined = async () => {
    const { server, writer } = writers();
    const [a, b] = [writer('a'), writer('b', 'a')];
    await a.write();
    b.join();
    return { server, writer, a, b };
  };

  it('writes nothing while the one that put it there is at work', async () => {
    const { server, b } = await joined();
    const before = structuredClone(server.object);
    expect(await b.restore()).toBe('held');
    for (const outcome of ['failed', 'unchanged', 'cancelled', 'unknown']) await b.end(outcome);
    expect(server.object).toEqual(before);
  });

  it.each(['deployed', 'failed', 'cancelled', 'unknown'])(
    'puts back what is bad where that one has ended %s, and holds the workload while it does',
    async (outcome) => {
      const { server, a, b } = await joined();
      await a.end(outcome);
      b.look();
      expect(await b.restore()).toEqual(server.object);
      expect([imageOf(server), holderOf(server.object)]).toEqual([OLD_IMAGE, holderFor('b')]);
      await b.end('failed-rolled-back');
      expect(holderOf(server.object)).toBeUndefined();
    },
  );

  it('puts nothing back where yet another has written the same image since, and has ended', async () => {
    const { server, writer, a, b } = await joined();
    await a.end('deployed');
    const c = writer('c', 'a');
    c.look();
    await c.write();
    await c.end('deployed');
    const before = structuredClone(server.object);
    expect(await b.restore()).toBe('held');
    await b.end('failed');
    expect(server.object).toEqual(before);
  });

  it('puts back what is bad where nobody of us has ever written', async () => {
    const { server, writer } = writers();
    const b = writer('b');
    server.touch(({ spec }) => Object.assign(spec?.template.spec?.containers[0] ?? {}, { image: b.image }));
    b.join();
    await b.restore();
    expect([imageOf(server), holderOf(server.object)]).toEqual([OLD_IMAGE, holderFor('b')]);
  });
});

describe('a workload is taken, seen from one run,', () => {
  it.each<[boolean, string, Parameters<typeof carrying>[0], string | undefined]>([
    [false, 'where nobody ever wrote', {}, undefined],
    [false, 'where it wrote itself and is at work', { hold: printHold(runOf('b')), deployId: 'b' }, 'b'],
    [false, 'where it wrote itself and has let go', { hold: RELEASED, deployId: 'b' }, 'b'],
    [false, 'where the one that wrote before it came has let go', { hold: RELEASED, deployId: 'a' }, 'a'],
    [false, 'where it has put back what that one wrote', { hold: printHold(runOf('b')), deployId: 'b' }, 'a'],
    [true, 'where that one is at work', { hold: printHold(runOf('a')), deployId: 'a' }, 'a'],
    [true, 'where another took it', { hold: printHold(runOf('a')), deployId: 'a' }, 'b'],
    [true, 'where another took it and has let go', { hold: RELEASED, deployId: 'a' }, 'b'],
    [true, 'where the first one of all took it and has let go', { hold: RELEASED, deployId: 'a' }, undefined],
    [true, 'where somebody took our marks away', {}, 'b'],
  ])('%s: %s', (is, _, values, writer) => {
    expect(isTaken(carrying(values), runOf('b'), writer)).toBe(is);
  });
});

describe('however runs meet', () => {
  const step = fc.record({
    who: fc.constantFrom('a', 'b', 'c'),
    does: fc.constantFrom('look', 'write', 'take', 'join', 'end', 'restore'),
  });
  const fates: readonly Fate[] = [
    'answered',
    'applied-and-lost',
    'dropped-and-lost',
    'late',
    'overtaken',
    'killed-after',
  ];
  const written = ({ object }: ApiServer) => [object.spec, object.metadata?.annotations];

  it('none writes while another one holds the workload, or after another one has taken it', async () => {
    let [count, fenced] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25 }),
        fc.array(fc.constantFrom(...fates), { maxLength: 10 }),
        async (steps, fates) => {
          const { server, writer } = writers(deployment(), fates);
          // Two of them with the same image.
          const all = { a: writer('a'), b: writer('b', 'a'), c: writer('c') };
          const mayWrite = new Set<string>();
          for (const { who, does } of steps) {
            const run = all[who as keyof typeof all];
            const holder = holderOf(server.object);
            const before = structuredClone(written(server));
            if (does === 'look') run.look();
            else if (does === 'join') {
              run.join();
              mayWrite.add(who);
            } else if (does === 'write' || does === 'take') {
              // A run writes once; who came to what it wrote would not see a second time.
              if (writerOf(server.object) === who) continue;
              await run.write(does === 'take' ? holder : undefined).then(
                (itsOwn) => {
                  if (!itsOwn) return;
                  mayWrite.clear();
                  mayWrite.add(who);
                },
                () => undefined,
              );
              if (does === 'take') continue;
            } else {
              const isFenced = !mayWrite.has(who);
              await (does === 'end' ? run.end('failed') : run.restore()).catch(() => undefined);
              if (isFenced) fenced++;
              if (isFenced) expect(written(server)).toEqual(before);
              if (JSON.stringify(written(server)) !== JSON.stringify(before) && does === 'restore') {
                mayWrite.clear();
                mayWrite.add(who);
              }
            }
            count++;
            if (holder && holder.id !== who) expect(written(server)).toEqual(before);
          }
        },
      ),
    );
    // What cannot happen proves nothing.
    expect([count, fenced].map((each) => each > 50)).toEqual([true, true]);
  });
});
