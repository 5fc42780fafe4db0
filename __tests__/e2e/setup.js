const { execFileSync, spawnSync } = require('node:child_process');
const { join } = require('node:path');

const root = join(__dirname, '../..');

/** Brings the testbed up and hands its addresses and keys on to the tests, which run in processes of their own. */
module.exports = async () => {
  const up = spawnSync(join(root, 'testbed/up'), { stdio: 'inherit' });
  if (up.status !== 0) throw new Error('the testbed did not come up: tests on a real cluster need it');
  const text = execFileSync('bash', ['-c', 'eval "$("$0")" && env -0', join(root, 'testbed/env')], {
    encoding: 'utf8',
  });
  for (const entry of text.split('\0')) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(entry) ?? [];
    if (name && /^(PATH|NO_PROXY|KUBECONFIG|DOCKER_\w+|TESTBED_\w+)$/.test(name)) process.env[name] = value;
  }
};
