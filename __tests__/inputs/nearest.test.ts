import { INPUTS } from '../../src/inputs/names';
import { nearest } from '../../src/inputs/nearest';

describe('the nearest name', () => {
  it.each([
    ['tag', 'tags'],
    ['image-tag', undefined],
    ['namespac', 'namespace'],
    ['name-space', 'namespace'],
    ['ssh_host', 'ssh-host'],
    ['sshhost', 'ssh-host'],
    ['ssh-private-key', undefined],
    ['ssh-user', undefined],
    ['ssh-user-name', 'ssh-username'],
    ['build-arg', 'build-args'],
    ['buildargs', 'build-args'],
    ['no_cache', 'no-cache'],
    ['deploymnet', 'deployment'],
    ['registry-pasword', 'registry-password'],
    ['port', undefined],
    ['something-else-entirely', undefined],
    ['', undefined],
    ['🙂🙂🙂🙂', undefined],
  ])('%s → %s', (given, name) => expect(nearest(given, INPUTS)).toBe(name));

  it('of every input is itself', () => expect(INPUTS.map((name) => nearest(name, INPUTS))).toEqual([...INPUTS]));
  it('is none where nothing is known', () => expect(nearest('tags', [])).toBeUndefined());
});
