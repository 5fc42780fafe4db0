import type { Deployment } from '../../src/kubectl/objects';
import { annotations } from '../../src/workload/annotations';
import type { ImageChange } from '../../src/workload/changes';
import { printHistory } from '../../src/workload/history';
import { printHold } from '../../src/workload/hold';
import { planChange } from '../../src/workload/plan-change';
import { RUN } from '../inputs/sample';
import { deployment, OLD_IMAGE } from './deployment';

const AT = '2025-11-23T04:00:00.000Z';
const NAME = 'caring-note-api';
const BEFORE = '2024-01-01T00:00:00Z';
const planned = (change: Partial<ImageChange> = {}, workload: Deployment = deployment()) =>
  planChange(
    workload,
    {
      workload,
      container: { index: 0, name: NAME, image: OLD_IMAGE, hasReadinessProbe: false },
      soak: { set: 30, before: 0 },
      version: { image: 'a/new:1' },
      commit: '',
      ...change,
    },
    RUN,
    AT,
  );
const heldBy = (id: string) =>
  deployment(({ metadata }) =>
    Object.assign(metadata.annotations ?? {}, {
      [annotations.hold]: printHold({ ...RUN, id }),
      [annotations.deployId]: id,
    }),
  );

it.each<[boolean, string, Partial<ImageChange>, Deployment]>([
  [true, 'nobody is at work', {}, deployment()],
  [true, 'this run is at work itself', {}, heldBy(RUN.id)],
  [false, 'another run is at work', {}, heldBy('other')],
  [true, 'that one is gone', { isGone: () => true }, heldBy('other')],
  [true, 'it runs what the change was chosen by', { expected: OLD_IMAGE }, deployment()],
  [false, 'it runs something else', { expected: 'a/other:1' }, deployment()],
])('a change may be made (%s) where %s', (may, _, change, workload) => {
  expect(planned(change, workload) !== undefined).toBe(may);
});

it.each<[string, Partial<ImageChange>, (draft: Required<Deployment>) => void, object]>([
  ['the image that served', {}, () => {}, { lastGood: { image: OLD_IMAGE }, restartedAt: null }],
  [
    'none that was not complete',
    {},
    ({ status }) => Object.assign(status, { availableReplicas: 0 }),
    { restartedAt: null },
  ],
  [
    'whatever a restart found, and its time',
    { isRestart: true },
    ({ spec, status }) => {
      Object.assign(spec.template.metadata ?? {}, { annotations: { [annotations.restartedAt]: BEFORE } });
      Object.assign(status, { availableReplicas: 0 });
    },
    { lastGood: { image: OLD_IMAGE }, restartedAt: BEFORE },
  ],
  ['none by a tag that is overwritten unseen', { ran: { image: OLD_IMAGE } }, () => {}, { restartedAt: null }],
])('a change can be taken back to %s', (_, change, draft, back) => {
  const found = deployment(draft);
  expect(planned(change, found)?.before).toEqual({ found, replaced: { image: OLD_IMAGE }, ...back });
});

it('only a restart sets the time of one, and it says what it is', () => {
  const [deployed, restarted] = [planned()?.change, planned({ isRestart: true })?.change];
  expect([deployed?.restartedAt, restarted?.restartedAt]).toEqual([undefined, AT]);
  expect(deployed?.changeCause).not.toBe(restarted?.changeCause);
});

it('a container that the manifest adds is nothing that served before: a version gone back to leaves it its image', () => {
  const container = {
    ...{ index: 0, name: NAME, image: OLD_IMAGE, hasReadinessProbe: false },
    others: [{ list: 'containers', index: -1, name: 'added' } as const],
  };
  const version = { image: 'a/new:1', others: { added: 'a/new:1' } };
  const history = planned({ container, version })?.change.history ?? [];
  expect(history.map(({ outcome, others }) => [outcome, others])).toEqual([
    ['found', undefined],
    ['open', version.others],
  ]);
  const failed = history.map((each) => (each.outcome === 'open' ? { ...each, outcome: 'failed' } : each));
  const next = deployment(({ metadata, spec }) => {
    spec.template.spec?.containers.push({ name: 'added', image: 'a/new:1' });
    Object.assign(spec.template.spec?.containers[0] ?? {}, { image: 'a/new:1' });
    Object.assign(metadata.annotations ?? {}, { [annotations.history]: printHistory(failed) });
  });
  const before = planned({ container, version: { image: 'a/new:2', others: { added: 'a/new:2' } } }, next)?.before;
  expect(before?.lastGood).toEqual({ image: OLD_IMAGE, others: { added: 'a/new:1' } });
});
