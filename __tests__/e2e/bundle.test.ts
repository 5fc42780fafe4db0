import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runAction } from '../../testbed/run-action';
import { root, testbed } from './harness';

describe('the committed bundle', () => {
  it('is one JavaScript file of at most 1.3 MB, and the licences', () => {
    expect(readdirSync(join(root, 'dist')).sort()).toEqual(['index.js', 'licenses.txt']);
    expect(statSync(join(root, 'dist/index.js')).size).toBeLessThanOrEqual(1_300_000);
  });

  it('without any input, ends at once with the list of what is missing', async () => {
    const result = await runAction({ inputs: {}, workspace: root, node: testbed('NODE') });
    process.stdout.write(
      `bundle: ${statSync(join(root, 'dist/index.js')).size} bytes, ended after ${Math.round(result.seconds * 1000)} ms\n`,
    );
    expect(result.exitCode).toBe(1);
    for (const name of ['image', 'ssh-host', 'ssh-username', 'ssh-key', 'ssh-host-key', 'deployment']) {
      expect(result.log).toMatch(new RegExp(`^::error::.*${name}`, 'm'));
    }
    expect(result.postExitCode).toBe(0);
  });

  it('speaks Korean where it is asked to, and says as much', async () => {
    const run = (language: string) => runAction({ inputs: { language }, workspace: root, node: testbed('NODE') });
    const [english, korean] = await Promise.all([run('en'), run('ko')]);
    const errorsOf = ({ log }: { log: string }) => log.match(/^::error::.*$/gm) ?? [];
    expect(errorsOf(korean)).toHaveLength(errorsOf(english).length);
    for (const error of [...errorsOf(korean), korean.summary]) expect(error).toMatch(/[가-힣]/);
    expect(english.log).not.toMatch(/[가-힣]/);
  });
});
