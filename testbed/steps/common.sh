# shellcheck shell=bash
# Where things are, and how a step speaks, waits and gives up.
set -euo pipefail

testbed=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
state=/var/lib/deploy-action-testbed      # keys, logs, process ids, images: gone after testbed/down
run=/run/deploy-action-testbed            # sockets and mounts: gone after a reboot
own_mark=.made-by-deploy-action-testbed   # a folder of a fixed name holds this file if we made the folder
# Built and downloaded programs, kept between runs. The testbed remembers the cache it was started from.
cache=${DEPLOY_ACTION_TESTBED_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/deploy-action-testbed}

kubernetes=1.34.4
etcd=3.6.4
buildx=0.38.2
act=0.2.89
node=24.21.0
go_needed=1.26.8 # buildx asks for it

node_name=testbed
# 198.18.0.0/15 is set aside for benchmarks (RFC 2544): no real network uses it, so nothing can collide with it.
our_networks=198.18.0.0/15
service_range=198.18.0.0/16
pod_range=198.19.0.0/20
fenced_range=198.19.0.0/16 # all but the Services: what has no more specific route is unreachable
docker_bridge_address=198.19.254.1/24
host_ip=198.19.255.1 # stands on lo: kubeadm refuses 127.0.0.1
docker_bridge=da-docker0
pod_bridge=da-pods0

containerd_socket=$run/containerd.sock
docker_socket=$run/docker.sock
open_registry=5080
private_registry=5081
registry_user=deployer
ssh_port=2222
deploy_user='testbed-deployer'
namespaces=(default caring-note-staging) # the second is made by access/everywhere.yaml
admin_config=/etc/kubernetes/admin.conf

export PATH="$PATH:/usr/sbin:/sbin" KUBECONFIG=$admin_config KUBECACHEDIR=$state/kubectl-cache
# Downloads may need a proxy; the cluster never does.
no_proxy=$host_ip,127.0.0.1,localhost${NO_PROXY:+,$NO_PROXY}
export no_proxy NO_PROXY=$no_proxy

say() { printf 'testbed: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# wait_for SECONDS WHAT COMMAND...
wait_for() {
  local deadline=$((SECONDS + $1)) what=$2; shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt "$deadline" ] || die "gave up waiting for $what; the logs are in $state/logs"
    sleep 0.1
  done
}

# One up or down at a time, on a lock that needs no file of ours.
lock() {
  exec 9</var/lib
  flock --nonblock 9 || { say 'waiting for another testbed/up or testbed/down to end'; flock 9; }
}

# link TARGET NAME: a symbolic link, made only if it is not that already.
link() { [ "$(readlink "$2" 2>/dev/null)" = "$1" ] || { mkdir -p "$(dirname "$2")"; ln -sfn "$1" "$2"; }; }
