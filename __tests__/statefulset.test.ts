import { identity } from '../src/kubectl/objects';
import { explain, line, problem } from '../src/words/words';
import { annotations } from '../src/workload/annotations';
import { type HistoryEntry, printHistory } from '../src/workload/history';
import type { FakeCluster } from './fakes/cluster';
import { IMAGE, run as runAction } from './fakes/world';
import { exited } from './image/processes';
import { OLD_IMAGE } from './workload/deployment';
import { statefulSet } from './workload/stateful-set';

type World = Parameters<typeof runAction>[0];

const NAME = 'caring-note-api';
const bad = { [IMAGE]: 'crashes' } as const;
const parallel = () => statefulSet(({ spec }) => Object.assign(spec, { podManagementPolicy: 'Parallel' }));
const parted = (partition: number) =>
  statefulSet(({ spec }) => Object.assign(spec.updateStrategy ?? {}, { rollingUpdate: { partition } }));

/** The image that each pod runs, by the pod's name. */
function imagesOf({ pods }: FakeCluster) {
  return Object.fromEntries(pods.map((pod) => [identity(pod).name, pod.spec?.containers[0]?.image]));
}
const all = (image: string) => ({ [`${NAME}-0`]: image, [`${NAME}-1`]: image });
const uidsOf = ({ pods }: FakeCluster) => pods.map((pod) => identity(pod).uid);

/** Runs the action on a StatefulSet: one that makes its pods in order, unless the test has another. */
const run = ({ inputs, ...world }: World = {}) =>
  runAction({ workload: statefulSet(), ...world, inputs: { deployment: `statefulset/${NAME}`, ...inputs } });

describe('a StatefulSet', () => {
  it('is deployed, and it is said that users may notice: its pods are replaced one by one', async () => {
    const { report, cluster, server, said } = await run();
    expect(report).toMatchObject({ outcome: 'deployed', serving: 'new', revision: `${NAME}-1`, warnings: [] });
    expect(imagesOf(cluster)).toEqual(all(IMAGE));
    expect(cluster.deleted).toEqual([]);
    expect(server.object.status?.currentRevision).toBe(`${NAME}-1`);
    expect(said).toContain(line('log.one-by-one', { replicas: 2 }));
    expect(said).toContainEqual(expect.stringMatching(/^The StatefulSet has 2 replicas \(RollingUpdate\)/));
  });

  it('is refused where its pods, one after another, need longer than the timeout', async () => {
    const { report, codes, server } = await run({ inputs: { soak: '30s', timeout: '60s' } });
    expect([report.outcome, codes, server.patches]).toEqual(['refused', ['input.soak'], 0]);
    expect(explain(report.problems[0] ?? problem('run.cancelled', {})).what).toContain(
      'its 2 pods one after another: that takes 1 m 00 s',
    );
    expect((await run({ inputs: { soak: '29s', timeout: '60s' } })).codes).not.toContain('input.soak');
  });

  it('of one replica says that users are without it meanwhile', async () => {
    const { report, said } = await run({ workload: statefulSet(({ spec }) => Object.assign(spec, { replicas: 1 })) });
    expect(report.outcome).toBe('deployed');
    expect(said).toContainEqual(expect.stringContaining('users are without the app meanwhile'));
  });

  it('gets new pods of the same image by a restart', async () => {
    const before = [`${NAME}-0-made-0`, `${NAME}-1-made-1`];
    const { report, cluster } = await run({ inputs: { operation: 'restart' } });
    expect(report.outcome).toBe('restarted');
    expect(imagesOf(cluster)).toEqual(all(OLD_IMAGE));
    expect(uidsOf(cluster).filter((uid) => before.includes(uid))).toEqual([]);
  });

  it('gets an image that the registry has by a redeploy', async () => {
    const digest = `sha256:${'2'.repeat(64)}`;
    const found = { manifest: { digest }, image: { config: { Labels: {} }, rootfs: {} } };
    const inputs = { operation: 'redeploy', version: 'v1' };
    const { report, cluster } = await run({ inputs, registry: () => exited(0, JSON.stringify(found)) });
    expect(report.outcome).toBe('deployed');
    expect(imagesOf(cluster)).toEqual(all(`caringnote/${NAME}:v1@${digest}`));
  });

  it('goes back to the version before by a rollback', async () => {
    const older = `caringnote/${NAME}:older@sha256:${'3'.repeat(64)}`;
    const history = [older, OLD_IMAGE].map(
      (image): HistoryEntry => ({ id: image, image, run: '', at: '', outcome: 'deployed' }),
    );
    const workload = statefulSet(({ metadata }) => {
      metadata.annotations = { [annotations.history]: printHistory(history) };
    });
    const { report, cluster } = await run({ workload, inputs: { operation: 'rollback' } });
    expect(report.outcome).toBe('rolled-back');
    expect(imagesOf(cluster)).toEqual(all(older));
  });

  it('is told of by a plan, which changes nothing', async () => {
    const { report, server } = await run({ inputs: { 'dry-run': 'true' } });
    expect([report.outcome, server.patches]).toEqual(['planned', 0]);
    expect(report.plan?.steps.join('\n')).toContain(`of statefulset/${NAME}`);
  });
});

describe('a bad version of a StatefulSet', () => {
  it('is put back, and the broken pod that is in the way is deleted: that very one', async () => {
    const { report, cluster, server, codes } = await run({ fates: bad });
    expect(report).toMatchObject({ outcome: 'failed-rolled-back', serving: 'old', revision: `${NAME}-0` });
    expect(codes).toEqual(['cause.crash']);
    // The first two were there before, the third is the broken one.
    expect(cluster.deleted).toEqual([`${NAME}-1-made-2`]);
    expect(uidsOf(cluster)).toEqual([`${NAME}-0-made-0`, `${NAME}-1-made-3`]);
    expect(imagesOf(cluster)).toEqual(all(OLD_IMAGE));
    expect(server.object.spec?.template.spec?.containers[0]?.image).toBe(OLD_IMAGE);
  });

  it('stays in the way where the deploy user may not delete it: that is told before and after, with what to do', async () => {
    const { report, cluster, codes, told, server } = await run({ fates: bad, mayDelete: false });
    expect(report.outcome).toBe('failed-rollback-failed');
    expect(report.warnings).toEqual([line('log.no-delete', { namespace: 'default' })]);
    expect(codes).toEqual(['cause.crash', 'rollback.blocked']);
    expect(told).toContain(`waits for the broken pod ${NAME}-1`);
    expect(told).toContain(`kubectl delete pod ${NAME}-1 -n default`);
    expect(report.wayBack?.command).toMatch(
      /^kubectl set image statefulset\/\S+ \S+:old@\S+ -n default && kubectl delete pod caring-note-api-1 -n default$/,
    );
    expect(server.object.spec?.template.spec?.containers[0]?.image).toBe(OLD_IMAGE);
    expect(imagesOf(cluster)).toEqual({ [`${NAME}-0`]: OLD_IMAGE, [`${NAME}-1`]: IMAGE });
  });

  it('needs no deletion under the policy Parallel, and no right to it', async () => {
    const { report, cluster, codes } = await run({ workload: parallel(), fates: bad, mayDelete: false });
    expect(report).toMatchObject({ outcome: 'failed-rolled-back', warnings: [] });
    expect(codes).toEqual(['cause.crash']);
    expect(cluster.deleted).toEqual([]);
    expect(imagesOf(cluster)).toEqual(all(OLD_IMAGE));
  });

  it('needs no right to delete pods where it is not to be put back', async () => {
    const inputs = { 'rollback-on-failure': 'false' };
    const { report, cluster } = await run({ fates: bad, mayDelete: false, inputs });
    expect(report).toMatchObject({ outcome: 'failed', warnings: [] });
    expect(cluster.deleted).toEqual([]);
  });

  it('that a restart brings up is taken back: its broken pod is deleted too', async () => {
    const fates: Record<string, 'crashes' | 'serves'> = { [OLD_IMAGE]: 'crashes' };
    const onEvidence = () => {
      fates[OLD_IMAGE] = 'serves';
    };
    const { report, cluster } = await run({ fates, onEvidence, inputs: { operation: 'restart' } });
    expect(report.outcome).toBe('failed-rolled-back');
    expect(cluster.deleted).toEqual([`${NAME}-1-made-2`]);
  });
});

describe('the partition of a StatefulSet', () => {
  it('keeps pods of the version before: that is told, and good', async () => {
    const { report, cluster } = await run({ workload: parted(1) });
    expect(report).toMatchObject({ outcome: 'deployed', serving: 'split' });
    expect(report.warnings).toEqual([line('log.partition', { kept: 1, replicas: 2 })]);
    expect(imagesOf(cluster)).toEqual({ [`${NAME}-0`]: OLD_IMAGE, [`${NAME}-1`]: IMAGE });
  });

  it('does not keep a bad version from being put back', async () => {
    const { report, cluster } = await run({ workload: parted(1), fates: bad });
    expect(report).toMatchObject({ outcome: 'failed-rolled-back', serving: 'old' });
    expect(cluster.deleted).toEqual([`${NAME}-1-made-2`]);
    expect(imagesOf(cluster)).toEqual(all(OLD_IMAGE));
  });

  it('that covers all of its pods is refused before anything is changed', async () => {
    const { report, codes, server } = await run({ workload: parted(2) });
    expect([report.outcome, codes, server.patches]).toEqual(['refused', ['workload.partition'], 0]);
  });
});
