import type { DeploymentStatus, NewDeployment } from '../../src/report/deployment';
import { type DeploymentsApi, endLeft, GitHubDeployment } from '../../src/report/github-deployment';
import type { Problem } from '../../src/words/words';
import { configOf, RUN } from '../inputs/sample';
import { ManualClock } from '../transport/manual-clock';
import { endedAs } from './reports';

const CHANGE = { image: 'user/app:v1', commit: RUN.sha };
const forever = <T>() => new Promise<T>(() => {});
const refused = (status: number) => Object.assign(new Error('no'), { response: { status, headers: {} } });

/** A run and what GitHub hears of it; what is given takes the place of a call that is answered. */
function start(given: Partial<DeploymentsApi> = {}) {
  const created: NewDeployment[] = [];
  const statuses: DeploymentStatus['state'][] = [];
  const warned: Problem[] = [];
  const notes: string[] = [];
  let left = '';
  const clock = new ManualClock();
  const api: DeploymentsApi = {
    create: async (deployment) => {
      created.push(deployment);
      return given.create ? given.create(deployment) : 42;
    },
    setStatus: async (id, status) => {
      statuses.push(status.state);
      await given.setStatus?.(id, status);
    },
  };
  const warn = (about: Problem) => void warned.push(about);
  const remember = (text: string) => {
    left = text;
  };
  const tools = { api, clock, warn, remember, log: { info: (text: string) => void notes.push(text) } };
  const run = new GitHubDeployment(configOf(), tools);
  const post = () => (left === '' ? undefined : endLeft(left, { run: RUN }, { api, warn }));
  return { run, clock, created, statuses, warned, notes, left: () => left, post };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a run among the deployments on GitHub', () => {
  it('is under way, and then what it ended as, and leaves nothing to the post step', async () => {
    const { run, statuses, left, warned } = start();
    run.begin(CHANGE);
    await settle();
    expect([statuses, JSON.parse(left())]).toEqual([['in_progress'], { id: 42 }]);
    await run.end(endedAs('deployed'));
    expect([statuses, left(), warned]).toEqual([['in_progress', 'success'], '', []]);
  });

  it('that puts nothing into the workload makes none', async () => {
    const { run, created, left } = start();
    await run.end(endedAs('refused'));
    expect([created, left()]).toEqual([[], '']);
  });

  it('of an image whose commit nobody knows makes none, and says so', async () => {
    const { run, created, notes, statuses } = start();
    run.begin({ image: 'user/app:v1', commit: '' });
    await run.end(endedAs('rolled-back'));
    expect([created, statuses]).toEqual([[], []]);
    expect(notes).toEqual([expect.stringContaining('user/app:v1')]);
  });

  it('that has ended before GitHub answers is never shown as under way', async () => {
    let answer = (_: number) => {};
    const { run, statuses } = start({ create: () => new Promise((resolve) => (answer = resolve)) });
    run.begin(CHANGE);
    const ending = run.end(endedAs('deployed'));
    answer(42);
    await ending;
    expect(statuses).toEqual(['success']);
  });

  it('that GitHub refuses ends as it would, with one warning', async () => {
    const { run, warned, statuses } = start({ create: () => Promise.reject(refused(403)) });
    run.begin(CHANGE);
    await run.end(endedAs('deployed'));
    expect(warned.map(({ params }) => params)).toEqual([{ apiFault: 'right', detail: '403 no' }]);
    expect(statuses).toEqual([]);
  });

  it('waits a second for an answer and no longer, and says that there was none', async () => {
    const { run, clock, warned } = start({ create: forever });
    run.begin(CHANGE);
    let hasEnded = false;
    const ending = run.end(endedAs('cancelled')).then(() => {
      hasEnded = true;
    });
    clock.pass(999);
    await settle();
    expect(hasEnded).toBe(false);
    clock.pass(1);
    await ending;
    expect(warned.map(({ params }) => params)).toEqual([{ apiFault: 'silent', detail: '' }]);
  });

  it.each<[string, DeploymentsApi['setStatus']]>([
    ['does not answer', forever],
    ['fails', () => Promise.reject(refused(500))],
  ])('leaves its end to the post step where GitHub %s', async (_, fate) => {
    let isOver = false;
    const setStatus: DeploymentsApi['setStatus'] = (id, status) =>
      status.state === 'in_progress' || isOver ? Promise.resolve() : fate(id, status);
    const { run, clock, statuses, warned, post } = start({ setStatus });
    run.begin(CHANGE);
    await settle();
    const ending = run.end(endedAs('failed-rolled-back'));
    await settle();
    clock.pass(1_000);
    await ending;
    isOver = true;
    await post();
    expect([statuses, warned]).toEqual([['in_progress', 'failure', 'failure'], []]);
  });

  it('that was killed is an error, by the post step', async () => {
    const { run, statuses, post } = start();
    run.begin(CHANGE);
    await settle();
    await post();
    expect(statuses).toEqual(['in_progress', 'error']);
  });

  it('is warned of in the post step where that fails too', async () => {
    const { run, warned, post } = start({
      setStatus: async (_, { state }) => {
        if (state !== 'in_progress') throw refused(500);
      },
    });
    run.begin(CHANGE);
    await run.end(endedAs('deployed'));
    expect(warned).toEqual([]);
    await post();
    expect(warned.map(({ params }) => params)).toEqual([{ apiFault: 'trouble', detail: '500 no' }]);
  });
});
