import fc from 'fast-check';
import type { ContainerStatus } from '../../src/kubectl/objects';
import { type ContainerMemory, type Memory, remember } from '../../src/rollout/memory';
import { newPods } from '../../src/rollout/snapshot';
import { APP, ended, podOf, status, waiting } from './cluster';
import { recording } from './replay';

const podsIn = (more: Partial<ContainerStatus>, uid = 'uid-p') => [
  podOf('p', { metadata: { uid }, status: { containerStatuses: [status(more)] } }),
];
const after = (looks: readonly Partial<ContainerStatus>[], from: Memory = {}): ContainerMemory | undefined =>
  looks.reduce<Memory>((memory, look) => remember(memory, podsIn(look)), from)[`uid-p/${APP}`];

const said = 'rpc error: code = NotFound desc = 127.0.0.1:5080/quick:nope: not found';
const failing = waiting('ErrImagePull', said);
const away = waiting('RegistryUnavailable', 'registry is not reachable');
const backOff = waiting('ImagePullBackOff', 'Back-off pulling image "127.0.0.1:5080/quick:nope"');
const backOffWithText = waiting(
  'ImagePullBackOff',
  `Back-off pulling image "127.0.0.1:5080/quick:nope": ErrImagePull: ${said}`,
);
const creating = waiting('ContainerCreating');

describe('the pulls of an image that failed', () => {
  it.each<[string, number, Partial<ContainerStatus>[]]>([
    ['none, while nothing has failed', 0, [creating, creating]],
    ['one that is seen', 1, [creating, failing]],
    ['one that is seen again and again', 1, [failing, failing, failing]],
    ['one, and the wait after it', 1, [failing, backOff, backOff]],
    ['one that is seen only by the wait after it', 1, [creating, backOff, backOff]],
    ['two with a wait between them', 2, [failing, backOff, failing]],
    ['two of which the first was seen only by its wait', 2, [backOff, failing]],
    ['two with a new try between them', 2, [failing, creating, failing]],
    ['three', 3, [failing, backOff, failing, backOff, failing, backOff]],
    ['one of a registry that is away', 1, [away, away, backOff]],
  ])('are counted: %s', (_, failedPulls, looks) => expect(after(looks)).toMatchObject({ failedPulls }));

  it.each<[string, string, Partial<ContainerStatus>[]]>([
    ['as the failure said it', said, [failing]],
    ['when an older kubelet drops it while it waits', said, [failing, backOff]],
    ['when the wait is the first thing that is seen', `ErrImagePull: ${said}`, [backOffWithText]],
    ['when the next try begins', said, [failing, backOff, creating]],
    ['as the newest failure has it', 'something else', [failing, backOff, waiting('ErrImagePull', 'something else')]],
    ['when a failure has no text', said, [failing, backOff, waiting('ErrImagePull')]],
    ['as nothing, where nobody said anything', '', [backOff]],
  ])('have a text that is kept %s', (_, pullText, looks) => expect(after(looks)).toMatchObject({ pullText }));

  it('are those of one pod: another pod of the same name begins anew', () => {
    const memory = remember(remember({}, podsIn(failing)), podsIn(failing, 'uid-other'));
    expect(memory).toEqual({ [`uid-other/${APP}`]: expect.objectContaining({ failedPulls: 1 }) });
  });

  it('count for init containers too', () => {
    const pod = podOf('p', { status: { initContainerStatuses: [status({ name: 'migrate', ...failing })] } });
    expect(remember({}, [pod])['uid-p/migrate']).toMatchObject({ failedPulls: 1, pullText: said });
  });
});

describe('the ends for want of memory', () => {
  const killed = ended('OOMKilled');
  const running = { running: {} };
  const looping = { waiting: { reason: 'CrashLoopBackOff' } };
  it.each<[string, number, Partial<ContainerStatus>[]]>([
    ['none', 0, [{ state: running }]],
    ['none of another end', 0, [{ state: ended('Error', 1), restartCount: 0 }]],
    ['the first', 1, [{ state: killed }]],
    [
      'the first, and what comes after it',
      1,
      [{ state: killed }, { state: running, lastState: killed, restartCount: 1 }],
    ],
    ['one that is seen only after the restart', 1, [{ state: running, lastState: killed, restartCount: 1 }]],
    ['two in one look', 2, [{ state: killed, lastState: killed, restartCount: 1 }]],
    [
      'two, with everything that shows them',
      2,
      [
        { state: killed },
        { state: running, lastState: killed, restartCount: 1 },
        { state: killed, lastState: killed, restartCount: 1 },
        // The kubelet counts a restart when it makes it, so this wait is after the end of the second run.
        { state: looping, lastState: killed, restartCount: 1 },
        { state: running, lastState: killed, restartCount: 2 },
      ],
    ],
    [
      'two of which the second is seen only by the wait after it',
      2,
      [
        { state: running, lastState: killed, restartCount: 1 },
        { state: looping, lastState: killed, restartCount: 1 },
      ],
    ],
    [
      'one that came after an end of another kind',
      1,
      [
        { state: ended('Error', 1) },
        { state: killed, lastState: ended('Error', 1), restartCount: 1 },
        { state: looping, lastState: killed, restartCount: 1 },
      ],
    ],
    [
      'two with another end between them',
      2,
      [{ state: killed }, { state: ended('Error', 1), restartCount: 1 }, { state: killed, restartCount: 2 }],
    ],
  ])('are counted by restart: %s', (_, count, looks) => expect(after(looks)?.oomEnds).toHaveLength(count));
});

it.each(['oom-killed', 'image-not-found', 'pull-rate-limit', 'crash-at-once', 'init-container-fails'])(
  'of the recording %s, seeing a look again adds nothing',
  (name) => {
    let memory: Memory = {};
    for (const look of recording(name)) {
      const pods = newPods(look);
      memory = remember(memory, pods);
      expect(remember(memory, pods)).toEqual(memory);
    }
  },
);

it('seeing any look again adds nothing', () => {
  const state = fc.oneof(
    fc
      .tuple(
        fc.constantFrom('ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable', 'CrashLoopBackOff'),
        fc.string(),
      )
      .map(([reason, message]) => ({ waiting: { reason, message } })),
    fc.constantFrom(ended('OOMKilled'), ended('Error', 1), { running: {} }),
  );
  const look = fc.record({ state, lastState: state, restartCount: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(look), (looks) => {
      let memory: Memory = {};
      for (const each of looks) {
        memory = remember(memory, podsIn(each));
        expect(remember(memory, podsIn(each))).toEqual(memory);
      }
    }),
  );
});
