# shellcheck shell=bash
# Two registries: an open one, and one with a password that is new with every testbed.

start_registries() {
  if [ ! -e "$state/registry-password" ]; then
    (umask 077; head -c 18 /dev/urandom | base64 | tr '+/' '-_' >"$state/registry-password.new")
    mv "$state/registry-password.new" "$state/registry-password"
  fi
  (umask 077; write_htpasswd <"$state/registry-password" >"$state/htpasswd")
  start_registry "$open_registry" ''
  start_registry "$private_registry" "auth: {htpasswd: {realm: testbed, path: $state/htpasswd}}"
  wait_for 20 'the open registry' answers "$open_registry" '200 OK'
  wait_for 20 'the private registry' answers "$private_registry" '401 Unauthorized'
}

start_registry() { # start_registry PORT AUTH
  install -d -m 700 "$state/registry-$1"
  cat >"$state/registry-$1.yaml" <<YAML
version: 0.1
log: {accesslog: {disabled: true}, level: warn}
storage: {filesystem: {rootdirectory: $state/registry-$1}, delete: {enabled: true}}
http: {addr: "127.0.0.1:$1"}
$2
YAML
  start "registry-$1" docker-registry serve "$state/registry-$1.yaml"
}

# Password on stdin, a line for htpasswd on stdout: bcrypt, the only kind that the registry takes.
write_htpasswd() {
  local salt; salt=$(head -c 32 /dev/urandom | base64 | tr -dc 'A-Za-z0-9' | head -c 21)
  perl -e 'chomp(my $password = <STDIN>); print "$ARGV[0]:", crypt($password, "\$2y\$05\$$ARGV[1]e"), "\n"' "$registry_user" "$salt"
}

answers() { # answers PORT STATUS
  local line
  { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
  printf 'GET /v2/ HTTP/1.0\r\n\r\n' >&3
  read -r line <&3
  exec 3<&-
  [[ $line == *"$2"* ]]
}
