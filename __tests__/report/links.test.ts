import { linksOf } from '../../src/report/links';
import { RUN } from '../inputs/sample';

it('the commit and the run can be looked at', () =>
  expect(linksOf(RUN)).toEqual({
    commit: { address: `https://github.com/medibird/example/commit/${RUN.sha}`, text: RUN.sha.slice(0, 12) },
    run: { address: RUN.url, text: '4242' },
  }));

it.each([
  ['javascript:alert(1)//a'],
  ['https://github.com/a"onclick="x'],
  ['https://github.com/a b'],
  ['https://user@evil.example/a'],
  ['http://github.com/a/b'],
])('what is no address of GitHub becomes no link: %s', (repositoryUrl) =>
  expect(linksOf({ ...RUN, repositoryUrl, url: `${repositoryUrl}/actions/runs/1` })).toEqual({}),
);

it('what is no commit becomes no link', () => expect(linksOf({ ...RUN, sha: '../../evil' }).commit).toBeUndefined());
