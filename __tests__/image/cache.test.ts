import fc from 'fast-check';
import {
  type Caches,
  cachesOf,
  cacheType,
  engineCaches,
  needsBuildKit,
  offersGitHubCache,
  withoutGitHub,
} from '../../src/image/cache';
import type { RawInputs } from '../../src/inputs/names';
import { configOf } from '../inputs/sample';

const SCOPE = 'user/app';
const cachesFor = (given: Partial<RawInputs>) => cachesOf(configOf(given).build, SCOPE);

describe('the kind of a cache', () => {
  it.each([
    ['type=gha', 'gha'],
    ['type=gha,mode=max', 'gha'],
    ['mode=max,type=registry,ref=user/app:cache', 'registry'],
    ['TYPE=GHA', 'gha'],
    [' type = s3 ,region=eu', 's3'],
    ['user/app:cache', 'registry'],
    ['localhost:5000/app', 'registry'],
    ['ref=user/app:cache', ''],
    ['subtype=gha', ''],
  ])('%j: %s', (entry, type) => expect(cacheType(entry)).toBe(type));
});

describe('the caches as buildx gets them', () => {
  it.each([
    ['type=gha', `type=gha,scope=${SCOPE}`],
    ['type=gha,scope=mine', 'type=gha,scope=mine'],
    ['scope=mine,type=gha', 'scope=mine,type=gha'],
    ['type=registry,ref=user/app:cache', 'type=registry,ref=user/app:cache'],
    ['user/app:cache', 'type=registry,ref=user/app:cache'],
    ['type=local,src=/tmp/cache', 'type=local,src=/tmp/cache'],
    ['type=s3,region=eu,bucket=b', 'type=s3,region=eu,bucket=b'],
  ])('to read: %s as %s', (given, entry) => expect(cachesFor({ 'cache-from': given }).from).toEqual([entry]));

  it.each([
    ['type=gha,mode=max', `type=gha,mode=max,scope=${SCOPE},ignore-error=true`],
    ['type=gha,scope=mine', 'type=gha,scope=mine,ignore-error=true'],
    ['type=gha,ignore-error=false', `type=gha,ignore-error=false,scope=${SCOPE}`],
    ['type=registry,ref=user/app:cache', 'type=registry,ref=user/app:cache,ignore-error=true'],
    ['user/app:cache', 'type=registry,ref=user/app:cache,ignore-error=true'],
    ['type=local,dest=/tmp/cache', 'type=local,dest=/tmp/cache,ignore-error=true'],
    ['type=inline', 'type=inline'],
  ])('to write: %s as %s', (given, entry) => expect(cachesFor({ 'cache-to': given }).to).toEqual([entry]));

  it('keep each of several, in their order', () => {
    const { from } = cachesFor({ 'cache-from': 'user/app:one\ntype=gha\nuser/app:two' });
    expect(from).toEqual([
      'type=registry,ref=user/app:one',
      `type=gha,scope=${SCOPE}`,
      'type=registry,ref=user/app:two',
    ]);
  });

  it('do not get a second scope where the user has quoted one', () => {
    const { from } = cachesFor({ 'cache-from': '"type=gha,""scope=a,b"""' });
    expect(from).toEqual(['type=gha,"scope=a,b"']);
  });

  it('are what they were when they are made again from what was made', () => {
    const entry = fc.constantFrom('type=gha', 'type=gha,mode=max', 'type=inline', 'user/app:c', 'type=local,dest=x');
    fc.assert(
      fc.property(fc.array(entry), fc.array(entry), (cacheFrom, cacheTo) => {
        const { build } = configOf();
        const once = cachesOf({ ...build, cacheFrom, cacheTo }, SCOPE);
        expect(cachesOf({ ...build, cacheFrom: once.from, cacheTo: once.to }, 'another')).toEqual(once);
      }),
    );
  });
});

describe("what the engine's own builder can use", () => {
  it.each<[Partial<RawInputs>, Caches]>([
    [
      { 'cache-from': 'user/app:cache\ntype=gha\ntype=local,src=c\ntype=s3,bucket=b' },
      { from: ['type=registry,ref=user/app:cache', 'type=local,src=c'], to: [] },
    ],
    [{ 'cache-to': 'type=inline\ntype=gha\nuser/app:cache' }, { from: [], to: ['type=inline'] }],
  ])('of %j', (given, caches) => expect(engineCaches(cachesFor(given))).toEqual(caches));

  it.each<[Partial<RawInputs>, boolean]>([
    [{}, false],
    [{ 'cache-from': 'user/app:cache' }, false],
    [{ 'cache-from': 'type=local,src=c', 'cache-to': 'type=inline' }, false],
    [{ 'cache-from': 'type=gha' }, true],
    [{ 'cache-to': 'type=gha' }, true],
    [{ 'cache-to': 'user/app:cache' }, true],
    [{ 'cache-to': 'type=inline\ntype=local,dest=c' }, true],
  ])('is not all of %j: %s', (given, needs) => expect(needsBuildKit(cachesFor(given))).toBe(needs));

  it('needs no other builder', () => {
    const entry = fc.constantFrom('type=gha', 'type=inline', 'user/app:c', 'type=local,src=x', 'type=azblob', 'ref=x');
    fc.assert(
      fc.property(fc.array(entry), fc.array(entry), (from, to) => {
        expect(needsBuildKit(engineCaches({ from, to }))).toBe(false);
      }),
    );
  });
});

describe("GitHub's cache", () => {
  it.each([
    [{}, false],
    [{ ACTIONS_RUNTIME_TOKEN: 't' }, false],
    [{ ACTIONS_RESULTS_URL: 'https://x' }, false],
    [{ ACTIONS_RUNTIME_TOKEN: 't', ACTIONS_RESULTS_URL: 'https://x' }, true],
    [{ ACTIONS_RUNTIME_TOKEN: 't', ACTIONS_CACHE_URL: 'https://x' }, true],
    [{ ACTIONS_RUNTIME_TOKEN: '', ACTIONS_RESULTS_URL: 'https://x' }, false],
    [{ ACTIONS_RUNTIME_TOKEN: 't', ACTIONS_RESULTS_URL: '' }, false],
  ])('is offered by the environment %j: %s', (environment, offered) =>
    expect(offersGitHubCache(environment)).toBe(offered),
  );

  it('is left out alone', () => {
    const caches = cachesFor({ 'cache-from': 'type=gha\nuser/app:cache', 'cache-to': 'type=gha\ntype=inline' });
    expect(withoutGitHub(caches)).toEqual({ from: ['type=registry,ref=user/app:cache'], to: ['type=inline'] });
  });
});
