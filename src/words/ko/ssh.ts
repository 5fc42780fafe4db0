import type * as english from '../en/ssh';

/** Problems with the connection to the cluster's host. */

interface Host {
  readonly host: string;
  readonly port: number;
}

const at = ({ host, port }: Host) => `${host} (포트 ${port})`;
const list = (items: readonly (string | number)[]) => items.join(', ');
const linesOf = (lines: readonly number[]) => `ssh-host-key의 ${list(lines)}번째 줄`;

const during: Record<english.Stage, string> = {
  connect: '연결을 여는 중에',
  handshake: '양쪽이 암호화 방식을 합의하기 전에',
  login: '로그인하는 중에',
};

/** Read on the host itself, so that nobody in between can put another key in its place. */
const SHOW_HOST_KEYS = `호스트의 콘솔(클라우드 업체의 웹 콘솔이나 이미 믿을 수 있는 세션)에서 다음을 실행하세요:
  for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf "$key"; done
그리고 (ED25519)로 끝나는 줄 또는 모든 줄을 ssh-host-key에 넣으세요.`;

const MAKE_KEY = `자신의 컴퓨터에서 배포용 키를 만드세요:
  ssh-keygen -t ed25519 -N '' -C deploy -f deploy_key
deploy_key.pub에 있는 줄을 호스트에 있는 배포 사용자의 ~/.ssh/authorized_keys에 추가하고, (.pub이 붙지 않은) deploy_key 파일의 내용 전체를 ssh-key가 읽는 시크릿에 넣으세요.`;

const CHECK_ADDRESS =
  'ssh-host와 ssh-port가 맞는지, 호스트가 켜져 있는지, 호스트의 방화벽이 그 포트로 들어오는 러너를 허용하는지 확인하세요(GitHub에서 제공하는 러너는 주소가 고정되어 있지 않으므로, 포트를 모두에게 열거나 직접 운영하는 러너를 써야 합니다).';

export const sshProblems: typeof english.sshProblems = {
  'ssh.host-not-found': (p) => ({
    what: `이름이 ${p.host}인 호스트가 없습니다. 그 이름을 찾을 수 없었습니다.`,
    next: 'ssh-host에 오타가 없는지 확인하세요. deploy.example.org나 203.0.113.7처럼 이름이나 주소만 쓰고, https://, user@, 포트는 쓰지 마세요.',
  }),
  'ssh.name-lookup-failed': (p) => ({
    what: `${p.host} 이름을 조회하지 못했습니다. 네임 서비스가 응답하지 않았습니다.`,
    next: '대개 금방 풀리므로 job을 다시 실행하세요. 계속 같다면 도메인의 네임 서버를 확인하세요.',
  }),
  'ssh.refused': (p) => ({
    what: `${at(p)} 호스트가 연결을 거부했습니다. 서버는 응답하지만 그 포트에서 SSH를 받는 프로그램이 없습니다.`,
    next: `${CHECK_ADDRESS} 호스트에서 다음을 실행하면 SSH 서버가 실행 중인지, 어느 포트를 쓰는지 알 수 있습니다:\n  sudo ss -tlnp | grep sshd`,
  }),
  'ssh.unreachable': (p) => ({
    what: `${at(p)} 호스트에 접속할 수 없습니다(${p.detail}).`,
    next: CHECK_ADDRESS,
  }),
  'ssh.timeout': (p) => ({
    what: `${at(p)} 호스트가 ${during[p.stage]} ${p.seconds}초 동안 응답하지 않았습니다.`,
    next:
      p.stage === 'connect'
        ? `${CHECK_ADDRESS} 패킷을 말없이 버리는 방화벽도 이렇게 보입니다.`
        : '호스트에 접속은 되지만 진행되지 않습니다. 과부하 상태이거나 메모리가 부족할 수 있습니다. 클라우드 업체의 콘솔에서 확인하세요.',
  }),
  'ssh.reset': (p) => ({
    what: `${at(p)} 호스트와의 연결이 ${during[p.stage]} 끊어졌습니다.`,
    next: 'job을 다시 실행하세요. 계속 같다면 로그인 시도가 너무 많아서 호스트나 방화벽이 이 주소를 막고 있을 수 있습니다. 호스트에서 확인하세요:\n  sudo journalctl -u ssh -n 50\n  sudo fail2ban-client status sshd',
  }),
  'ssh.closed': (p) => ({
    what: `${at(p)} 호스트가 ${during[p.stage]} 연결을 닫았습니다.${p.said === '' ? '' : ` 호스트의 말: "${p.said}".`}`,
    next:
      p.said === ''
        ? '호스트가 로그인 수를 제한하고 있을 수 있습니다. 이유는 호스트의 로그에서 확인하세요:\n  sudo journalctl -u ssh -n 50'
        : 'SSH 서버의 말로 보이지 않는다면 ssh-port를 확인하세요(보통 22). 그렇지 않다면 호스트가 로그인 수를 제한하는 것이니, 호스트의 로그에서 이유를 확인하세요:\n  sudo journalctl -u ssh -n 50',
  }),
  'ssh.host-key-unknown': (p) => ({
    what: `${at(p)} 호스트는 ssh-host-key에 적힌 호스트가 아니므로 아무것도 보내지 않았습니다. 호스트가 보여 준 ${p.type} 키는 ${p.seen}, ssh-host-key가 기대하는 키는 ${p.expected.join(' 또는 ')}입니다.`,
    next: `호스트를 새로 설치했거나 ssh-host-key가 다른 호스트의 것이라면 ssh-host-key를 바꾸세요. 바뀐 것이 없다면 누군가 호스트인 척하고 있을 수 있으니, 여기에 나온 키를 그대로 복사하지 마세요. ${SHOW_HOST_KEYS}`,
  }),
  'ssh.host-key-revoked': (p) => ({
    what: `${at(p)} 호스트가 보여 준 ${p.type} 키 ${p.seen}은(는) ssh-host-key에 @revoked로 표시된 키라서 더는 믿으면 안 됩니다. 아무것도 보내지 않았습니다.`,
    next: `호스트에 새 키를 만들어 주거나, 사실은 맞는 키라면 ssh-host-key에서 @revoked 줄을 빼세요. ${SHOW_HOST_KEYS}`,
  }),
  'ssh.host-key-not-offered': (p) => ({
    what: `${at(p)} 호스트에는 ssh-host-key에 적힌 종류의 키(${list(p.types)})가 없어서, 자신이 누구인지 증명할 수 없습니다.`,
    next: SHOW_HOST_KEYS,
  }),
  'ssh.no-common-algorithm': (p) => ({
    what: `${at(p)} 호스트와 이 액션이 함께 쓸 수 있는 암호화 방식이 없습니다(${p.detail}). SSH 서버가 아주 오래되었거나 설정이 아주 엄격합니다.`,
    next: 'SSH 서버를 업데이트하거나, /etc/ssh/sshd_config에서 curve25519-sha256, aes256-gcm@openssh.com 그리고 rsa-sha2-512 또는 ssh-ed25519를 허용하세요. 다음을 실행하면 서버의 설정을 볼 수 있습니다:\n  sudo sshd -T | grep -E "^(kex|ciphers|macs|hostkey)"',
  }),
  'ssh.handshake-failed': (p) => ({
    what: `${at(p)} 호스트와 암호화 방식을 합의하지 못했습니다: ${p.detail}`,
    next: 'job을 다시 실행하세요. 계속 같다면 GitHub와 호스트 사이의 무언가가 보내는 내용을 바꾸고 있는 것이니 확인하세요.',
  }),
  'ssh.auth-refused': (p) => ({
    what: `${at(p)} 호스트가 ssh-key의 키(${p.type}, ${p.fingerprint})로 로그인하려는 ${p.username} 사용자를 받아들이지 않았습니다.${
      p.methods.length === 0 || p.methods.includes('publickey')
        ? ''
        : ` 이 사용자에게는 키를 전혀 받지 않고 다음 방법만 받습니다: ${list(p.methods)}.`
    }`,
    next: `ssh-username을 확인하세요. 호스트에서 그 사용자로 다음을 실행하면 로그인할 수 있는 키의 목록이 나오는데, ${p.fingerprint} 키가 그 안에 있어야 합니다:\n  ssh-keygen -lf ~/.ssh/authorized_keys\n없다면 키의 공개된 절반(.pub 파일)을 그 파일에 한 줄로 추가하세요. 있다면 거부한 이유를 호스트의 로그에서 확인하세요(파일의 권한 때문일 때가 많습니다):\n  sudo journalctl -u ssh -n 50`,
  }),
  'ssh.auth-more': (p) => ({
    what: `${at(p)} 호스트가 ${p.username} 사용자의 키를 받아들였지만 다음도 요구합니다: ${list(p.methods)}. 사람 없이 실행되는 job은 줄 수 없는 것입니다.`,
    next: `호스트의 /etc/ssh/sshd_config에서 이 사용자가 키만으로 로그인할 수 있게 하세요:\n  Match User ${p.username}\n    AuthenticationMethods publickey`,
  }),
  'ssh.not-regained': (p) => ({
    what: `${at(p)} 호스트와의 연결이 끊어졌고 다시 열지 못했습니다.`,
    next: '그 전에 보낸 것이 클러스터에 뒤늦게 적용될 수 있습니다. 먼저 호스트를 확인하고 나서 job을 다시 실행하세요.',
  }),
  'ssh.no-session': (p) => ({
    what: `${at(p)} 호스트에 연결되어 있지만, 호스트가 명령을 더 시작하지 않습니다.`,
    next: '호스트에 메모리나 프로세스가 부족하거나 세션 수가 제한되어 있을 수 있습니다(/etc/ssh/sshd_config의 MaxSessions, 기본값 10). 이유는 호스트의 로그에서 확인하세요:\n  sudo journalctl -u ssh -n 50',
  }),
  'ssh.cancelled': (p) => ({
    what: `${at(p)} 호스트에 연결하는 도중에 실행이 취소되었습니다.`,
    next: '클러스터에서 바뀐 것은 없습니다. 준비되면 job을 다시 실행하세요.',
  }),
  'ssh.already-closed': (p) => ({
    what: `연결을 닫은 뒤에 ${at(p)} 호스트로 명령을 보내려고 했습니다.`,
    next: '액션 자체의 잘못입니다. 이번 실행의 로그와 함께 알려 주세요.',
  }),
  'ssh.output-too-long': (p) => ({
    what: `호스트에서 ${p.program} 프로그램이 이 액션이 읽는 한도인 ${p.mebibytes} MiB보다 많이 출력했습니다.`,
    next: '액션이 실행하는 어떤 명령에서도 예상하지 않은 일입니다. 이번 실행의 로그와 함께 알려 주세요.',
  }),

  'ssh.key-empty': () => ({
    what: 'ssh-key가 비어 있습니다. 이 job에서 시크릿이 보이지 않는 것일 수 있습니다(fork, environment).',
    next: `GitHub는 fork에서 시작된 워크플로에는 시크릿을 주지 않고, environment의 시크릿은 \`environment:\`가 있는 job에만 줍니다. 시크릿의 이름도 확인하세요. 아직 키가 없다면 ${MAKE_KEY}`,
  }),
  'ssh.key-is-public': () => ({
    what: 'ssh-key에 공개 키가 들어 있습니다. 로그인에는 그 짝인 개인 키가 필요합니다.',
    next: '.pub이 붙지 않은 파일의 내용 전체를 시크릿에 넣으세요. -----BEGIN으로 시작하며, 아무에게도 보여 주지 않는 파일입니다.',
  }),
  'ssh.key-unreadable': (p) => ({
    what: {
      begin: 'ssh-key가 개인 키가 아니거나 첫 줄이 빠졌습니다. -----BEGIN OPENSSH PRIVATE KEY----- 같은 줄이 없습니다.',
      end: 'ssh-key가 잘렸습니다. -----END OPENSSH PRIVATE KEY----- 같은 마지막 줄이 없습니다.',
      content: 'ssh-key를 읽을 수 없습니다. 첫 줄과 마지막 줄 사이의 내용이 손상되었거나 빠진 부분이 있습니다.',
    }[p.damage],
    next: `첫 줄과 마지막 줄을 포함해 파일 전체를 다시 복사하세요. 자신의 컴퓨터에서 \`ssh-keygen -y -f deploy_key\`를 실행하면 파일 자체가 온전한지 알 수 있습니다. 새 키가 필요하다면 ${MAKE_KEY}`,
  }),
  'ssh.key-type': (p) => ({
    what: `ssh-key의 키는 여기서 쓸 수 없는 종류입니다(${p.type}).`,
    next: MAKE_KEY,
  }),
  'ssh.key-putty': () => ({
    what: 'ssh-key가 이 액션이 읽지 못하는 PuTTY 형식입니다.',
    next: 'OpenSSH 형식으로 내보내세요:\n  puttygen deploy.ppk -O private-openssh -o deploy_key\n또는 PuTTYgen 창에서 Conversions, Export OpenSSH key를 고르세요. 그다음 deploy_key의 내용 전체를 시크릿에 넣으세요.',
  }),
  'ssh.passphrase-missing': () => ({
    what: 'ssh-key의 키는 암호(passphrase)로 보호되어 있는데 ssh-passphrase가 비어 있습니다.',
    next: '암호를 시크릿에 넣고 ssh-passphrase로 넘기세요. 이미 그렇게 했다면 이 job에서 그 시크릿을 볼 수 있는지 확인하세요(fork, environment). 또는 암호가 없는 키를 쓰세요.',
  }),
  'ssh.passphrase-wrong': () => ({
    what: 'ssh-passphrase로 ssh-key의 키를 열 수 없습니다.',
    next: '다른 키의 암호이거나, 암호에 오타가 있거나, 키를 복사할 때 손상되었습니다. 자신의 컴퓨터에서 다음을 실행해 확인하세요. 암호를 물어보고 결과를 알려 줍니다:\n  ssh-keygen -y -f deploy_key',
  }),

  'ssh.host-key-missing': () => ({
    what: 'ssh-host-key가 비어 있어서, 진짜 호스트와 중간에 끼어든 누군가를 구별할 방법이 없습니다.',
    next: `이 값을 담은 변수나 시크릿이 있다면 이 job에서 볼 수 있는지 확인하세요(이름, 종류, environment). 없다면 ${SHOW_HOST_KEYS}`,
  }),
  'ssh.host-key-is-private': () => ({
    what: 'ssh-host-key에 개인 키가 들어 있습니다. 호스트의 공개 키나 그 지문(fingerprint)을 써야 합니다.',
    next: `이 설정을 읽을 수 있던 사람은 이제 그 개인 키를 가지고 있을 수 있으니, 키를 새것으로 바꾸세요. ${SHOW_HOST_KEYS}`,
  }),
  'ssh.host-key-unreadable': (p) => ({
    what: `${linesOf(p.lines)}을 읽을 수 없습니다. SHA256 지문(fingerprint)도, known_hosts의 줄도, 공개 키도 아닙니다.`,
    next: SHOW_HOST_KEYS,
  }),
  'ssh.host-key-md5': (p) => ({
    what: `${linesOf(p.lines)}에 MD5 지문(fingerprint)이 있습니다. 더는 안전하지 않은 옛 형식입니다.`,
    next: SHOW_HOST_KEYS,
  }),
  'ssh.host-key-authority': (p) => ({
    what: `${linesOf(p.lines)}은 인증 기관을 믿도록 되어 있습니다(@cert-authority). 이 액션은 이것을 지원하지 않습니다.`,
    next: `대신 호스트 자체의 키를 고정하세요. ${SHOW_HOST_KEYS}`,
  }),
  'ssh.host-key-unsupported': (p) => ({
    what: `ssh-host-key에는 여기서 쓸 수 없는 종류의 키만 있습니다(${list(p.types)}).`,
    next: SHOW_HOST_KEYS,
  }),
  'ssh.host-key-only-revoked': () => ({
    what: '이 호스트에 해당하는 ssh-host-key의 줄이 모두 @revoked라서 믿을 수 있는 키가 남아 있지 않습니다.',
    next: SHOW_HOST_KEYS,
  }),
  'ssh.host-key-other-host': (p) => ({
    what: `ssh-host-key의 줄들은 다른 호스트(${list(p.hosts)})의 것이고, ${at(p)} 호스트의 것은 없습니다.`,
    next: `이름만 다르고 같은 서버라면 그 이름을 ssh-host에도 쓰거나, 줄 앞에 있는 호스트 이름을 지워서 ssh-ed25519로 시작하게 하세요. ${p.host} 호스트 자체의 줄은 믿을 수 있는 네트워크에서 \`ssh-keyscan -p ${p.port} ${p.host}\`를 실행하면 나옵니다. ${SHOW_HOST_KEYS}`,
  }),
};
