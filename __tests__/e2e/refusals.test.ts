import { generateKeyPairSync } from 'node:crypto';
import { App, testbed } from './harness';

jest.setTimeout(120_000);

/** Each of these is a mistake that a person makes. The build never ends by itself, so whoever waits for it hangs. */
describe('a mistake', () => {
  let app: App;
  beforeAll(async () => {
    app = await App.install();
    app.dockerfile('RUN ["/server"]');
  });
  afterAll(() => app.remove());

  const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'sec1',
    format: 'pem',
  });

  it.each<[string, () => Record<string, string>, RegExp]>([
    [
      'a container that does not exist',
      () => ({ container: 'ap' }),
      /has no container "ap".*What to do: Set "container" to one of its containers: app\./s,
    ],
    [
      'a namespace that does not exist',
      () => ({ namespace: 'nowhere' }),
      /has no namespace "nowhere".*kubectl create namespace nowhere/s,
    ],
    [
      'a Deployment that does not exist',
      () => ({ deployment: 'apq' }),
      /no Deployment "apq".*The Deployments there: app\./s,
    ],
    ['a wrong SSH key', () => ({ 'ssh-key': otherKey.toString() }), /ecdsa-sha2-nistp256.*authorized_keys/s],
    ['a wrong host key', () => ({ 'ssh-host-key': `SHA256:${'A'.repeat(43)}` }), /SHA256:A+.*/s],
    ['no host key', () => ({ 'ssh-host-key': '' }), /ssh-host-key is empty.*ssh-keygen -lf/s],
    [
      'a wrong registry password',
      () => ({
        image: `${testbed('PRIVATE_REGISTRY')}/x`,
        container: 'app',
        'registry-username': testbed('PRIVATE_REGISTRY_USER'),
        'registry-password': 'wrong-password',
      }),
      /refused the login of "deployer".*password/s,
    ],
    ['an image name in capitals', () => ({ image: 'Team/App' }), /capital letters.*Write "team\/app"/s],
  ])(
    '%s ends in seconds, before the build, with an error that says what to do; nothing is changed',
    async (mistake, inputs, message) => {
      const before = app.deployment();
      const result = await app.run('never', inputs());
      process.stdout.write(`refused: ${mistake}: ${result.seconds.toFixed(1)} s\n`);
      const errors = result.log.split('\n').filter((line) => line.startsWith('::error::'));
      expect(errors).toHaveLength(1);
      expect(errors[0]?.replaceAll('%0A', '\n')).toMatch(message);
      expect(errors[0]).toContain('What to do:');
      expect(result.outputs.outcome).toBe('refused');
      expect(result.exitCode).toBe(1);
      expect(result.seconds).toBeLessThan(10);
      const { metadata, spec } = app.deployment();
      expect({ spec, version: metadata?.resourceVersion }).toEqual({
        spec: before.spec,
        version: before.metadata?.resourceVersion,
      });
    },
  );

  it('with several mistakes at once, each is told', async () => {
    const result = await app.run('not a tag', {
      image: 'UPPER',
      timeout: '5',
      'ssh-port': '0',
      deployment: '',
      'ssh-key': 'x',
    });
    expect(result.log.match(/^::error::/gm)?.length).toBe(6);
    expect(result.seconds).toBeLessThan(5);
  });
});
