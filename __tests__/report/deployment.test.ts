import { OUTCOMES, type Outcome } from '../../src/outcome';
import {
  apiProblem,
  begunStatus,
  type FinalState,
  finalStatus,
  lostStatus,
  newDeployment,
  refOf,
  stateOf,
} from '../../src/report/deployment';
import type { Report } from '../../src/report/report';
import { setLanguage } from '../../src/words/language';
import { configOf, RUN } from '../inputs/sample';
import { endedAs } from './reports';

const SHA = 'a'.repeat(40);
const DIGEST = `sha256:${'b'.repeat(64)}`;

describe('the state of a deployment', () => {
  const states: Record<Outcome, FinalState> = {
    deployed: 'success',
    unchanged: 'success',
    restarted: 'success',
    'rolled-back': 'success',
    failed: 'failure',
    'failed-rolled-back': 'failure',
    'failed-rollback-failed': 'failure',
    'failed-no-previous': 'failure',
    planned: 'error',
    refused: 'error',
    superseded: 'error',
    cancelled: 'error',
    unknown: 'error',
  };

  it.each(OUTCOMES)('after %s', (outcome) => expect(stateOf(outcome)).toBe(states[outcome]));

  it('makes the earlier ones inactive by a success alone', () => {
    for (const outcome of OUTCOMES) {
      const { auto_inactive } = finalStatus(endedAs(outcome), RUN.url);
      expect([outcome, auto_inactive]).toEqual([outcome, states[outcome] === 'success']);
    }
    expect([begunStatus(RUN.url), lostStatus(RUN.url)].map((each) => each.auto_inactive)).toEqual([false, false]);
  });
});

describe('what GitHub is told at the end', () => {
  afterEach(() => setLanguage('en'));

  it('names the outcome, in the language of the run', () => {
    expect(finalStatus(endedAs('deployed'), RUN.url).description).toBe('web: the new version serves');
    setLanguage('ko');
    expect(finalStatus(endedAs('deployed'), RUN.url).description).toBe('web: 새 버전이 서비스하고 있습니다');
  });

  it('has the address of the app where the report has it: after a success', () => {
    const at: Partial<Report> = { environmentUrl: 'https://example.org' };
    expect(finalStatus(endedAs('deployed', at), RUN.url)).toMatchObject({
      environment_url: 'https://example.org',
      log_url: RUN.url,
    });
    expect(finalStatus(endedAs('failed'), RUN.url)).not.toHaveProperty('environment_url');
  });

  it.each(['w'.repeat(253), '웹'.repeat(253), '😀'.repeat(253)])(
    'is no longer than GitHub takes: %.3s…',
    (deployment) => {
      const { description } = finalStatus(endedAs('failed-rollback-failed', { deployment }), RUN.url);
      expect([...description]).toHaveLength(140);
      expect(description).toMatch(/^(\p{Any})\1{138}…$/u);
    },
  );
});

describe('a new deployment', () => {
  it('starts no merge, waits for no checks, and is of the workload', () =>
    expect(newDeployment(configOf({ namespace: 'staging' }), SHA, `user/app:v1@${DIGEST}`)).toEqual({
      ref: SHA,
      environment: 'staging/caring-note-api',
      description: `user/app:v1@${DIGEST}`,
      auto_merge: false,
      required_contexts: [],
      transient_environment: false,
    }));

  it.each([
    ['the commit that was built', { image: `user/app:v1@${DIGEST}`, commit: SHA }, SHA],
    ['the commit and not the tag', { image: `user/app:${'c'.repeat(40)}`, commit: SHA }, SHA],
    ['the commit in the tag', { image: `user/app:staging-${SHA}@${DIGEST}`, commit: '' }, SHA],
    ['the commit in the tag, where a label names a branch', { image: `user/app:${SHA}`, commit: 'main' }, SHA],
    ['a commit of SHA-256', { image: 'user/app:v1', commit: 'd'.repeat(64) }, 'd'.repeat(64)],
    ['nothing where a tag is no commit', { image: `user/app:v1@${DIGEST}`, commit: '' }, undefined],
    ['nothing for a short commit', { image: 'user/app:0123abc', commit: '0123abc' }, undefined],
    ['nothing for what is longer', { image: `user/app:${'a'.repeat(41)}`, commit: '' }, undefined],
    ['nothing where there is only a digest', { image: `user/app@${DIGEST}`, commit: '' }, undefined],
  ])('is of %s', (_, change, ref) => expect(refOf(change)).toBe(ref));
});

describe('trouble with the API', () => {
  const answer = (status: number, headers: Record<string, string> = {}) =>
    Object.assign(new Error('no'), { status, response: { status, headers } });

  it.each([
    [answer(401), 'token'],
    [answer(403), 'right'],
    [answer(403, { 'x-ratelimit-remaining': '0' }), 'limit'],
    [answer(403, { 'retry-after': '60' }), 'limit'],
    [answer(429), 'limit'],
    [answer(404), 'unseen'],
    [answer(422), 'commit'],
    [answer(409), 'trouble'],
    [answer(500), 'trouble'],
    // As GitHub's client tells a connection that broke.
    [Object.assign(new Error('reset'), { status: 500 }), 'silent'],
    ['no error at all', 'silent'],
  ])('%s is told as %s', (error, apiFault) =>
    expect(apiProblem(error)).toMatchObject({ code: 'github.deployment', params: { apiFault } }),
  );
});
