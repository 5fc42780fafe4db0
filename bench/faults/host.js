// The cluster's host as the action meets it: an SSH server of its own and the way to the API server, each behind a proxy, so that
// both can fail without hurting anybody else on the testbed.

const { execFileSync, spawn } = require('node:child_process');
const { mkdirSync, mkdtempSync, rmSync, writeFileSync, chownSync } = require('node:fs');
const { connect, createServer } = require('node:net');
const { tmpdir } = require('node:os');
const { dirname, join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { kubectl, testbed } = require('../../testbed/sample-app');
const { Gate } = require('./gate');
const { Way } = require('./way');

/** @typedef {import('./gate').Call} Call */

/** A name that the certificate of every API server made by kubeadm has. */
const API_SERVER_NAME = 'kubernetes';

class Host {
  folder = mkdtempSync(join(tmpdir(), 'faults-'));
  #port = 0;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #sshd;
  #user = userOf(testbed('SSH_USER'));
  #gates = 0;
  /** @type {Way} */
  ssh;
  /** @type {Way} */
  api;

  /** @returns {Promise<Host>} */
  static async start() {
    const host = new Host();
    execFileSync('chmod', ['755', host.folder]);
    mkdirSync(join(host.folder, 'cache'));
    chownSync(join(host.folder, 'cache'), host.#user.uid, host.#user.gid);
    host.#port = await freePort();
    await host.#startSshd();
    host.ssh = await Way.start({ host: '127.0.0.1', port: host.#port });
    const { hostname, port } = new URL(kubectl('config', 'view', '-o', 'jsonpath={.clusters[0].cluster.server}'));
    host.api = await Way.start({ host: hostname, port: Number(port) });
    return host;
  }

  /** What a run needs that uses this host. @param {Gate} gate */
  inputs(gate) {
    return {
      'ssh-port': `${this.ssh.port}`,
      'ssh-host-key': testbed('SSH_FINGERPRINT'),
      kubectl: gate.path,
    };
  }

  /** A kubectl for one run. @param {Call} [call] The call that waits for a word. */
  gate(call) {
    const mark = `${this.folder}/${++this.#gates}`;
    return new Gate({
      folder: mark,
      mark,
      user: this.#user,
      kubectl: [
        join(testbed('STATE'), 'bin/kubectl'),
        `--server=https://127.0.0.1:${this.api.port}`,
        `--tls-server-name=${API_SERVER_NAME}`,
      ],
      cache: join(this.folder, 'cache'),
      ...(call && { call }),
    });
  }

  /** Ends the SSH server and all of its sessions, and starts it again. What the sessions run goes on, as sshd leaves it. @param {number} ms */
  async restartSshd(ms) {
    const away = this.ssh.away(ms);
    for (const pid of this.#processes()) kill(pid);
    this.#sshd = undefined;
    await sleep(ms / 2);
    await this.#startSshd();
    await away;
  }

  stop() {
    this.ssh?.stop();
    this.api?.stop();
    for (const pid of this.#processes()) kill(pid);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The server and those that it runs sessions by: two each. */
  #processes() {
    const server = this.#sshd?.pid;
    if (server === undefined) return [];
    const table = execFileSync('ps', ['-eo', 'pid=,ppid=,comm='], { encoding: 'utf8' })
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    const found = [server];
    for (const pid of found)
      for (const [child, parent, name] of table)
        if (Number(parent) === pid && name?.startsWith('sshd')) found.push(Number(child));
    return found;
  }

  async #startSshd() {
    const key = join(testbed('STATE'), 'ssh/host_ed25519');
    const lines = [
      `ListenAddress 127.0.0.1:${this.#port}`,
      `HostKey ${key}`,
      `AllowUsers ${testbed('SSH_USER')}`,
      `AuthorizedKeysFile ${join(testbed('STATE'), 'ssh/authorized_keys')}`,
      'PasswordAuthentication no',
      'UsePAM no',
      'UseDNS no',
      'PidFile none',
      'MaxStartups 200',
    ];
    const settings = join(this.folder, 'sshd_config');
    writeFileSync(settings, `${lines.join('\n')}\n`);
    // Beside busybox, as the testbed has unpacked it; its libraries are not the machine's.
    const unpacked = dirname(dirname(dirname(testbed('BUSYBOX'))));
    this.#sshd = spawn(join(unpacked, 'engines/usr/sbin/sshd'), ['-D', '-e', '-f', settings], {
      env: { PATH: process.env.PATH, LD_LIBRARY_PATH: join(unpacked, 'missing') },
      stdio: 'ignore',
    });
    for (let tries = 0; !(await answers(this.#port)); tries++) {
      if (tries > 100) throw new Error('sshd does not answer');
      await sleep(100);
    }
  }
}

/** @param {number} pid */
function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** @param {string} name */
function userOf(name) {
  const [, , uid, gid] = execFileSync('getent', ['passwd', name], { encoding: 'utf8' }).split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/** @param {number} port @returns {Promise<boolean>} */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

module.exports = { Host };
