import { readFileSync } from 'node:fs';
import { systemClock } from '../../src/system/clock';
import { parseHostKeys } from '../../src/transport/hostkey';
import { readPrivateKey } from '../../src/transport/key';
import { connectSsh, type SshOptions } from '../../src/transport/ssh';
import { transportContract } from '../contracts/transport';

/** What the testbed's sshd needs: `eval "$(testbed/env)"`. */
function options(): SshOptions {
  const of = (name: string) => {
    const value = process.env[name];
    if (value === undefined) throw new Error(`${name} is not set: run testbed/up, then eval "$(testbed/env)".`);
    return value;
  };
  const host = of('TESTBED_SSH_HOST');
  const port = Number(of('TESTBED_SSH_PORT'));
  const read = parseHostKeys(of('TESTBED_SSH_KNOWN_HOSTS'), host, port);
  const key = readPrivateKey(readFileSync(of('TESTBED_SSH_KEY_FILE'), 'utf8'));
  if ('problems' in read || 'code' in key) throw new Error("The testbed's keys cannot be read.");
  return { host, port, username: of('TESTBED_SSH_USER'), key, hostKeys: read.hostKeys, clock: systemClock };
}

transportContract("the testbed's sshd", async () => ({
  transport: await connectSsh(options()),
  tearDown: async () => undefined,
}));
