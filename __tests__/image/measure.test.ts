import { measure } from '../../src/image/measure';
import type { Digest } from '../../src/image/reference';
import { configOf } from '../inputs/sample';

const never = new AbortController().signal;
const digest = (digit: string) => `sha256:${digit.repeat(64)}` as Digest;
const flat = (...layers: [digest: string, size: number][]) =>
  JSON.stringify({ layers: layers.map(([name, size]) => ({ digest: name, size })) });
const indexOf = (image: Digest) =>
  JSON.stringify({ manifests: [{ digest: image, platform: { os: 'linux', architecture: 'amd64' } }] });

const [NEW, OLD, INDEX] = [digest('1'), digest('2'), digest('3')];
const NOW = flat(['a', 10], ['b', 5]);
const BEFORE = flat(['a', 10]);

/** What a registry has, by digest or tag; `asked` is what was sent there, with its credentials. */
async function size(
  served: Readonly<Record<string, string>>,
  { before = `reg.example/user/app:old@${OLD}`, manifest }: { before?: string; manifest?: string } = { manifest: NOW },
) {
  const asked: { url: string; authorization: string | undefined }[] = [];
  const config = configOf({
    image: 'reg.example/user/app',
    tags: 'v1',
    'registry-username': 'u',
    'registry-password': 'p',
  });
  const image = `reg.example/user/app:v1@${NEW}`;
  const found = await measure(config, { image, ...(manifest && { manifest }) }, before, {
    signal: never,
    fetch: async (url, { headers }) => {
      asked.push({ url, authorization: headers.authorization });
      if (url.endsWith('/v2/'))
        return new Response('{}', { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } });
      const text = served[url.slice(url.indexOf('/manifests/') + '/manifests/'.length)];
      return new Response(text ?? '', { status: text === undefined ? 404 : 200 });
    },
  });
  return { found, asked };
}

const ALL = { bytes: 15, layers: 2 };

describe('the size of what was pushed', () => {
  it('is told with what is new since the image before', async () => {
    expect((await size({ [OLD]: BEFORE })).found).toEqual({ ...ALL, added: { bytes: 5, layers: 1 } });
  });

  it('is read where the image was there before', async () => {
    expect((await size({ [NEW]: NOW, [OLD]: BEFORE }, {})).found).toEqual({ ...ALL, added: { bytes: 5, layers: 1 } });
  });

  it('of an index is that of its image', async () => {
    const served = { [NEW]: NOW, [OLD]: indexOf(INDEX), [INDEX]: BEFORE };
    expect((await size(served, { manifest: indexOf(NEW) })).found).toEqual({ ...ALL, added: { bytes: 5, layers: 1 } });
  });

  it.each([
    ['is not there any more', {}, undefined],
    ['is an image by hand', {}, 'nginx'],
    ['has a name that is none', {}, 'A//b'],
  ])('is told alone where the image before %s', async (_, served, before) => {
    const { found } = await size(served, { manifest: NOW, ...(before && { before }) });
    expect(found).toEqual(ALL);
  });

  it('is not known where the registry does not tell', async () => {
    expect((await size({}, {})).found).toBeUndefined();
  });

  it('sends the login to its own registry alone', async () => {
    const { asked } = await size({ [OLD]: BEFORE }, { manifest: NOW, before: `other.example/user/app:old@${OLD}` });
    expect(asked.filter(({ url }) => !url.startsWith('https://reg.example/'))).toEqual([]);
  });
});
