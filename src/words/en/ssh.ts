/** Problems with the connection to the cluster's host. */

interface Host {
  readonly host: string;
  readonly port: number;
}

/** How far a connection had come: no answer yet, agreeing on encryption, or signing in. */
export type Stage = 'connect' | 'handshake' | 'login';

const at = ({ host, port }: Host) => `${host} (port ${port})`;
const list = (items: readonly (string | number)[]) => items.join(', ');
const linesOf = (lines: readonly number[]) => `${lines.length === 1 ? 'Line' : 'Lines'} ${list(lines)} of ssh-host-key`;

const during: Record<Stage, string> = {
  connect: 'while the connection was being opened',
  handshake: 'before the two sides had agreed on encryption',
  login: 'while signing in',
};

/** Read on the host itself, so that nobody in between can put another key in its place. */
const SHOW_HOST_KEYS = `On the host's own console (your cloud provider's web console, or a session you already trust), run:
  for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf "$key"; done
and put the line that ends in (ED25519), or all of them, into ssh-host-key.`;

const MAKE_KEY = `Make a key for deploying, on your own computer:
  ssh-keygen -t ed25519 -N '' -C deploy -f deploy_key
Add the line in deploy_key.pub to ~/.ssh/authorized_keys of the deploying user on the host, and put the whole text of the file deploy_key (without .pub) into the secret that ssh-key reads.`;

const CHECK_ADDRESS =
  'Check ssh-host and ssh-port, that the host is running, and that its firewall lets the runner in on that port (GitHub-hosted runners have no fixed address: the port has to be open to all, or the runner be one of your own).';

export const sshProblems = {
  'ssh.host-not-found': (p: { host: string }) => ({
    what: `There is no host called ${p.host}: the name could not be found.`,
    next: 'Check ssh-host for a typing mistake. It takes a name or an address only, such as deploy.example.org or 203.0.113.7: no https://, no user@, no port.',
  }),
  'ssh.name-lookup-failed': (p: { host: string }) => ({
    what: `The name ${p.host} could not be looked up: the name service gave no answer.`,
    next: "This usually passes: run the job again. If it stays, look at your domain's name servers.",
  }),
  'ssh.refused': (p: Host) => ({
    what: `${at(p)} refused the connection: the machine answers, but nothing listens for SSH on that port.`,
    next: `${CHECK_ADDRESS} On the host, this shows whether the SSH server runs, and on which port:\n  sudo ss -tlnp | grep sshd`,
  }),
  'ssh.unreachable': (p: Host & { detail: string }) => ({
    what: `${at(p)} cannot be reached (${p.detail}).`,
    next: CHECK_ADDRESS,
  }),
  'ssh.timeout': (p: Host & { stage: Stage; seconds: number }) => ({
    what: `${at(p)} gave no answer for ${p.seconds} seconds, ${during[p.stage]}.`,
    next:
      p.stage === 'connect'
        ? `${CHECK_ADDRESS} A firewall that drops packets silently looks just like this.`
        : 'The host is reachable but does not get on: it may be overloaded or out of memory. Look at it with your cloud provider’s console.',
  }),
  'ssh.reset': (p: Host & { stage: Stage }) => ({
    what: `The connection to ${at(p)} was cut ${during[p.stage]}.`,
    next: 'Run the job again. If it stays, the host or a firewall may be blocking this address after too many sign-ins. On the host:\n  sudo journalctl -u ssh -n 50\n  sudo fail2ban-client status sshd',
  }),
  'ssh.closed': (p: Host & { stage: Stage; said: string }) => ({
    what: `${at(p)} closed the connection ${during[p.stage]}.${p.said === '' ? '' : ` It said: "${p.said}".`}`,
    next:
      p.said === ''
        ? 'The host may be limiting sign-ins. Its own log says why:\n  sudo journalctl -u ssh -n 50'
        : 'If that does not look like an SSH server, check ssh-port (usually 22). Otherwise the host is limiting sign-ins; its log says why:\n  sudo journalctl -u ssh -n 50',
  }),
  'ssh.host-key-unknown': (p: Host & { type: string; seen: string; expected: readonly string[] }) => ({
    what: `${at(p)} is not the host that ssh-host-key describes, so nothing was sent to it. It showed the ${p.type} key ${p.seen}; ssh-host-key expects ${p.expected.join(' or ')}.`,
    next: `If the host was set up anew, or ssh-host-key was made for another one, replace ssh-host-key. If nothing changed, somebody may be standing in for the host: do not just copy the key shown here. ${SHOW_HOST_KEYS}`,
  }),
  'ssh.host-key-revoked': (p: Host & { type: string; seen: string }) => ({
    what: `${at(p)} showed the ${p.type} key ${p.seen}, which ssh-host-key marks as @revoked: it must not be trusted any more. Nothing was sent.`,
    next: `Give the host a new key, or, if this is the right one after all, take its @revoked line out of ssh-host-key. ${SHOW_HOST_KEYS}`,
  }),
  'ssh.host-key-not-offered': (p: Host & { types: readonly string[] }) => ({
    what: `${at(p)} has no key of a kind that ssh-host-key lists (${list(p.types)}), so it cannot prove who it is.`,
    next: SHOW_HOST_KEYS,
  }),
  'ssh.no-common-algorithm': (p: Host & { detail: string }) => ({
    what: `${at(p)} and this action have no way of encrypting in common (${p.detail}): the SSH server is very old, or its settings are very strict.`,
    next: 'Update the SSH server, or allow curve25519-sha256, aes256-gcm@openssh.com and rsa-sha2-512 or ssh-ed25519 in /etc/ssh/sshd_config. This shows its settings:\n  sudo sshd -T | grep -E "^(kex|ciphers|macs|hostkey)"',
  }),
  'ssh.handshake-failed': (p: Host & { detail: string }) => ({
    what: `Agreeing on encryption with ${at(p)} failed: ${p.detail}`,
    next: 'Run the job again. If it stays, something between GitHub and the host is changing what is sent.',
  }),
  'ssh.auth-refused': (
    p: Host & { username: string; type: string; fingerprint: string; methods: readonly string[] },
  ) => ({
    what: `${at(p)} did not let user ${p.username} in with the key in ssh-key (${p.type}, ${p.fingerprint}).${
      p.methods.length === 0 || p.methods.includes('publickey')
        ? ''
        : ` It accepts no keys at all for this user, only: ${list(p.methods)}.`
    }`,
    next: `Check ssh-username. On the host, as that user, this lists the keys that may sign in; ${p.fingerprint} has to be among them:\n  ssh-keygen -lf ~/.ssh/authorized_keys\nIf it is missing, add the public half of the key (the .pub file) as one line to that file. If it is there, the host's log says why it was refused (often the file's permissions):\n  sudo journalctl -u ssh -n 50`,
  }),
  'ssh.auth-more': (p: Host & { username: string; methods: readonly string[] }) => ({
    what: `${at(p)} accepted the key of user ${p.username} but also asks for: ${list(p.methods)}. An unattended job cannot give that.`,
    next: `Let this user sign in with a key alone, in /etc/ssh/sshd_config on the host:\n  Match User ${p.username}\n    AuthenticationMethods publickey`,
  }),
  'ssh.not-regained': (p: Host) => ({
    what: `The connection to ${at(p)} was lost and could not be opened again.`,
    next: 'What had been sent before may still take effect on the cluster. Look at the host first, then run the job again.',
  }),
  'ssh.no-session': (p: Host) => ({
    what: `${at(p)} is connected but will not start another command.`,
    next: 'The host may be out of memory or processes, or limit sessions (MaxSessions in /etc/ssh/sshd_config, 10 by default). Its log says why:\n  sudo journalctl -u ssh -n 50',
  }),
  'ssh.cancelled': (p: Host) => ({
    what: `The run was cancelled while connecting to ${at(p)}.`,
    next: 'Nothing was changed on the cluster. Run the job again when you are ready.',
  }),
  'ssh.already-closed': (p: Host) => ({
    what: `A command was to be sent to ${at(p)} after the connection had been closed.`,
    next: 'This is a mistake in the action itself. Please report it, with the log of this run.',
  }),
  'ssh.output-too-long': (p: { program: string; mebibytes: number }) => ({
    what: `${p.program} on the host printed more than ${p.mebibytes} MiB, more than this action reads.`,
    next: 'This is not expected of any command the action runs. Please report it, with the log of this run.',
  }),

  'ssh.key-empty': (_: Record<never, never>) => ({
    what: 'ssh-key is empty: is the secret visible to this job (fork, environment)?',
    next: `GitHub gives no secrets to workflows started from a fork, and an environment's secrets only to jobs with \`environment:\`. Check the secret's name too. If there is no key yet: ${MAKE_KEY}`,
  }),
  'ssh.key-is-public': (_: Record<never, never>) => ({
    what: 'ssh-key holds a public key. Signing in takes the private one that belongs to it.',
    next: 'Put the whole text of the file without .pub into the secret. It starts with -----BEGIN and is never shown to anyone.',
  }),
  'ssh.key-unreadable': (p: { damage: 'begin' | 'end' | 'content' }) => ({
    what: {
      begin:
        'ssh-key is not a private key, or its first line is missing: there is no line like -----BEGIN OPENSSH PRIVATE KEY-----.',
      end: 'ssh-key is cut off: its last line, like -----END OPENSSH PRIVATE KEY-----, is missing.',
      content: 'ssh-key cannot be read: what stands between its first and last line is damaged or incomplete.',
    }[p.damage],
    next: `Copy the whole file again, its first and last line included. \`ssh-keygen -y -f deploy_key\` on your computer tells whether the file itself is whole. For a new key: ${MAKE_KEY}`,
  }),
  'ssh.key-type': (p: { type: string }) => ({
    what: `ssh-key is a key of a kind that cannot be used here (${p.type}).`,
    next: MAKE_KEY,
  }),
  'ssh.key-putty': (_: Record<never, never>) => ({
    what: 'ssh-key is in a form of PuTTY that this action does not read.',
    next: 'Export it in the form of OpenSSH:\n  puttygen deploy.ppk -O private-openssh -o deploy_key\nor in the PuTTYgen window: Conversions, Export OpenSSH key. Then put the whole text of deploy_key into the secret.',
  }),
  'ssh.passphrase-missing': (_: Record<never, never>) => ({
    what: 'The key in ssh-key is protected by a passphrase, but ssh-passphrase is empty.',
    next: 'Put the passphrase into a secret and give it as ssh-passphrase; if you did, check that the secret is visible to this job (fork, environment). Or use a key without one.',
  }),
  'ssh.passphrase-wrong': (_: Record<never, never>) => ({
    what: 'ssh-passphrase does not open the key in ssh-key.',
    next: 'The passphrase belongs to another key, has a typing mistake, or the key was damaged when it was copied. On your computer this asks for the passphrase and tells:\n  ssh-keygen -y -f deploy_key',
  }),

  'ssh.host-key-missing': (_: Record<never, never>) => ({
    what: 'ssh-host-key is empty, so there is no way to tell the real host from somebody in between.',
    next: `If there is a variable or secret for it, check that this job can see it (its name, its kind, its environment). If not: ${SHOW_HOST_KEYS}`,
  }),
  'ssh.host-key-is-private': (_: Record<never, never>) => ({
    what: 'ssh-host-key holds a private key. It takes the public key of the host, or its fingerprint.',
    next: `Whoever could read this setting may have that private key now: replace it. ${SHOW_HOST_KEYS}`,
  }),
  'ssh.host-key-unreadable': (p: { lines: readonly number[] }) => ({
    what: `${linesOf(p.lines)} cannot be read: neither a SHA256 fingerprint, nor a known_hosts line, nor a public key.`,
    next: SHOW_HOST_KEYS,
  }),
  'ssh.host-key-md5': (p: { lines: readonly number[] }) => ({
    what: `${linesOf(p.lines)} gives an MD5 fingerprint, an old form that is no longer safe.`,
    next: SHOW_HOST_KEYS,
  }),
  'ssh.host-key-authority': (p: { lines: readonly number[] }) => ({
    what: `${linesOf(p.lines)} trusts a certificate authority (@cert-authority), which this action does not support.`,
    next: `Pin the host's own key instead. ${SHOW_HOST_KEYS}`,
  }),
  'ssh.host-key-unsupported': (p: { types: readonly string[] }) => ({
    what: `ssh-host-key only lists keys of a kind that cannot be used here (${list(p.types)}).`,
    next: SHOW_HOST_KEYS,
  }),
  'ssh.host-key-only-revoked': (_: Record<never, never>) => ({
    what: 'Every line of ssh-host-key for this host is @revoked, so there is no key left to trust.',
    next: SHOW_HOST_KEYS,
  }),
  'ssh.host-key-other-host': (p: Host & { hosts: readonly string[] }) => ({
    what: `The lines of ssh-host-key are for other hosts (${list(p.hosts)}); none is for ${at(p)}.`,
    next: `If they are the same machine under another name, use that name as ssh-host too, or take the host's name off the front of the line, so that it starts with ssh-ed25519. For ${p.host} itself, from a network you trust, \`ssh-keyscan -p ${p.port} ${p.host}\` prints its lines. ${SHOW_HOST_KEYS}`,
  }),
};
