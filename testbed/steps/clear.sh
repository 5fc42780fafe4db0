# shellcheck shell=bash
# Takes the cluster away, also what is left of one whose processes were killed or whose machine was started again.

programs=(kubelet kube-proxy dockerd containerd "sshd-$ssh_port" "registry-$open_registry" "registry-$private_registry")

# Is there something that a new cluster cannot stand on?
needs_clearing() {
  if ! alive containerd && ! alive kubelet; then
    [ -e "$run" ] || [ -e "/etc/kubernetes/$own_mark" ] || [ -n "$(our_processes)" ]
  else
    # Its start was interrupted, or it was built from other sources.
    [ ! -e "$state/cluster" ] || [ "$(cat "$state/cluster")" != "$(sources)" ]
  fi
}

clear_cluster() {
  rm -f "$state/env" "$state/access" "$state/cluster" "$state/images"
  kill_processes
  leave_mounts
  take_network_down
  remove_groups
  remove_shared_files
  give_folder_back /var/lib/kubelet
  rm -rf --one-file-system "$run" "${state:?}"/{containerd,docker,etcd,pod-logs,volume-plugins,cni,image.*,bin}
  give_folder_back /etc/kubernetes # last: while its mark is there, what remains is known to be ours
}

kill_processes() {
  local pid tries=100
  stop "${programs[@]}"
  # Containers outlive containerd, and the shims that it left to them.
  while [ -n "$(our_processes)" ] && [ $((tries--)) -gt 0 ]; do
    for pid in $(our_processes); do kill -9 "$pid" 2>/dev/null || true; done
    sleep 0.1
  done
}

leave_mounts() {
  local mount
  awk '{ print $2 }' /proc/mounts | sort -r | while read -r mount; do
    case $mount in
      "$state"/* | "$run"/*) umount --lazy "$mount" || true ;;
      /var/lib/kubelet | /var/lib/kubelet/*) [ ! -e "/var/lib/kubelet/$own_mark" ] || umount --lazy "$mount" || true ;;
    esac
  done
}

# runc's control groups are empty once the containers' processes have gone.
remove_groups() {
  local tries=50
  until [ -z "$(groups)" ] || [ $((tries--)) -eq 0 ]; do
    groups | xargs -r -d '\n' rmdir 2>/dev/null || sleep 0.1
  done
  # Another Docker may have its own in there, and then they stay.
  rmdir /sys/fs/cgroup/{,*/}docker/buildx /sys/fs/cgroup/{,*/}docker 2>/dev/null || true
}
groups() {
  local container patterns=(-path '*/kubepods*' -o -path '*/deploy-action-testbed*')
  # buildx puts its builders where Docker has its containers by default.
  for container in "$state"/docker/containers/*; do
    [ ! -d "$container" ] || patterns+=(-o -path "*/docker/buildx/${container##*/}*")
  done
  find /sys/fs/cgroup -depth -type d \( "${patterns[@]}" \) 2>/dev/null
}

remove_shared_files() {
  local socket folder result pod
  # A shim that was killed leaves its socket. Where the folder is ours, one that nobody listens on is too.
  [ ! -e "/run/containerd/$own_mark" ] || for socket in /run/containerd/s/*; do
    grep -qF " $socket" /proc/net/unix || rm -f "$socket"
  done
  for result in /var/lib/cni/results/deploy-action-testbed-*-eth0; do
    pod=${result#*deploy-action-testbed-}; pod=${pod%-eth0}
    rm -f "$result" "/var/lib/cni/results/cni-loopback-$pod-lo"
  done
  for folder in /run/containerd/s /run/docker/plugins /var/lib/cni/results; do
    [ ! -d "$folder" ] || rmdir --ignore-fail-on-non-empty "$folder"
  done
  [ ! -d /var/log/containers ] || find /var/log/containers -maxdepth 1 -lname "$state/*" -delete
  leave_folder /run/containerd
  leave_folder /run/docker
  leave_folder /run/runc
  leave_folder /var/log/containers
  leave_folder /var/lib/cni
}
