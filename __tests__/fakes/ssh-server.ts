import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type AuthContext, type Connection, Server, type ServerConfig, utils } from 'ssh2';
import { openSshEd25519 } from '../../src/transport/openssh-key';

/** What goes wrong. Numbers are how often it still will. */
export interface Faults {
  resetOnAccept: number;
  /** Accepts and never says anything. */
  isSilent: boolean;
  /** Says this instead of SSH's greeting, and hangs up. */
  greeting: string | undefined;
  refuseAuth: boolean;
  /** Takes the key but wants a password too. */
  askMore: boolean;
  /** Hangs up when the key is shown. */
  closeAtLogin: boolean;
  resetAfterAuth: number;
  resetOnCommand: number;
  /** From the next command on, neither reads nor answers. */
  stallOnCommand: boolean;
  /** Goes silent once a command has told its exit status. */
  stallAfterExit: boolean;
  refuseSession: number;
  refuseCommand: number;
  /** Closes the channel without ever telling how the command ended. */
  forgetExit: number;
}

export interface SshServer {
  readonly port: number;
  /** Its key as in /etc/ssh/ssh_host_ed25519_key.pub. */
  readonly hostKey: string;
  /** The private key that may sign in, as a file holds it. */
  readonly userKey: string;
  readonly faults: Faults;
  /** Every line it was asked to run. */
  readonly commands: readonly string[];
  /** How many connections it has seen. */
  readonly connections: number;
  /** How often someone tried to sign in. */
  readonly logins: number;
  /** How many commands run. */
  readonly running: number;
  /** Renews the keys of every connection, as sshd does after a gigabyte. */
  rekey(): Promise<void>;
  /** Cuts every connection, as a crash would: RST. */
  cut(): void;
  close(): Promise<void>;
}

const USER = 'deployer';

/** An SSH server on 127.0.0.1 that runs each line in a local `sh`, and fails as told. */
export async function startSshServer(
  options: Partial<ServerConfig> & { readonly port?: number } = {},
): Promise<SshServer> {
  const hostKey = makeKey();
  const userKey = makeKey();
  const faults: Faults = {
    ...{
      resetOnAccept: 0,
      isSilent: false,
      greeting: undefined,
      refuseAuth: false,
      askMore: false,
      closeAtLogin: false,
    },
    ...{
      resetAfterAuth: 0,
      resetOnCommand: 0,
      stallOnCommand: false,
      stallAfterExit: false,
      refuseSession: 0,
      refuseCommand: 0,
      forgetExit: 0,
    },
  };
  const sockets = new Set<Socket>();
  const children = new Set<ChildProcess>();
  const clients = new Set<Connection>();
  const commands: string[] = [];
  const seen = { connections: 0, logins: 0 };
  const due = (fault: { [K in keyof Faults]: Faults[K] extends number ? K : never }[keyof Faults]) =>
    faults[fault] > 0 && faults[fault]-- > 0;

  const serve = (client: Connection, socket: Socket) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    // A client that hangs up is no fault of the server's.
    client.on('error', () => undefined);
    client.on('authentication', (context) => authenticate(context, client));
    client.on('ready', () => {
      if (due('resetAfterAuth')) socket.resetAndDestroy();
    });
    client.on('session', (accept, reject) => {
      if (due('refuseSession')) return reject();
      accept().on('exec', (acceptCommand, rejectCommand, { command }) => {
        commands.push(command);
        if (due('refuseCommand')) return rejectCommand();
        if (faults.stallOnCommand) return void socket.pause();
        const channel = acceptCommand();
        const child = spawn('sh', ['-c', command], { detached: true });
        children.add(child);
        channel.on('error', () => undefined);
        child.stdin.on('error', () => undefined);
        channel.pipe(child.stdin);
        child.stdout.on('data', (chunk) => channel.write(chunk));
        child.stderr.on('data', (chunk) => channel.stderr.write(chunk));
        const forgets = due('forgetExit');
        child.on('exit', (code, signal) => {
          if (forgets) return;
          if (code === null) channel.exit(signal ?? '', false, '');
          else channel.exit(code);
          if (faults.stallAfterExit) setImmediate(() => socket.pause());
        });
        child.on('close', () => {
          children.delete(child);
          channel.end();
        });
        channel.on('close', () => kill(child));
        if (due('resetOnCommand')) socket.resetAndDestroy();
      });
    });
  };

  const authenticate = (context: AuthContext, client: Connection) => {
    if (context.method !== 'publickey') return context.reject(['publickey']);
    seen.logins += 1;
    if (faults.closeAtLogin) return void client.end();
    const isKnown = context.username === USER && userKey.blob.equals(context.key.data);
    if (faults.refuseAuth || !isKnown) return context.reject(['publickey', 'password']);
    if (faults.askMore && context.signature) return context.reject(['password'], true);
    context.accept();
  };

  const ssh = new Server({ hostKeys: [hostKey.private], ...options });
  const listener = createServer({ noDelay: true }, (socket) => {
    seen.connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    if (due('resetOnAccept')) return void socket.resetAndDestroy();
    if (faults.isSilent) return;
    if (faults.greeting !== undefined) return void socket.end(faults.greeting);
    ssh.once('connection', (client) => serve(client, socket));
    ssh.injectSocket(socket);
  });
  await new Promise<void>((resolve) => listener.listen(options.port ?? 0, '127.0.0.1', resolve));

  return {
    port: (listener.address() as AddressInfo).port,
    hostKey: hostKey.public,
    userKey: userKey.private,
    faults,
    commands,
    get connections() {
      return seen.connections;
    },
    get running() {
      return children.size;
    },
    get logins() {
      return seen.logins;
    },
    async rekey() {
      await Promise.all([...clients].map((client) => new Promise<void>((done) => client.rekey(() => done()))));
    },
    cut() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close() {
      for (const child of children) kill(child);
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
}

/** Not by ssh2's own generator: about one in a hundred of its keys is malformed. */
function makeKey() {
  const privateKey = openSshEd25519(generateKeyPairSync('ed25519').privateKey);
  const parsed = utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  const blob = parsed.getPublicSSH();
  return { private: privateKey, public: `ssh-ed25519 ${blob.toString('base64')} made-for-a-test`, blob };
}

/** The whole group: the shell's children hold its output open. */
function kill(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
