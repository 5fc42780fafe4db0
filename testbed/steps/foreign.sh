# shellcheck shell=bash
# Refuse a machine that belongs to another cluster. Somebody may try this on a production server: in doubt, it does.

refuse_foreign_machine() {
  local reason; reason=$(foreign_cluster) || die "could not tell whether this machine belongs to a cluster"
  [ -z "$reason" ] || die "refused, nothing was touched: $reason. Use a machine without a cluster."
}

# Prints the first sign of a cluster that we did not make, or nothing.
foreign_cluster() {
  local folder
  for folder in /etc/kubernetes /var/lib/kubelet; do
    if has_content "$folder" && [ ! -e "$folder/$own_mark" ]; then echo "$folder was not made by the testbed"; return; fi
  done
  for folder in /var/lib/etcd /etc/rancher /var/lib/rancher /var/snap/microk8s /snap/microk8s /var/lib/k0s /etc/k0s; do
    if has_content "$folder"; then echo "$folder exists"; return; fi
  done
  local stranger; stranger=$(foreign_process)
  if [ -n "$stranger" ]; then echo "$stranger runs here and was not started by the testbed"; return; fi
  [ ! -e "/etc/kubernetes/$own_mark" ] || return 0
  if [[ $(iptables-save 2>/dev/null) == *:KUBE-* ]]; then echo 'iptables holds rules of Kubernetes'; return; fi
  taken_port 6443 10250 2379 2380 2381 10248 10249 10256 10257 10259
}

has_content() { [ -n "$(ls -A "$1" 2>/dev/null)" ]; }

foreign_process() {
  local folder name
  for folder in /proc/[0-9]*; do
    { read -r name <"$folder/comm"; } 2>/dev/null || continue
    case $name in
      kubelet | kube-* | k3s* | rke2* | k0s* | kubelite | hyperkube)
        # One that has ended but was not collected yet has no program any more.
        is_ours "${folder#/proc/}" || ! readlink "$folder/exe" >/dev/null || { echo "$name (process ${folder#/proc/})"; return; } ;;
    esac
  done
}

# taken_port PORT...: prints the first that something listens on.
taken_port() {
  local port
  for port; do
    if listening "$port"; then echo "something else listens on port $port"; return; fi
  done
}

listening() {
  { cat /proc/net/tcp /proc/net/tcp6 2>/dev/null || true; } |
    awk -v port="$(printf ':%04X' "$1")" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }'
}

# For the programs beside the cluster. What an ended run of ours left is cleared later.
refuse_taken_ports() {
  [ ! -e "$run" ] || return 0
  local reason; reason=$(taken_port "$open_registry" "$private_registry" "$ssh_port")
  [ -z "$reason" ] || die "refused: $reason, which the testbed needs"
}

refuse_foreign_user() {
  local entry; entry=$(getent passwd "$deploy_user") || return 0
  is_our_user "$entry" || die "refused: a user $deploy_user exists that the testbed did not make"
}

# Our users carry a comment, set in the same step that makes them.
user_comment='deploy-action testbed'
is_our_user() { [ "$(cut -d: -f5 <<<"$1")" = "$user_comment" ]; }
