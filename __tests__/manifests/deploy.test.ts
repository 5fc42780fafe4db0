import type { Anything, Deployment } from '../../src/kubectl/objects';
import { annotations } from '../../src/workload/annotations';
import { printHistory } from '../../src/workload/history';
import { IMAGE, type Reach, run, URL_ASKED } from '../fakes/world';
import { deployment, OLD_IMAGE } from '../workload/deployment';
import { AnyServer } from './api-server';

const map = (name: string, data: object): Anything => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});
const manifestsOf = (...objects: Anything[]) =>
  objects.map((object, line) => ({ object, at: { file: 'a.yaml', line } }));
const OLD = map('old', { x: '1' });
const GIVEN = manifestsOf(map('old', { x: '2' }), map('new', {}));
const bad = { fates: { [IMAGE]: 'crashes' as const } };
const THEIRS = { labels: { theirs: 'yes' } };
const HELD = {
  [annotations.hold]: JSON.stringify({ id: 'other', url: 'https://example.org/other' }),
  [annotations.deployId]: 'other',
};
const DELETE = 'kubectl delete configmap/new -n default';

describe('a deploy with manifests', () => {
  it('applies them before the workload, and shows what changes', async () => {
    const { report, objects, said, commands } = await run({ manifests: GIVEN, objects: new AnyServer([OLD]) });
    expect([report.outcome, report.warnings]).toEqual(['deployed', []]);
    expect([objects.get('configmap/old').data, objects.objects.has('configmap/new')]).toEqual([{ x: '2' }, true]);
    expect(report.changes).toEqual(['  configmap/old', '- data.x: "1"', '+ data.x: "2"', '+ configmap/new (new)']);
    expect(said).toEqual(expect.arrayContaining(['Changed configmap/old', 'Created configmap/new']));
    const place = (what: string) => commands.findIndex((each) => each.includes(what));
    expect(place('--server-side')).toBeLessThan(place(' patch '));
  });

  it('takes fields over that are as the manifests say, and tells it as no change', async () => {
    const objects = new AnyServer([map('old', { x: '2' })]);
    objects.managers.set('configmap/old', 'kubectl-client-side-apply');
    const { report, said } = await run({ manifests: manifestsOf(map('old', { x: '2' })), objects });
    expect([report.outcome, report.changes]).toEqual(['deployed', []]);
    expect(said).toContain('Applied the manifest of configmap/old');
  });

  it('that changes only settings says that pods go on without them', async () => {
    const there = deployment(({ spec }) => Object.assign(spec.template.spec?.containers[0] ?? {}, { image: IMAGE }));
    const { report } = await run({ manifests: GIVEN, objects: new AnyServer([OLD]), workload: there });
    expect(report.outcome).toBe('unchanged');
    expect(report.warnings).toEqual([expect.stringMatching(/^configmap\/old changed, but not the pods' template/)]);
  });

  it('puts back what it has changed where the version is bad, and says what it has created', async () => {
    const { report, objects, said } = await run({ ...bad, manifests: GIVEN, objects: new AnyServer([OLD]) });
    expect([report.outcome, objects.get('configmap/old').data]).toEqual(['failed-rolled-back', { x: '1' }]);
    expect(said).toContain('configmap/old is as it was before this deploy');
    expect(report.warnings).toEqual([expect.stringContaining(DELETE)]);
    expect(objects.objects.has('configmap/new')).toBe(true);
  });

  it('leaves alone what somebody else has changed meanwhile', async () => {
    const objects = new AnyServer([OLD]);
    const onEvidence = () => void objects.store({ ...objects.get('configmap/old'), data: { x: '3' } });
    const { report } = await run({ ...bad, onEvidence, manifests: GIVEN, objects });
    expect([report.outcome, objects.get('configmap/old').data]).toEqual(['failed-rolled-back', { x: '3' }]);
    expect(report.warnings).toContain('configmap/old was changed by somebody else meanwhile: that change stays');
  });

  it('puts back before the workload goes back, whose pods read it when they start', async () => {
    const { commands } = await run({ ...bad, manifests: GIVEN, objects: new AnyServer([OLD]) });
    const places = commands.flatMap((each, index) => (each.includes(' patch ') ? [{ each, index }] : []));
    expect(places.map(({ each }) => / patch (\S+)/.exec(each)?.[1])).toEqual([
      ...['deployments.apps/caring-note-api', 'ConfigMap.v1./old', 'deployments.apps/caring-note-api'],
      'deployments.apps/caring-note-api',
    ]);
  });

  it.each([
    ['somebody else has changed', ({ spec }: Deployment) => void Object.assign(spec?.template.metadata ?? {}, THEIRS)],
    ['another run has taken over', ({ metadata }: Deployment) => void Object.assign(metadata?.annotations ?? {}, HELD)],
  ])('leaves it all where the workload is one that %s meanwhile: it may be theirs', async (_, change) => {
    const onEvidence = ({ server }: Reach) => server.touch(change);
    const { report, objects } = await run({ ...bad, onEvidence, manifests: GIVEN, objects: new AnyServer([OLD]) });
    expect([report.outcome, objects.get('configmap/old').data]).toEqual(['superseded', { x: '2' }]);
    expect(report.warnings).toContain('This deploy has changed configmap/old, and nothing has put that back');
  });

  it("that changed no workload leaves it too where that is somebody else's by now", async () => {
    const good = { id: 'before', image: OLD_IMAGE, run: '', at: '', outcome: 'deployed' };
    const failed = { ...good, id: 'bad', image: IMAGE, outcome: 'failed' };
    const workload = deployment(({ spec, metadata }) => {
      Object.assign(spec.template.spec?.containers[0] ?? {}, { image: IMAGE });
      Object.assign(metadata.annotations ?? {}, { [annotations.history]: printHistory([good, failed]) });
    });
    const onEvidence = ({ server }: Reach) =>
      server.touch(({ spec }) => void Object.assign(spec?.template.metadata ?? {}, THEIRS));
    const given = { ...bad, workload, onEvidence, manifests: GIVEN, objects: new AnyServer([OLD]) };
    const { report, objects } = await run({ ...given, inputs: { 'verify-url': URL_ASKED }, url: 500 });
    expect([report.outcome, objects.get('configmap/old').data]).toEqual(['superseded', { x: '2' }]);
  });

  it.each<[string, object, ((reach: Reach) => void) | undefined, string]>([
    ['is out of sight', {}, ({ leave }) => leave(), 'unknown'],
    ['another run is at work on', HELD, undefined, 'failed-no-previous'],
  ])('puts nothing back where it found its image on a workload that %s', async (_, held, onApplied, outcome) => {
    const workload = deployment(({ spec, metadata, status }) => {
      Object.assign(spec.template.spec?.containers[0] ?? {}, { image: IMAGE });
      Object.assign(metadata.annotations ?? {}, held);
      Object.assign(status ?? {}, { availableReplicas: 0 });
    });
    const objects = new AnyServer([OLD]);
    const given = { workload, manifests: GIVEN.slice(0, 1), objects, ...(onApplied && { onApplied }) };
    const { report } = await run({ ...given, inputs: { 'verify-url': URL_ASKED, timeout: '60s' }, url: 500 });
    expect([report.outcome, objects.get('configmap/old').data]).toEqual([outcome, { x: '2' }]);
    expect(report.problems.map(({ code }) => code)).not.toContain('manifests.not-restored');
    expect(report.warnings).toContain('This deploy has changed configmap/old, and nothing has put that back');
  });

  it('puts nothing back where it is not known whose the workload is', async () => {
    const onEvidence = ({ leave }: Reach) => leave();
    const { report, objects } = await run({ ...bad, onEvidence, manifests: GIVEN, objects: new AnyServer([OLD]) });
    expect([report.outcome, objects.get('configmap/old').data]).toEqual(['failed-rollback-failed', { x: '2' }]);
  });

  it('leaves it to another run that was at work when it came to the workload, and may build on it', async () => {
    let isHeld = false;
    const { report, objects } = await run({
      manifests: GIVEN,
      objects: new AnyServer([OLD]),
      onApplied: ({ server }) => {
        if (isHeld) return;
        isHeld = true;
        server.touch(({ metadata }) => void Object.assign(metadata?.annotations ?? {}, HELD));
      },
      onPatched: ({ cancel }) => cancel.abort(),
    });
    expect([report.outcome, objects.get('configmap/old').data]).toEqual(['cancelled', { x: '2' }]);
    expect(report.warnings).toContain('This deploy has changed configmap/old, and nothing has put that back');
  });

  it.each([
    ['changed it again: back to that, and not to what was before', { x: '3' }, { x: '3' }, []],
    [
      'left it as it was: there it stays',
      { x: '2' },
      { x: '2' },
      [expect.stringContaining('nothing has put that back')],
    ],
  ])('that another run has come before, and that has %s', async (_, data, expected, warnings) => {
    let applied = 0;
    const objects = new AnyServer([OLD]);
    const { report } = await run({
      ...bad,
      manifests: manifestsOf(map('old', { x: '2' })),
      objects,
      onApplied: ({ server }) => {
        if (applied++ > 0) return;
        server.touch(({ metadata }) => void Object.assign(metadata?.annotations ?? {}, HELD));
      },
      // When it is asked whether it is still at work it has just ended.
      onPatched: ({ server }) => {
        if (server.object.metadata?.annotations?.[annotations.hold] !== HELD[annotations.hold]) return;
        objects.store({ ...objects.get('configmap/old'), data });
        server.touch(({ metadata }) => void Object.assign(metadata?.annotations ?? {}, { [annotations.hold]: '' }));
      },
    });
    expect([report.outcome, objects.get('configmap/old').data]).toEqual(['failed-rolled-back', expected]);
    expect(report.warnings).toEqual(warnings);
  });

  it('says what could not be put back', async () => {
    const objects = new AnyServer([OLD]);
    const stderr = 'Error from server (Forbidden): configmaps "old" is forbidden: User "x" cannot patch';
    const onEvidence = () => void objects.fates.push({ stderr });
    const { report, codes } = await run({ ...bad, onEvidence, manifests: GIVEN, objects });
    expect(report.outcome).toBe('failed-rolled-back');
    expect(codes).toContain('manifests.not-restored');
  });

  it('leaves everything as it is where it is to put nothing back', async () => {
    const inputs = { 'rollback-on-failure': 'false' };
    const { report, objects } = await run({ ...bad, inputs, manifests: GIVEN, objects: new AnyServer([OLD]) });
    expect([report.outcome, objects.get('configmap/old').data]).toEqual(['failed', { x: '2' }]);
  });

  it('puts back what it has applied where the next is refused, and ends before the workload was touched', async () => {
    const objects = new AnyServer([OLD]);
    const stderr = 'The Service "new" is invalid: spec: Invalid value';
    objects.fates.push('answered', { stderr });
    const { report, server, codes } = await run({ manifests: GIVEN, objects });
    expect([report.outcome, codes, server.patches]).toEqual(['refused', ['manifests.rejected'], 0]);
    expect(objects.get('configmap/old').data).toEqual({ x: '1' });
  });

  it('that is refused after it has created something has failed, and says so', async () => {
    const stderr = 'The Service "new" is invalid: spec: Invalid value';
    const objects = new AnyServer();
    objects.fates.push('answered', { stderr });
    const { report } = await run({ manifests: manifestsOf(map('new', {}), map('more', {})), objects });
    expect([report.outcome, report.serving]).toEqual(['failed', 'unknown']);
    expect(report.warnings).toEqual([expect.stringContaining(DELETE)]);
  });

  it('ends before anything is changed where another manager holds a field', async () => {
    const objects = new AnyServer([OLD]);
    objects.against.set('configmap/old', 'error: Apply failed with 1 conflict: conflict with "helm" using v1: .data.x');
    const { report, codes, server } = await run({ manifests: GIVEN, objects });
    expect([report.outcome, codes, server.patches]).toEqual(['refused', ['manifests.conflict'], 0]);
    expect(objects.get('configmap/old').data).toEqual({ x: '1' });
  });
});

describe('a plan with manifests', () => {
  const inputs = { 'dry-run': 'true' };
  const workload: Anything = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'caring-note-api', namespace: 'default' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { spec: { containers: [{ name: 'api', image: 'IMAGE' }] } },
    },
  };

  it('says what would be applied, and applies nothing', async () => {
    const { report, objects } = await run({ inputs, manifests: GIVEN, objects: new AnyServer([OLD]) });
    expect(report.plan?.steps).toContain('Apply configmap/old, configmap/new');
    expect(report.plan?.diff).toEqual(expect.arrayContaining(['- data.x: "1"', '+ data.x: "2"']));
    expect(objects.get('configmap/old').data).toEqual({ x: '1' });
  });

  it('says that the workload would be made, and compares it with nothing', async () => {
    const { report, said } = await run({ inputs, manifests: manifestsOf(workload) });
    expect(said).toContain('There is no Deployment "caring-note-api" yet: the manifests make it');
    expect([report.outcome, report.previousImage]).toEqual(['planned', '']);
    expect(report.plan?.diff.filter((each) => each.startsWith('-'))).toEqual([]);
    expect(report.plan?.diff).toContain('+ deployment/caring-note-api (new)');
  });

  it('says of a namespace that the manifests make that nothing in it can be tried out', async () => {
    const space: Anything = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } };
    const { report, said, objects } = await run({
      inputs,
      hasNamespace: false,
      manifests: manifestsOf(space, workload),
    });
    expect([report.outcome, objects.calls]).toEqual(['planned', ['get 2', 'apply dry 1']]);
    expect(said.filter((each) => each.startsWith('A trial of the change'))).toEqual([]);
    expect(said).toContain(
      'The namespace default is not there: the manifests make it, and nothing in it can be tried out before',
    );
  });

  it('is refused where nobody makes the namespace', async () => {
    const { report, codes } = await run({ inputs, hasNamespace: false, manifests: manifestsOf(workload) });
    expect([report.outcome, codes]).toEqual(['refused', ['workload.no-namespace']]);
  });
});
