# shellcheck shell=bash
# What a user of the testbed has to know, as shell exports.

write_environment() {
  (umask 077; environment >"$state/env.new")
  mv "$state/env.new" "$state/env"
}

environment() {
  # shellcheck disable=SC2016 # the user's shell reads PATH
  printf 'export PATH=%q:"$PATH"\n' "$cache/bin"
  # shellcheck disable=SC2016
  printf 'export %s=%s${NO_PROXY:+,$NO_PROXY}\n' no_proxy "$host_ip,127.0.0.1,localhost" NO_PROXY "$host_ip,127.0.0.1,localhost"
  variable KUBECONFIG "$admin_config"
  variable DOCKER_HOST "unix://$docker_socket"
  variable DOCKER_CONFIG "$state/docker-client"
  variable TESTBED_STATE "$state"
  variable TESTBED_SSH_HOST 127.0.0.1
  variable TESTBED_SSH_PORT "$ssh_port"
  variable TESTBED_SSH_USER "$deploy_user"
  variable TESTBED_SSH_KEY_FILE "$state/ssh/id_ed25519"
  variable TESTBED_SSH_KNOWN_HOSTS "[127.0.0.1]:$ssh_port $(cut -d' ' -f1,2 "$state/ssh/host_ed25519.pub")"
  variable TESTBED_SSH_FINGERPRINT "$(ssh-keygen -lf "$state/ssh/host_ed25519.pub" | cut -d' ' -f2)"
  variable TESTBED_REGISTRY "127.0.0.1:$open_registry"
  variable TESTBED_PRIVATE_REGISTRY "127.0.0.1:$private_registry"
  variable TESTBED_PRIVATE_REGISTRY_USER "$registry_user"
  variable TESTBED_PRIVATE_REGISTRY_PASSWORD "$(cat "$state/registry-password")"
  variable TESTBED_SERVER "$(built server)"
  variable TESTBED_BUSYBOX "$packages/engines/bin/busybox"
  variable TESTBED_NODE "$node_binary"
  [ ! -e "$cache/builds/act.current" ] || [ ! -x "$(built act)" ] || variable TESTBED_ACT "$(built act)"
}

variable() { printf 'export %s=%q\n' "$1" "$2"; }
