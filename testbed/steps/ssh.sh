# shellcheck shell=bash
# An SSH server on 127.0.0.1 that lets in one user with one key.

start_ssh() {
  make_user sshd --home-dir /run/sshd --no-create-home --shell /usr/sbin/nologin
  # Without a password the account counts as locked, and sshd refuses its keys.
  make_user "$deploy_user" --home-dir "$state/home" --no-create-home --shell /bin/bash --password '*'
  chmod 755 "$state"
  install -d -m 700 -o "$deploy_user" -g "$deploy_user" "$state/home" "$state/home/.kube"
  share_folder /run/sshd # where every sshd wants an empty folder
  make_keys
  write_sshd_configuration >"$state/ssh/sshd_config"
  # The cache is out of this user's reach.
  mkdir -p "$state/bin"
  [ -e "$state/bin/kubectl" ] || ln "$(built kube)" "$state/bin/kubectl" 2>/dev/null || install -m 755 "$(built kube)" "$state/bin/kubectl"
  # It starts itself again for each connection, and wants to know where it is.
  start "sshd-$ssh_port" "$packages/engines/usr/sbin/sshd" -D -e -f "$state/ssh/sshd_config"
  wait_for 10 sshd greets
}

make_user() { # make_user NAME OPTION...
  local name=$1; shift
  getent passwd "$name" >/dev/null || useradd --system --user-group --comment "$user_comment" "$@" "$name"
}

make_keys() {
  mkdir -p "$state/ssh"
  local type
  for type in ed25519 ecdsa; do make_key "host_$type" $type testbed; done
  make_key id_ed25519 ed25519 "$deploy_user"
  install -m 644 "$state/ssh/id_ed25519.pub" "$state/ssh/authorized_keys"
}
make_key() { # make_key FILE TYPE COMMENT
  [ -e "$state/ssh/$1" ] || ssh-keygen -q -t "$2" -N '' -C "$3" -f "$state/ssh/$1"
}

write_sshd_configuration() {
  cat <<CONF
ListenAddress 127.0.0.1:$ssh_port
HostKey $state/ssh/host_ed25519
HostKey $state/ssh/host_ecdsa
AllowUsers $deploy_user
AuthorizedKeysFile $state/ssh/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
DisableForwarding yes
MaxStartups 200
PidFile none
SetEnv PATH=$state/bin:/usr/local/bin:/usr/bin:/bin
CONF
}

greets() {
  local line
  { exec 3<>"/dev/tcp/127.0.0.1/$ssh_port"; } 2>/dev/null || return 1
  read -r line <&3
  exec 3<&-
  [[ $line == SSH-2.0-* ]]
}
