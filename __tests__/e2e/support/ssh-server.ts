import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { testbed } from '../harness';

/** How a program ended, and what it said. */
export interface Said {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever that is. */
export function run(program: string, argv: readonly string[], environment: NodeJS.ProcessEnv = {}, input = ''): Said {
  const env = { ...process.env, ...environment };
  const { status, stdout, stderr } = spawnSync(program, argv, { encoding: 'utf8', env, input, timeout: 60_000 });
  return { status, stdout, stderr };
}

/** Makes a pair of keys; the public half is in the file of the same name with `.pub`. */
export function makeKey(file: string, comment: string): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file]);
}

/** An SSH server that allows all that OpenSSH can, so that what is refused is refused by the key's own line. */
export class SshServer {
  port = 0;
  readonly hostKey: string;
  #process: ChildProcess | undefined;

  constructor(
    readonly folder: string,
    readonly user: string,
  ) {
    this.hostKey = join(folder, 'host_ed25519.pub');
  }

  async start(): Promise<void> {
    this.port = await freePort();
    makeKey(join(this.folder, 'host_ed25519'), 'host');
    const xauth = join(this.folder, 'xauth');
    writeFileSync(xauth, '#!/bin/sh\ncat >/dev/null\n', { mode: 0o755 });
    const lines = [
      `ListenAddress 127.0.0.1:${this.port}`,
      `HostKey ${join(this.folder, 'host_ed25519')}`,
      'UsePAM no',
      'PidFile none',
      'X11Forwarding yes',
      `XAuthLocation ${xauth}`,
    ];
    const settings = join(this.folder, 'sshd_config');
    writeFileSync(settings, `${lines.join('\n')}\n`);
    // Beside busybox, as the testbed has unpacked it; its libraries are not the machine's.
    const unpacked = dirname(dirname(dirname(testbed('BUSYBOX'))));
    this.#process = spawn(join(unpacked, 'engines/usr/sbin/sshd'), ['-D', '-e', '-f', settings], {
      env: { PATH: process.env.PATH, LD_LIBRARY_PATH: join(unpacked, 'missing') },
      stdio: 'ignore',
    });
    for (let tries = 0; !(await this.#answers()); tries++) {
      if (tries > 100) throw new Error('sshd does not answer');
      await sleep(100);
    }
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
  }

  stop(): void {
    this.#process?.kill();
  }

  /** Arguments for `ssh` that leave nothing to the machine's own settings. */
  argv(key: string, ...more: string[]): string[] {
    const [type, data] = readFileSync(this.hostKey, 'utf8').split(' ');
    const hosts = join(this.folder, 'known_hosts');
    writeFileSync(hosts, `[127.0.0.1]:${this.port} ${type} ${data}\n`);
    const options = ['BatchMode=yes', 'IdentitiesOnly=yes', `UserKnownHostsFile=${hosts}`];
    const all = options.flatMap((option) => ['-o', option]);
    return ['-F', '/dev/null', '-p', `${this.port}`, '-i', key, ...all, '-l', this.user, ...more];
  }

  /** Runs a command on the host. */
  command(key: string, line: string): Said {
    return this.ssh(key, ['127.0.0.1', line]);
  }

  ssh(key: string, argv: readonly string[], environment: NodeJS.ProcessEnv = {}): Said {
    return run('ssh', this.argv(key, ...argv), { SSH_AUTH_SOCK: '', DISPLAY: '', ...environment });
  }

  signsIn(key: string): boolean {
    return this.command(key, 'echo in').stdout === 'in\n';
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
