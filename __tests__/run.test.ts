import { type Begun, type Run, wayBack } from '../src/run';
import { configOf } from './inputs/sample';
import { deployment, OLD_IMAGE } from './workload/deployment';
import { statefulSet } from './workload/stateful-set';

describe('the way back from a manifest', () => {
  const back = (before: object, current: 'old' | 'new', replaced = OLD_IMAGE) => {
    const version = { image: replaced };
    const given = {
      container: { name: 'a', index: 0 },
      lastGood: version,
      replaced: version,
      version: { image: 'a/b:c' },
    };
    const observer = { snapshot: () => ({ pods: [] }) };
    const begun = { ...given, observer, manifest: { before, after: {} } } as unknown as Begun;
    return wayBack({ config: configOf() } as Run, begun, current).wayBack?.command;
  };

  it('is the revision of before, also where no image of before is known', () => {
    const undo = 'kubectl rollout undo deployment/caring-note-api --to-revision=3 -n default';
    expect([back(deployment(), 'new'), back(deployment(), 'new', '')]).toEqual([undo, undo]);
  });

  it('is an undo for a StatefulSet, but not once that is back: it would bring the bad version again', () => {
    const undo = 'kubectl rollout undo deployment/caring-note-api -n default';
    expect([back(statefulSet(), 'new'), back(statefulSet(), 'old')]).toEqual([undo, undefined]);
  });
});
