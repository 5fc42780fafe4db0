import { refuseSecrets } from '../testbed/run-action';

/** Every run of the action in the tests is searched so. */
describe('a secret in what a run shows', () => {
  const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n';
  const inputs = {
    'ssh-key': KEY,
    'registry-username': 'someone',
    'registry-password': 'correct horse battery',
    'registry-auth': '- registry: ghcr.io.example\n  username: somebody-else\n  password: another-password',
    secrets: 'npm=token-of-the-build',
  };
  const nothing = { main: '', post: '', files: '' };
  const auth = Buffer.from('someone:correct horse battery').toString('base64');

  it.each([
    ['a line of the key', 'b3BlbnNzaC1rZXktdjEAAAAA'],
    ['a password', 'x correct horse battery y'],
    ['a password of the list', '"another-password"'],
    ['a secret of the build', 'token-of-the-build'],
  ])('is found: %s', (_, text) => {
    expect(() => refuseSecrets(inputs, { ...nothing, main: `first\n${text}` })).toThrow('the log shows');
    expect(() => refuseSecrets(inputs, { ...nothing, post: text })).toThrow('the log shows');
    expect(() => refuseSecrets(inputs, { ...nothing, files: text })).toThrow('is left in');
  });

  it('is found where it is only encoded', () => {
    const encoded = Buffer.from('correct horse battery').toString('base64');
    expect(() => refuseSecrets(inputs, { ...nothing, files: encoded })).toThrow('is left in');
    expect(auth).not.toContain(encoded);
    expect(() => refuseSecrets(inputs, { ...nothing, files: auth })).toThrow('is left in');
  });

  it('is none in a mask, nor what every key and every list has', () => {
    const main = `::add-mask::correct horse battery\n${KEY.split('\n')[0]}\nghcr.io.example somebody-else`;
    expect(() => refuseSecrets(inputs, { ...nothing, main })).not.toThrow();
  });
});
