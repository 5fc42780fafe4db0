# shellcheck shell=bash
# Addresses, bridges and a fence; and the kernel's settings, remembered so that testbed/down can put them back.

# What the kubelet, kube-proxy and this step change.
kernel_settings=(net/ipv4/ip_forward net/ipv4/conf/all/route_localnet vm/overcommit_memory vm/panic_on_oom
  kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes)

lay_network() {
  refuse_taken_network
  remember_kernel_settings
  echo 1 >/proc/sys/net/ipv4/ip_forward
  grep -qw overlay /proc/filesystems || modprobe overlay || die 'needs a kernel with overlayfs'
  raise_fence
  ip address replace "$host_ip/32" dev lo
  [ -e "/sys/class/net/$docker_bridge" ] || ip link add "$docker_bridge" type bridge
  ip address replace "$docker_bridge_address" dev "$docker_bridge"
  ip link set "$docker_bridge" up
}

# Said at once where the machine has `ip`, and otherwise when the network is laid.
refuse_taken_network() {
  command -v ip >/dev/null || return 0
  local route; route=$(ip -4 route show root "$our_networks" | grep -v -e "^unreachable $fenced_range " -e " dev $docker_bridge " -e " dev $pod_bridge ") || true
  [ -z "$route" ] || die "refused: this machine has a route into $our_networks, which the testbed uses: ${route%%$'\n'*}"
}

remember_kernel_settings() {
  [ ! -e "$state/kernel-settings" ] || return 0
  local setting
  for setting in "${kernel_settings[@]}"; do
    [ ! -e "/proc/sys/$setting" ] || echo "$setting $(cat "/proc/sys/$setting")"
  done >"$state/kernel-settings.new"
  mv "$state/kernel-settings.new" "$state/kernel-settings"
}

# What is meant for Services or pods and is not answered here must not leave the machine. The filter table sees a
# Service's address only where kube-proxy did not translate it; pods have a more specific route once their bridge exists.
raise_fence() {
  ip route replace unreachable "$fenced_range" metric 4096
  fence -C 2>/dev/null || fence -I
}
fence() {
  local chain
  for chain in OUTPUT FORWARD; do
    iptables -w "$1" $chain -d "$service_range" -m comment --comment deploy-action-testbed -j REJECT || return
  done
}

take_network_down() {
  local device setting value
  for device in "$docker_bridge" "$pod_bridge"; do
    [ ! -e "/sys/class/net/$device" ] || ip link delete "$device"
  done
  ip address delete "$host_ip/32" dev lo 2>/dev/null || true
  ip route delete unreachable "$fenced_range" metric 4096 2>/dev/null || true
  while fence -D 2>/dev/null; do :; done
  remove_kubernetes_rules iptables
  ! command -v ip6tables >/dev/null || remove_kubernetes_rules ip6tables
  [ -e "$state/kernel-settings" ] || return 0
  while read -r setting value; do
    echo "$value" >"/proc/sys/$setting" || true
  done <"$state/kernel-settings"
  rm "$state/kernel-settings"
}

# Deletes the chains of kube-proxy and the kubelet, and the rules that jump there; every other rule stays as it is.
remove_kubernetes_rules() {
  "$1-save" 2>/dev/null | awk '
    /^\*/ { print; chains = "" }
    /^:KUBE-/ { name = substr($1, 2); print "-F " name; chains = chains "-X " name "\n" }
    /^-A/ && $2 !~ /^KUBE-/ && / -j KUBE-/ { sub(/^-A/, "-D"); print }
    /^COMMIT/ { printf "%s", chains; print }' | "$1-restore" -w --noflush || true
}
