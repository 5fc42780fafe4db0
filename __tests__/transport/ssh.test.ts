import { spawn } from 'node:child_process';
import { createConnection, createServer, type Socket } from 'node:net';
import { explainFault } from '../../src/transport/fault';
import { parseHostKeys } from '../../src/transport/hostkey';
import { readPrivateKey } from '../../src/transport/key';
import { quote } from '../../src/transport/quote';
import { connectSsh, type SshOptions } from '../../src/transport/ssh';
import type { RunResult, Transport } from '../../src/transport/transport';
import { Failure, type Problem } from '../../src/words/words';
import { transportContract } from '../contracts/transport';
import { type SshServer, startSshServer } from '../fakes/ssh-server';
import { FakeTransport } from '../fakes/transport';
import { ManualClock } from './manual-clock';

const MIB = 1024 * 1024;
const read = (...argv: string[]) => ({ argv, effect: 'read', timeoutMs: 60_000 }) as const;
const change = (...argv: string[]) => ({ argv, effect: 'change', timeoutMs: 60_000 }) as const;
const shell = (script: string) => read('sh', '-c', script);

function optionsFor(server: SshServer, clock: ManualClock): SshOptions {
  const read = parseHostKeys(server.hostKey, '127.0.0.1', server.port);
  const key = readPrivateKey(server.userKey);
  if ('problems' in read || 'code' in key) throw new Error('The server made keys that cannot be read.');
  // Every wait before another try passes at once.
  const onRetry: SshOptions['onRetry'] = (_, __, waitMs) => void setImmediate(() => clock.pass(waitMs));
  return { host: '127.0.0.1', port: server.port, username: 'deployer', key, hostKeys: read.hostKeys, clock, onRetry };
}

async function problemsOf(promise: Promise<unknown>): Promise<readonly Problem[]> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Failure)) throw new Error(`Expected a Failure, not ${error}`);
  return error.problems;
}

transportContract('the SSH connection', async () => {
  const clock = new ManualClock();
  const server = await startSshServer();
  const transport = await connectSsh(optionsFor(server, clock));
  return { transport, passTime: (ms) => clock.pass(ms), tearDown: () => server.close() };
});

transportContract('the fake', async () => {
  const clock = new ManualClock();
  const children = new Set<() => unknown>();
  const transport = new FakeTransport(
    (argv, stdin, { emit, signal }) =>
      new Promise((resolve) => {
        const child = spawn('sh', ['-c', quote(argv)], { detached: true });
        const end = () => children.has(end) && child.pid !== undefined && process.kill(-child.pid, 'SIGKILL');
        children.add(end);
        signal.addEventListener('abort', end);
        let stderr = '';
        child.stdout.on('data', emit);
        child.stderr.on('data', (chunk) => {
          stderr += chunk;
        });
        child.on('exit', () => children.delete(end));
        child.on('close', (code, name) => {
          resolve(code === null ? { signal: name ?? '', stderr } : { code, stderr });
        });
        child.stdin.end(stdin);
      }),
    clock,
  );
  return { transport, passTime: (ms) => clock.pass(ms), tearDown: async () => void [...children].map((end) => end()) };
});

describe('the SSH connection', () => {
  let clock: ManualClock;
  let server: SshServer;
  let options: SshOptions;
  const transports: Transport[] = [];
  const connect = async (more: Partial<SshOptions> = {}) => {
    const transport = await connectSsh({ ...options, ...more });
    transports.push(transport);
    return transport;
  };
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);

  beforeEach(async () => {
    process.on('unhandledRejection', note);
    clock = new ManualClock();
    server = await startSshServer();
    options = optionsFor(server, clock);
  });
  afterEach(async () => {
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
    await server.close();
    process.off('unhandledRejection', note);
    expect(unhandled.splice(0)).toEqual([]);
    // Nothing may keep the process alive, or act after the end.
    expect(clock.sleeping).toBe(0);
  });

  describe('while connecting', () => {
    it('signs in once', async () => {
      await connect();
      expect(server.logins).toBe(2); // Once to ask whether the key would do, once signed.
    });

    it('tries again, with growing waits, after a reset', async () => {
      server.faults.resetOnAccept = 2;
      const waits: [string, number, number][] = [];
      await connect({
        onRetry: (problem, attempt, waitMs) => {
          waits.push([problem.code, attempt, waitMs]);
          setImmediate(() => clock.pass(waitMs));
        },
      });
      expect(waits.map(([code, attempt]) => [code, attempt])).toEqual([
        ['ssh.reset', 1],
        ['ssh.reset', 2],
      ]);
      for (const [index, [, , waitMs]] of waits.entries()) {
        const base = [2_000, 4_000][index] ?? 0;
        expect(waitMs).toBeGreaterThanOrEqual(base * 0.8);
        expect(waitMs).toBeLessThanOrEqual(base * 1.2);
      }
    });

    it('gives up after four tries', async () => {
      server.faults.resetOnAccept = 10;
      expect(await problemsOf(connect())).toMatchObject([{ code: 'ssh.reset' }]);
      expect(server.connections).toBe(4);
    });

    it('says that nothing listens on the port', async () => {
      await server.close();
      expect(await problemsOf(connect())).toMatchObject([{ code: 'ssh.refused', params: { port: server.port } }]);
    });

    it('gives up on a host that says nothing, after 20 seconds', async () => {
      server.faults.isSilent = true;
      const failed = problemsOf(connect());
      while (server.connections < 4) {
        await new Promise(setImmediate);
        if (clock.sleeping > 0) clock.pass(20_000);
      }
      while (clock.sleeping > 0) {
        clock.pass(20_000);
        await new Promise(setImmediate);
      }
      expect(await failed).toMatchObject([{ code: 'ssh.timeout', params: { seconds: 20 } }]);
    });

    it('shows what a host says instead of SSH', async () => {
      server.faults.greeting = 'Not allowed at this time\r\n';
      expect(await problemsOf(connect())).toMatchObject([
        { code: 'ssh.closed', params: { said: 'Not allowed at this time', stage: 'handshake' } },
      ]);
      expect(server.connections).toBe(4);
    });

    it('says so where the host speaks SSH, and then sends what is none', async () => {
      server.faults.greeting = `SSH-2.0-OpenSSH_9.2\r\n${'\xff'.repeat(64)}`;
      expect(await problemsOf(connect())).toMatchObject([
        { code: 'ssh.handshake-failed', params: { detail: expect.stringMatching(/^Bad packet length/) } },
      ]);
    });

    it('does not let a greeting forge lines of the log', async () => {
      server.faults.greeting = '\x1b[31m::add-mask::\rx\0y\n::error::';
      expect(await problemsOf(connect())).toMatchObject([{ params: { said: '[31m::add-mask::xy' } }]);
    });

    it.each([
      ['ENOTFOUND', 'ssh.host-not-found'],
      ['EAI_AGAIN', 'ssh.name-lookup-failed'],
      ['EHOSTUNREACH', 'ssh.unreachable'],
      ['ETIMEDOUT', 'ssh.unreachable'],
      ['EPIPE', 'ssh.reset'],
    ])('explains %s as %s', (code, expected) => {
      const error = Object.assign(new Error(code), { code, level: 'client-socket' });
      const attempt = {
        stage: 'connect',
        said: '',
        shown: undefined,
        methods: [],
        isPartial: false,
        gaveUpAfter: undefined,
      } as const;
      expect(explainFault(error, { ...attempt }, options).code).toBe(expected);
    });

    it('tries a name that does not exist only once', async () => {
      const retried = jest.fn((_, __, waitMs: number) => setImmediate(() => clock.pass(waitMs)));
      const [problem] = await problemsOf(connect({ host: 'host.invalid', onRetry: retried }));
      // A machine without any name service cannot tell that there is no such name.
      if (problem?.code === 'ssh.host-not-found') expect(retried).not.toHaveBeenCalled();
      else expect(problem?.code).toBe('ssh.name-lookup-failed');
    });

    it('stops where it is when the run is cancelled', async () => {
      server.faults.isSilent = true;
      const cancel = new AbortController();
      const onRetry = jest.fn();
      const failed = problemsOf(connect({ signal: cancel.signal, onRetry }));
      while (server.connections === 0) await new Promise(setImmediate);
      cancel.abort();
      expect(await failed).toMatchObject([{ code: 'ssh.cancelled' }]);
      expect(onRetry).not.toHaveBeenCalled();
    });

    it('stops waiting for the next try when the run is cancelled', async () => {
      server.faults.resetOnAccept = 9;
      const cancel = new AbortController();
      expect(await problemsOf(connect({ signal: cancel.signal, onRetry: () => cancel.abort() }))).toMatchObject([
        { code: 'ssh.cancelled' },
      ]);
      expect(server.connections).toBe(1);
    });
  });

  describe('the host key', () => {
    const hostKeysOf = (text: string) => {
      const read = parseHostKeys(text, '127.0.0.1', server.port);
      if ('problems' in read) throw new Error(read.problems[0]?.code);
      return read.hostKeys;
    };

    it('is refused when it is another one: once, and before anything is sent', async () => {
      const other = await startSshServer();
      await other.close();
      const seen = options.hostKeys.trusted[0]?.fingerprint;
      const expected = hostKeysOf(other.hostKey).trusted.map((pin) => pin.fingerprint);
      expect(await problemsOf(connect({ hostKeys: hostKeysOf(other.hostKey) }))).toEqual([
        {
          code: 'ssh.host-key-unknown',
          params: { host: '127.0.0.1', port: server.port, type: 'ssh-ed25519', seen, expected },
        },
      ]);
      expect([server.connections, server.logins]).toEqual([1, 0]);
    });

    it('is refused when it is revoked, even if it is trusted too', async () => {
      const hostKeys = hostKeysOf(`${server.hostKey}\n@revoked * ${server.hostKey}`);
      expect(await problemsOf(connect({ hostKeys }))).toMatchObject([{ code: 'ssh.host-key-revoked' }]);
      expect([server.connections, server.logins]).toEqual([1, 0]);
    });

    it('is accepted by its fingerprint', async () => {
      await connect({ hostKeys: hostKeysOf(options.hostKeys.trusted[0]?.fingerprint ?? '') });
    });

    it('has to be of a kind that was pinned', async () => {
      const hostKeys = { trusted: [{ fingerprint: 'SHA256:x', type: 'ssh-rsa' }], revoked: [] };
      expect(await problemsOf(connect({ hostKeys }))).toMatchObject([
        { code: 'ssh.host-key-not-offered', params: { types: ['ssh-rsa'] } },
      ]);
      expect(server.connections).toBe(1);
    });
  });

  it.each([
    [{ kex: ['diffie-hellman-group1-sha1'] }, 'no common key exchange algorithm'],
    [{ cipher: ['aes128-cbc'] }, 'no common cipher'],
    [{ cipher: ['aes256-ctr'], hmac: ['hmac-md5'] }, 'no common MAC'],
  ])('says what is missing where a host only speaks %j', async (algorithms, detail) => {
    const old = await startSshServer({ algorithms: algorithms as object });
    expect(await problemsOf(connectSsh(optionsFor(old, clock)))).toMatchObject([
      { code: 'ssh.no-common-algorithm', params: { detail } },
    ]);
    expect(old.connections).toBe(1);
    await old.close();
  });

  describe('signing in', () => {
    it('names the key, the user and what the host would take, and does not knock again', async () => {
      server.faults.refuseAuth = true;
      const { type, fingerprint } = options.key;
      expect(await problemsOf(connect())).toEqual([
        {
          code: 'ssh.auth-refused',
          params: {
            host: '127.0.0.1',
            port: server.port,
            username: 'deployer',
            type,
            fingerprint,
            methods: ['publickey', 'password'],
          },
        },
      ]);
      expect([server.connections, server.logins]).toEqual([1, 1]);
    });

    it('says so when the host wants more than the key', async () => {
      server.faults.askMore = true;
      expect(await problemsOf(connect())).toMatchObject([{ code: 'ssh.auth-more', params: { methods: ['password'] } }]);
      expect(server.connections).toBe(1);
    });

    it('does not knock again where the host hangs up', async () => {
      server.faults.closeAtLogin = true;
      expect(await problemsOf(connect())).toMatchObject([{ code: 'ssh.closed', params: { stage: 'login' } }]);
      expect(server.connections).toBe(1);
    });
  });

  describe('when the connection is cut', () => {
    it('connects again for the next command', async () => {
      server.faults.resetAfterAuth = 1;
      const transport = await connect();
      expect(await transport.run(read('echo', 'back'))).toMatchObject({ kind: 'exited', stdout: 'back\n' });
    });

    it('sends a read once more', async () => {
      const transport = await connect();
      server.faults.resetOnCommand = 1;
      expect(await transport.run(shell('sleep 0.05; echo back'))).toMatchObject({ kind: 'exited', stdout: 'back\n' });
      expect([server.commands.length, server.connections]).toEqual([2, 2]);
    });

    it('sends a read no third time', async () => {
      const transport = await connect();
      server.faults.resetOnCommand = 2;
      expect(await transport.run(shell('sleep 0.05; echo back'))).toMatchObject({
        kind: 'lost',
        detail: expect.stringContaining('ECONNRESET'),
      });
      expect(server.commands.length).toBe(2);
    });

    it('sends a change only once, and says that its effect is not known', async () => {
      const transport = await connect();
      server.faults.resetOnCommand = 1;
      expect(await transport.run(change('sleep', '0.05'))).toMatchObject({ kind: 'lost' });
      expect(server.commands.length).toBe(1);
      expect(await transport.run(change('echo', 'next'))).toMatchObject({ kind: 'exited', stdout: 'next\n' });
    });

    it('ends a stream that has shown lines, without a half one', async () => {
      const transport = await connect();
      const lines: string[] = [];
      const result = await transport.run(shell('echo one; printf tw; sleep 30'), {
        onLine: (line) => {
          lines.push(line);
          setTimeout(() => server.cut(), 50);
        },
      });
      expect(result).toMatchObject({ kind: 'lost', stdout: '' });
      expect(lines).toEqual(['one']);
      expect(server.commands.length).toBe(1);
    });

    it('loses every command under way, and connects once for all that follow', async () => {
      const transport = await connect();
      const running = Array.from({ length: 8 }, () => transport.run(change('sleep', '30')));
      while (server.commands.length < 8) await new Promise(setImmediate);
      server.cut();
      expect(new Set((await Promise.all(running)).map((result) => result.kind))).toEqual(new Set(['lost']));
      await Promise.all(Array.from({ length: 8 }, () => transport.run(read('true'))));
      expect(server.connections).toBe(2);
    });

    it('says that it was not regained, and why', async () => {
      const transport = await connect();
      await server.close();
      expect(await problemsOf(transport.run(read('true')))).toMatchObject([
        { code: 'ssh.not-regained' },
        { code: 'ssh.refused' },
      ]);
    });

    it('does not trust another host that has come in its place', async () => {
      const transport = await connect();
      await server.close();
      const impostor = await startSshServer({ port: server.port });
      expect(await problemsOf(transport.run(read('true')))).toMatchObject([
        { code: 'ssh.not-regained' },
        { code: 'ssh.host-key-unknown' },
      ]);
      expect([impostor.connections, impostor.logins]).toEqual([1, 0]);
      await impostor.close();
    });

    it('notices a host that has gone silent', async () => {
      const transport = await connect({ keepaliveMs: 100 });
      server.faults.stallOnCommand = true;
      expect(await transport.run(change('true'))).toMatchObject({ kind: 'lost', detail: 'Keepalive timeout' });
    });

    it('lets a command that waits for the connection be cancelled', async () => {
      const transport = await connect({ onRetry: () => cancel.abort() });
      const cancel = new AbortController();
      await server.close();
      expect(await transport.run(read('true'), { signal: cancel.signal })).toMatchObject({ kind: 'cancelled' });
    });

    it('stops connecting when it is closed', async () => {
      const transport = await connect({ onRetry: () => void transport.close() });
      await server.close();
      expect(await transport.run(read('true'))).toMatchObject({ kind: 'cancelled' });
    });

    it('does not wait for a host that never hangs up', async () => {
      const proxy = await relay(server.port, true, (near, chunk) => void near.write(corrupt ? chunk.fill(0) : chunk));
      let corrupt = false;
      const transport = await connect({ port: proxy.port });
      corrupt = true;
      expect(await transport.run(change('true'))).toMatchObject({ kind: 'lost' });
      await expect(proxy.isCut()).resolves.toBe(true);

      corrupt = false;
      const hostKeys = { trusted: [{ fingerprint: 'SHA256:x', type: undefined }], revoked: [] };
      await problemsOf(connect({ port: proxy.port, hostKeys }));
      await expect(proxy.isCut()).resolves.toBe(true);
      await proxy.close();
    });

    it('waits 2 seconds for a host to answer its goodbye', async () => {
      const proxy = await relay(server.port, true, (near, chunk) => void near.write(chunk));
      const transport = await connect({ port: proxy.port });
      const closing = transport.close();
      while (clock.sleeping === 0) await new Promise(setImmediate);
      clock.pass(2_000);
      await closing;
      await expect(proxy.isCut()).resolves.toBe(true);
      await proxy.close();
    });

    it('does not wait for a host that hangs up without reading on', async () => {
      const proxy = await relay(server.port, true, (near, chunk) => void near.write(chunk));
      const transport = await connect({ port: proxy.port });
      const stdin = 'x'.repeat(3 * MIB);
      const running = Array.from({ length: 8 }, () => transport.run({ ...change('sleep', '30'), stdin }));
      await proxy.stopReadingAfter(100_000);
      proxy.hangUp();
      expect(new Set((await Promise.all(running)).map((result) => result.kind))).toEqual(new Set(['lost']));
      await proxy.close();
    });

    it('is safe at any byte of the conversation', async () => {
      const lengths = Array.from({ length: 60 }, (_, index) => index * 97);
      const kinds = new Set<string>();
      for (const length of lengths) {
        const proxy = await relay(server.port, false, (near, chunk) => {
          const left = length - near.bytesWritten;
          if (chunk.length <= left) near.write(chunk);
          else if (near.writable) near.write(chunk.subarray(0, left), () => near.resetAndDestroy());
        });
        const onRetry: SshOptions['onRetry'] = (_, __, waitMs) => void setImmediate(() => clock.pass(waitMs));
        try {
          const transport = await connectSsh({ ...options, port: proxy.port, onRetry });
          kinds.add((await transport.run(change('echo', 'x'.repeat(2_000)))).kind);
          await transport.close();
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          kinds.add(error.problems[0]?.code ?? '');
        }
        await proxy.close();
      }
      // node may send a FIN before its RST, so that some look like a host that hangs up.
      kinds.delete('ssh.closed');
      expect([...kinds].sort()).toEqual(['exited', 'lost', 'ssh.reset']);
    });
  });

  describe('a command', () => {
    it('counts as ended 2 seconds after its exit status, when its child holds the output open', async () => {
      const transport = await connect();
      let result: RunResult | undefined;
      const running = transport.run(shell('sleep 30 & echo done; exit 3')).then((ended) => {
        result = ended;
      });
      // Its own time limit, and the wait for quiet once the status has come.
      while (clock.sleeping < 2) await new Promise(setImmediate);
      clock.pass(1_999);
      await transport.run(read('true'));
      expect(result).toBeUndefined();
      clock.pass(1);
      await running;
      expect(result).toEqual({ kind: 'exited', code: 3, stdout: 'done\n', stderr: '' });
    });

    it('has ended when it says so, however much output is still to come', async () => {
      const transport = await connect();
      const ticks = 'i=0; while [ $i -lt 5 ]; do sleep 0.05; echo $i; i=$((i+1)); done';
      const running = transport.run(shell(`{ ${ticks}; } & exit 0`));
      while (clock.sleeping < 2) await new Promise(setImmediate);
      clock.pass(1_000);
      expect(await running).toMatchObject({ kind: 'exited', stdout: '0\n1\n2\n3\n4\n' });
    });

    it('fails when it prints more than 16 MiB', async () => {
      const transport = await connect();
      expect(await problemsOf(transport.run(shell(`head -c ${17 * MIB} /dev/zero`)))).toEqual([
        { code: 'ssh.output-too-long', params: { program: 'sh', mebibytes: 16 } },
      ]);
      expect(await transport.run(read('echo', 'next'))).toMatchObject({ stdout: 'next\n' });
    });

    it('may print more in lines, but no line may be longer', async () => {
      const transport = await connect();
      let count = 0;
      const onLine = () => {
        count += 1;
      };
      expect(
        await transport.run(shell(`yes "$(head -c 10000 /dev/zero | tr '\\0' x)" | head -n 2000`), { onLine }),
      ).toMatchObject({ kind: 'exited' });
      expect(count).toBe(2000);
      expect(await problemsOf(transport.run(shell(`head -c ${17 * MIB} /dev/zero`), { onLine }))).toMatchObject([
        { code: 'ssh.output-too-long' },
      ]);
    });

    it('fails with what its listener throws', async () => {
      const transport = await connect();
      const onLine = () => {
        throw new SyntaxError('not JSON');
      };
      await expect(transport.run(shell('echo one; echo two'), { onLine })).rejects.toThrow('not JSON');
    });

    it('is sent again, a change too, where the host did not start it', async () => {
      const transport = await connect();
      server.faults.refuseSession = 1;
      server.faults.refuseCommand = 1;
      expect(await transport.run(change('echo', 'once'))).toMatchObject({ kind: 'exited', stdout: 'once\n' });
    });

    it('fails where the host starts none at all', async () => {
      const transport = await connect();
      server.faults.refuseSession = 99;
      expect(await problemsOf(transport.run(read('true')))).toMatchObject([{ code: 'ssh.no-session' }]);
    });

    it('is lost where the host never says how it ended', async () => {
      const transport = await connect();
      server.faults.forgetExit = 1;
      expect(await transport.run(change('echo', 'done'))).toMatchObject({ kind: 'lost', stdout: 'done\n' });
    });

    it('waits for its turn behind eight others, and can be cancelled there', async () => {
      const transport = await connect();
      const cancel = new AbortController();
      const running = Array.from({ length: 8 }, () => transport.run(shell('read -r _; echo ended')));
      const queued = transport.run(read('true'), { signal: cancel.signal });
      await Promise.all(running);
      expect(await queued).toMatchObject({ kind: 'exited' });

      const sleeping = Array.from({ length: 8 }, () => transport.run(read('sleep', '30'), { signal: cancel.signal }));
      const waiting = transport.run(change('echo', 'sent'), { signal: cancel.signal });
      while (server.commands.length < 17) await new Promise(setImmediate);
      cancel.abort();
      expect((await Promise.all([...sleeping, waiting])).map((result) => result.kind)).toEqual(
        Array(9).fill('cancelled'),
      );
      expect(server.commands.filter((line) => line.includes('sent'))).toEqual([]);
    });

    it('leaves its place in the queue to others when it is cancelled there', async () => {
      const transport = await connect();
      const cancel = new AbortController();
      const running = Array.from({ length: 8 }, () => transport.run(read('sleep', '0.1')));
      const waiting = Array.from({ length: 8 }, () => transport.run(read('true'), { signal: cancel.signal }));
      cancel.abort();
      await Promise.all([...running, ...waiting]);
      expect(await transport.run(read('true'))).toMatchObject({ kind: 'exited' });
    });

    it('has its channel closed when it is given up', async () => {
      const transport = await connect();
      const cancel = new AbortController();
      await transport.run(shell('echo started; sleep 30'), { onLine: () => cancel.abort(), signal: cancel.signal });
      while (server.running > 0) await new Promise(setImmediate);
    });

    it('is lost where the host has gone silent after the exit status, with output perhaps under way', async () => {
      const transport = await connect({ keepaliveMs: 100 });
      server.faults.stallAfterExit = true;
      const running = transport.run(change('sh', '-c', 'sleep 30 & echo part; exit 0'));
      while (clock.sleeping < 2) await new Promise(setImmediate);
      clock.pass(2_000);
      expect(await running).toMatchObject({ kind: 'lost', stdout: 'part\n' });
    });

    it('goes on while the host renews its keys', async () => {
      const transport = await connect();
      const running = transport.run(shell('for i in 1 2 3 4 5 6; do sleep 0.05; echo $i; done'));
      while (server.commands.length === 0) await new Promise(setImmediate);
      await server.rekey();
      await server.rekey();
      expect(await running).toMatchObject({ kind: 'exited', stdout: '1\n2\n3\n4\n5\n6\n' });
      expect(server.connections).toBe(1);
    });

    it('is not started with a NUL in it', async () => {
      const transport = await connect();
      await expect(transport.run(read('echo', 'a\0b'))).rejects.toThrow(RangeError);
    });
  });
});

/** A way to a server on which what comes back can be tampered with. It may never answer the client's goodbye. */
async function relay(target: number, allowHalfOpen: boolean, back: (near: Socket, chunk: Buffer) => void) {
  const sockets = new Set<Socket>();
  let near: Socket | undefined;
  const listener = createServer({ allowHalfOpen, noDelay: true }, (accepted) => {
    near = accepted;
    const far = createConnection(target, '127.0.0.1');
    for (const socket of [accepted, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    accepted.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => back(accepted, chunk));
    accepted.on('close', () => far.destroy());
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    async stopReadingAfter(bytes: number) {
      while ((near?.bytesRead ?? 0) < bytes) await new Promise(setImmediate);
      near?.pause();
    },
    hangUp: () => near?.end(),
    /** Whether the client has let go of the last connection: it then answers a write by RST. */
    async isCut() {
      while (near?.destroyed === false) {
        near.write('x');
        await new Promise(setImmediate);
      }
      return true;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}
