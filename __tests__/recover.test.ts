import { annotations } from '../src/workload/annotations';
import { type HistoryEntry, parseHistory, printHistory } from '../src/workload/history';
import { holderOf } from '../src/workload/hold';
import { knownGood } from '../src/workload/plan-change';
import { IMAGE, run, URL_ASKED } from './fakes/world';
import { RUN } from './inputs/sample';
import type { ApiServer } from './workload/api-server';
import { deployment, OLD_IMAGE } from './workload/deployment';

const imageOf = ({ object }: ApiServer) => object.spec?.template.spec?.containers[0]?.image;
const historyOf = ({ object }: ApiServer) => parseHistory(object.metadata?.annotations?.[annotations.history]);
const isPatch = (command: string) => command.includes(' patch ');
const wayBack = { command: expect.stringContaining(`caring-note-api=${OLD_IMAGE}`), isKnownGood: true };
const bad = { [IMAGE]: 'crashes' } as const;

describe('a version that serves', () => {
  it('is left alone', async () => {
    const { report, server } = await run({});
    expect(report).toMatchObject({ outcome: 'deployed', serving: 'new', problems: [], logs: [] });
    expect(report.wayBack).toBeUndefined();
    expect([imageOf(server), historyOf(server).at(-1)?.outcome]).toEqual([IMAGE, 'deployed']);
  });
});

describe('a version that was found bad before, and serves after all', () => {
  it('is known to be good, once a run has seen it', async () => {
    const entry: HistoryEntry = { id: 'before', image: OLD_IMAGE, run: '', at: '', outcome: 'deployed' };
    const workload = deployment(({ spec, metadata }) => {
      Object.assign(spec.template.spec?.containers[0] ?? {}, { image: IMAGE });
      const history = [entry, { ...entry, id: 'slow', image: IMAGE, outcome: 'failed' }];
      Object.assign(metadata.annotations ?? {}, { [annotations.history]: printHistory(history) });
    });
    const { report, server } = await run({ workload });
    expect(report.outcome).toBe('unchanged');
    const container = { index: 0, name: 'caring-note-api', image: IMAGE, hasReadinessProbe: false };
    expect(knownGood({ workload: server.object, container })?.image).toBe(IMAGE);
  });
});

describe('a version that is bad', () => {
  it('is replaced by the one before, which is seen to serve', async () => {
    const { report, server, codes } = await run({ fates: bad });
    expect(report).toMatchObject({ outcome: 'failed-rolled-back', serving: 'old', wayBack });
    expect(codes).toEqual(['cause.crash']);
    expect(imageOf(server)).toBe(OLD_IMAGE);
    expect(historyOf(server).map(({ image, outcome }) => [image, outcome])).toEqual([
      [OLD_IMAGE, 'found'],
      [IMAGE, 'failed-rolled-back'],
    ]);
  });

  it('is looked into before: a rollback deletes what there is to see', async () => {
    const { report, commands } = await run({
      fates: bad,
      onEvidence: ({ cluster }) =>
        cluster.events.push({
          metadata: { uid: 'e1' },
          type: 'Warning',
          involvedObject: { kind: 'Pod', name: 'web-1-abcde', uid: 'pod-web-1' },
          reason: 'BackOff',
          message: 'Back-off restarting failed container',
          count: 4,
        }),
    });
    const ours = commands.findIndex(isPatch);
    const back = commands.findIndex((each, index) => index > ours && isPatch(each));
    const logs = commands.findIndex((each) => each.includes('logs web-1-abcde'));
    const events = commands.findIndex((each) => each.includes('/events'));
    expect(Math.min(logs, events)).toBeGreaterThan(ours);
    expect(Math.max(logs, events)).toBeLessThan(back);
    expect(report.logs).toMatchObject([{ pod: 'web-1-abcde', lines: 'starting\nfatal: no database' }]);
    expect(report.events).toMatchObject([{ reason: 'BackOff', count: 4 }]);
    expect(report.problems).toMatchObject([{ code: 'cause.crash', params: { said: 'fatal: no database' } }]);
  });

  it('stays where the user does not want a rollback, and the way back is told', async () => {
    const { report, server, codes } = await run({ fates: bad, inputs: { 'rollback-on-failure': 'false' } });
    expect(report).toMatchObject({ outcome: 'failed', serving: 'old', wayBack });
    expect(codes).toEqual(['cause.crash']);
    expect([imageOf(server), server.patches]).toEqual([IMAGE, 2]);
    expect(historyOf(server).at(-1)).toMatchObject({ image: IMAGE, outcome: 'failed' });
  });

  it('stays where nothing is known to have served before', async () => {
    const workload = deployment(({ status }) => Object.assign(status, { availableReplicas: 0 }));
    const { report, server } = await run({ fates: bad, workload });
    expect(report).toMatchObject({
      outcome: 'failed-no-previous',
      wayBack: { command: wayBack.command, isKnownGood: false },
    });
    expect(imageOf(server)).toBe(IMAGE);
  });

  it('stays where the node is to blame', async () => {
    const { report, server, codes } = await run({ fates: { [IMAGE]: 'no-node' } });
    expect(report).toMatchObject({ outcome: 'failed', serving: 'old' });
    expect(codes).toEqual(['cause.node']);
    expect(imageOf(server)).toBe(IMAGE);
    expect(server.applied).toHaveLength(2);
    // That says nothing of the version: once all of it runs, it is as good as any.
    expect(historyOf(server).at(-1)).toMatchObject({ image: IMAGE, outcome: 'unknown' });
    const container = { index: 0, name: 'caring-note-api', image: IMAGE, hasReadinessProbe: false };
    server.touch(({ metadata, status }) => {
      const counts = { replicas: 1, updatedReplicas: 1, availableReplicas: 1 };
      Object.assign(status ?? {}, { observedGeneration: metadata?.generation, ...counts });
    });
    expect(knownGood({ workload: server.object, container })?.image).toBe(IMAGE);
  });

  it('is put back with a soak, and then the workload has what its owner wanted', async () => {
    const soak = (object: ApiServer['object']) => object.spec?.minReadySeconds;
    for (const before of [undefined, 5]) {
      const workload = deployment(({ spec }) => Object.assign(spec, before && { minReadySeconds: before }));
      const { report, server } = await run({ fates: bad, workload });
      expect(report.outcome).toBe('failed-rolled-back');
      expect(server.applied.map((each) => [each.spec?.template.spec?.containers[0]?.image, soak(each)])).toEqual([
        [IMAGE, 30],
        [OLD_IMAGE, 30],
        [OLD_IMAGE, before ?? 0],
      ]);
    }
  });

  it("is not replaced by another container's image, though that was deployed last", async () => {
    const entry = { image: OLD_IMAGE, run: '', at: '', outcome: 'deployed' };
    const workload = deployment(({ metadata, status }) => {
      const history = [
        { ...entry, id: 'api-step', container: 'caring-note-api' },
        { ...entry, id: 'proxy-step', container: 'proxy', image: `envoyproxy/envoy:v2@sha256:${'9'.repeat(64)}` },
      ];
      Object.assign(metadata.annotations ?? {}, { [annotations.history]: printHistory(history) });
      Object.assign(status, { availableReplicas: 0 });
    });
    const { report, server } = await run({ fates: bad, workload, inputs: { container: 'caring-note-api' } });
    expect(report).toMatchObject({ outcome: 'failed-rolled-back', wayBack });
    expect(imageOf(server)).toBe(OLD_IMAGE);
    expect(server.object.spec?.template.spec?.containers[1]?.image).toBe('envoyproxy/envoy:v1.30');
  });

  describe('under the tag of what ran', () => {
    const image = 'caringnote/caring-note-api:new';
    const byTag = () => deployment(({ spec }) => Object.assign(spec.template.spec?.containers[0] ?? {}, { image }));
    const digest = `sha256:${'7'.repeat(64)}`;

    it('is replaced by that, not by what the tag means now', async () => {
      const { report, server } = await run({ fates: bad, workload: byTag(), runs: digest });
      expect(report).toMatchObject({
        outcome: 'failed-rolled-back',
        previousImage: image,
        wayBack: { command: expect.stringContaining(`caring-note-api=${image}@${digest}`), isKnownGood: true },
      });
      expect(imageOf(server)).toBe(`${image}@${digest}`);
      expect(historyOf(server).map(({ image: of, outcome }) => [of, outcome])).toEqual([
        [`${image}@${digest}`, 'found'],
        [IMAGE, 'failed-rolled-back'],
      ]);
    });

    it('is replaced by that in every container that ran it', async () => {
      const workload = byTag();
      const { template } = workload.spec;
      Object.assign(template.spec ?? {}, { initContainers: [{ name: 'migrate', image }] });
      const inputs = { container: 'caring-note-api\nmigrate' };
      const { report, server } = await run({ inputs, fates: bad, workload, runs: digest });
      expect(report.outcome).toBe('failed-rolled-back');
      const { initContainers = [] } = server.object.spec?.template.spec ?? {};
      expect([imageOf(server), initContainers[0]?.image]).toEqual([`${image}@${digest}`, `${image}@${digest}`]);
    });

    it('stays where nobody knows what that was: the tag brings the bad one back', async () => {
      const { report, server } = await run({ fates: bad, workload: byTag() });
      expect(report.outcome).toBe('failed-no-previous');
      expect(report.wayBack?.isKnownGood ?? false).toBe(false);
      expect(imageOf(server)).toBe(IMAGE);
    });
  });

  it('is left to whoever has changed the workload meanwhile', async () => {
    const { report, server, codes } = await run({
      fates: bad,
      onEvidence: ({ server: theirs }) =>
        theirs.touch(({ spec }) => Object.assign(spec?.template.spec?.containers[0] ?? {}, { image: 'a/theirs:1' })),
    });
    expect(report).toMatchObject({ outcome: 'superseded', serving: 'unknown' });
    expect(codes).toEqual(['cause.crash', 'rollout.superseded']);
    expect([imageOf(server), server.applied.length]).toEqual(['a/theirs:1', 2]);
    // The second one lets the workload go.
    expect(holderOf(server.object)).toBeUndefined();
  });

  it('stays where the cluster refuses the way back, which is told', async () => {
    const stderr = 'Error from server: admission webhook "x" denied the request: no';
    const { report, server, codes } = await run({ fates: bad, patches: ['answered', { stderr }] });
    expect(report).toMatchObject({ outcome: 'failed-rollback-failed', serving: 'old', wayBack });
    expect(codes).toEqual(['cause.crash', 'rollback.unwritten']);
    expect(imageOf(server)).toBe(IMAGE);
    expect(historyOf(server).at(-1)).toMatchObject({ image: IMAGE, outcome: 'failed-rollback-failed' });
  });

  it('and the one before, which does not come up either: both are told', async () => {
    const { report, codes, server } = await run({
      fates: { ...bad, [OLD_IMAGE]: 'crashes' },
      // What served is gone by then.
      onEvidence: ({ cluster }) => {
        cluster.pods = cluster.pods.filter(({ metadata }) => metadata?.name !== 'web-0-abcde');
      },
    });
    expect(report).toMatchObject({ outcome: 'failed-rollback-failed', wayBack });
    expect(codes).toEqual(['cause.crash', 'rollback.failed']);
    expect(imageOf(server)).toBe(OLD_IMAGE);
  });

  it('is not put back where the run is cancelled first: what GitHub grants then is too short', async () => {
    const { report, server, codes } = await run({ fates: bad, onEvidence: ({ cancel }) => cancel.abort() });
    expect(report).toMatchObject({ outcome: 'cancelled', serving: 'old', wayBack });
    expect(codes).toEqual(['cause.crash', 'rollout.interrupted']);
    expect(imageOf(server)).toBe(IMAGE);
  });

  it('is put back too where it was there already, and an earlier one served', async () => {
    const before: HistoryEntry = { id: 'before', image: OLD_IMAGE, run: '', at: '', outcome: 'deployed' };
    const workload = deployment(({ spec, metadata, status }) => {
      Object.assign(spec.template.spec?.containers[0] ?? {}, { image: IMAGE });
      Object.assign(metadata.annotations ?? {}, {
        [annotations.history]: printHistory([before, { ...before, id: 'bad', image: IMAGE, outcome: 'failed' }]),
      });
      Object.assign(status, { availableReplicas: 0 });
    });
    const { report, server } = await run({ workload, inputs: { timeout: '40s' } });
    expect(report).toMatchObject({ outcome: 'failed-rolled-back' });
    expect(imageOf(server)).toBe(OLD_IMAGE);
    expect(historyOf(server).at(-1)).toMatchObject({ id: RUN.id, image: IMAGE, outcome: 'failed-rolled-back' });
  });
});

describe('a version that comes up, and does not answer where users ask', () => {
  const asking = { url: 503, inputs: { 'verify-url': URL_ASKED } };
  it('is put back', async () => {
    const { report, server, codes } = await run(asking);
    expect(report).toMatchObject({ outcome: 'failed-rolled-back', serving: 'old', wayBack });
    expect(codes).toEqual(['cause.verify-url']);
    expect(imageOf(server)).toBe(OLD_IMAGE);
  });

  it('is not known to be good later, where it was there already', async () => {
    const entry: HistoryEntry = { id: 'before', image: OLD_IMAGE, run: '', at: '', outcome: 'deployed' };
    const workload = deployment(({ spec, metadata }) => {
      Object.assign(spec.template.spec?.containers[0] ?? {}, { image: IMAGE });
      Object.assign(metadata.annotations ?? {}, { [annotations.history]: printHistory([entry]) });
    });
    const { report, server } = await run({ ...asking, workload });
    expect(report.outcome).toBe('failed-no-previous');
    const container = { index: 0, name: 'caring-note-api', image: IMAGE, hasReadinessProbe: false };
    expect(knownGood({ workload: server.object, container })?.image).toBe(OLD_IMAGE);
  });

  it('is not known to be good later, where the run was cancelled before it was put back', async () => {
    const { report, server } = await run({ ...asking, onEvidence: ({ cancel }) => cancel.abort() });
    expect(report.outcome).toBe('cancelled');
    const container = { index: 0, name: 'caring-note-api', image: IMAGE, hasReadinessProbe: false };
    expect(knownGood({ workload: server.object, container })?.image).toBe(OLD_IMAGE);
  });
});
