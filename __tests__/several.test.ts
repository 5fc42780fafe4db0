import { annotations } from '../src/workload/annotations';
import { historyOf } from '../src/workload/history';
import { IMAGE, run, URL_ASKED } from './fakes/world';
import { AnyServer } from './manifests/api-server';
import type { ApiServer } from './workload/api-server';
import { deployment, OLD_IMAGE } from './workload/deployment';

const several = { deployment: 'caring-note-api\nworker', container: 'caring-note-api' };
const imageOf = (server: ApiServer | undefined) => server?.object.spec?.template.spec?.containers[0]?.image;

describe('several workloads of one image', () => {
  it('are deployed together', async () => {
    const { report, server, worker } = await run({ inputs: several, worker: {} });
    expect(report.outcome).toBe('deployed');
    expect(report.parts?.map(({ deployment, outcome }) => [deployment, outcome])).toEqual([
      ['caring-note-api', 'deployed'],
      ['worker', 'deployed'],
    ]);
    expect([imageOf(server), imageOf(worker)]).toEqual([IMAGE, IMAGE]);
  });

  it('are all put back where one is bad', async () => {
    const { report, server, worker, codes } = await run({ inputs: several, worker: { fates: { [IMAGE]: 'crashes' } } });
    expect(report.outcome).toBe('failed-rolled-back');
    expect(codes).toEqual(['cause.crash', 'rollout.sibling']);
    expect([imageOf(server), imageOf(worker)]).toEqual([OLD_IMAGE, OLD_IMAGE]);
  });

  it('say once what of the manifests could not be put back', async () => {
    const metadata = { name: 'a', namespace: 'default' };
    const map = (x: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { x } });
    const objects = new AnyServer([map('1')]);
    const stderr = 'Error from server (Forbidden): configmaps "a" is forbidden: User "x" cannot patch';
    const onEvidence = () => void objects.fates.push({ stderr });
    const manifests = [{ object: map('2'), at: { file: 'a.yaml', line: 1 } }];
    const given = {
      inputs: several,
      fates: { [IMAGE]: 'crashes' as const },
      worker: {},
      manifests,
      objects,
      onEvidence,
    };
    const { report, codes } = await run(given);
    expect(report.outcome).toBe('failed-rolled-back');
    expect(codes.filter((code) => code === 'manifests.not-restored')).toHaveLength(1);
  });

  it('stay where nothing is to be put back: the good one is watched to its end', async () => {
    const inputs = { ...several, 'rollback-on-failure': 'false' };
    const { report, server, worker } = await run({ inputs, fates: { [IMAGE]: 'crashes' }, worker: {} });
    expect(report.outcome).toBe('failed');
    expect(report.parts?.map(({ outcome }) => outcome)).toEqual(['failed', 'deployed']);
    expect([imageOf(server), imageOf(worker)]).toEqual([IMAGE, IMAGE]);
  });

  it('are put back where another one is refused by the cluster', async () => {
    const refused = { stderr: 'The Deployment "worker" is invalid: spec: Forbidden' };
    const { report, server, worker, codes } = await run({ inputs: several, worker: { patches: [refused] } });
    expect(report.parts?.map(({ outcome }) => outcome)).toEqual(['failed-rolled-back', 'refused']);
    expect(report.outcome).toBe('failed-rolled-back');
    expect(codes).toEqual(['workload.rejected', 'rollout.sibling']);
    expect([imageOf(server), imageOf(worker)]).toEqual([OLD_IMAGE, OLD_IMAGE]);
  });

  it('have each a word in the report, also where the turn never came to one', async () => {
    const refused = { stderr: 'The Deployment "worker" is invalid: spec: Forbidden' };
    const inputs = { ...several, deployment: 'caring-note-api\nworker\nworker-2', 'rollback-on-failure': 'false' };
    const { report } = await run({ inputs, worker: { patches: [refused] } });
    expect(report.parts?.map(({ deployment, outcome }) => [deployment, outcome])).toEqual([
      ['caring-note-api', 'deployed'],
      ['worker', 'refused'],
      ['worker-2', 'refused'],
    ]);
    expect(report.outcome).toBe('failed');
  });

  it('are not recorded as good where verify-url was never asked', async () => {
    const inputs = { ...several, 'rollback-on-failure': 'false', 'verify-url': URL_ASKED };
    const { report, server } = await run({ inputs, worker: { fates: { [IMAGE]: 'crashes' } } });
    expect(report.parts?.map(({ outcome }) => outcome)).toEqual(['deployed', 'failed']);
    expect(historyOf(server.object).at(-1)?.outcome).toBe('unknown');
  });

  it('are refused where a container is named that none of them has', async () => {
    const { report, server, codes } = await run({ inputs: { ...several, container: 'app' }, worker: {} });
    expect([report.outcome, codes]).toEqual(['refused', ['workload.no-container']]);
    expect(server.patches).toBe(0);
  });

  it('ask only the first for verify-path: a worker that listens nowhere is no obstacle', async () => {
    const workload = deployment(({ spec }) => {
      const [first] = spec.template.spec?.containers ?? [];
      if (first) first.ports = [{ containerPort: 8080 }];
    });
    const inputs = { ...several, 'verify-path': '/up' };
    const { report, codes, commands } = await run({ inputs, workload, worker: {} });
    expect([report.outcome, codes]).toEqual(['deployed', []]);
    expect(commands.some((each) => each.includes('web-1-abcde:8080/proxy/up'))).toBe(true);
  });

  it('answer for those that are written while another run is waited for', async () => {
    const other = { id: 'other', url: 'https://example.org/other' };
    const hold = {
      [annotations.hold]: JSON.stringify(other),
      [annotations.deployId]: other.id,
    };
    let isAsked = false;
    const { server, report } = await run({
      inputs: several,
      worker: { annotations: hold },
      onWorkerPatched: ({ server: first }) => {
        if (isAsked) return;
        isAsked = true;
        first.touch(({ metadata = {} }) => {
          metadata.annotations = { ...metadata.annotations, [annotations.asked]: 'third/1' };
        });
      },
    });
    expect(isAsked).toBe(true);
    expect(server.object.metadata?.annotations?.[annotations.answered]).toBe('third/1');
    expect(report.outcome).toBe('deployed');
  });

  it('have failed, and were not refused, where one stays changed and another one is refused', async () => {
    const refused = { stderr: 'The Deployment "worker" is invalid: spec: Forbidden' };
    const inputs = { ...several, 'rollback-on-failure': 'false' };
    const { report, server } = await run({ inputs, worker: { patches: [refused] } });
    expect(report.parts?.map(({ outcome }) => outcome)).toEqual(['deployed', 'refused']);
    expect(imageOf(server)).toBe(IMAGE);
    expect(report.outcome).toBe('failed');
  });

  it('are not blamed for verify-url where they were there before, and another one is new', async () => {
    const there = deployment(({ spec }) => Object.assign(spec.template.spec?.containers[0] ?? {}, { image: IMAGE }));
    const inputs = { ...several, 'verify-url': URL_ASKED };
    const { report, server, worker } = await run({ inputs, workload: there, url: 500, worker: {} });
    expect(report.parts?.map(({ outcome }) => outcome)).toEqual(['unchanged', 'failed-rolled-back']);
    expect([report.outcome, imageOf(server), imageOf(worker)]).toEqual(['failed-rolled-back', IMAGE, OLD_IMAGE]);
    expect(historyOf(server.object).filter(({ outcome }) => outcome.startsWith('failed'))).toEqual([]);
  });
});
