import { commitTime } from '../../src/image/commit';
import { RUN } from '../inputs/sample';
import { type Act, exited, FakeProcesses } from './processes';

const ask = async (git: Act, folder = '.', sha = RUN.sha) => {
  const processes = new FakeProcesses({ git });
  return { time: await commitTime(folder, sha, processes), processes };
};

describe('when the commit was made', () => {
  it('is asked of the repository that is built', async () => {
    const { time, processes } = await ask(exited(0, '2026-03-01T10:20:30+09:00\n'), 'web');
    expect(time).toBe('2026-03-01T10:20:30+09:00');
    const [{ argv = [] } = {}] = processes.calls;
    expect(argv.slice(0, 5)).toEqual(['git', '-c', 'safe.bareRepository=explicit', '-C', 'web']);
    expect(argv.at(-1)).toBe(RUN.sha);
  });

  it.each<[string, Act]>([
    ['does not know the commit', exited(128, '', 'fatal: bad object')],
    ['is not there', { kind: 'missing', detail: 'spawn git ENOENT' }],
    ['is killed', { kind: 'signalled', signal: 'SIGKILL' }],
    ['gives no answer in time', { kind: 'cancelled' }],
    ['says nothing', exited(0, '\n')],
  ])('is not known where git %s', async (_, git) => expect((await ask(git)).time).toBeFalsy());

  it.each(['', 'main', '--upload-pack=id', 'HEAD', `${RUN.sha.slice(0, 39)}x`, `${RUN.sha}\n`])(
    'is not asked of git for %j, which is no commit',
    async (sha) => {
      const { time, processes } = await ask(exited(0, 'x'), '.', sha);
      expect([time, processes.calls]).toEqual([undefined, []]);
    },
  );
});
