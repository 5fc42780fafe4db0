# shellcheck shell=bash
# containerd, for the kubelet and for Docker alike. What it keeps is in our own folders.

start_containerd() {
  local port
  for port in "$open_registry" "$private_registry"; do
    mkdir -p "$state/certs.d/127.0.0.1:$port"
    cat >"$state/certs.d/127.0.0.1:$port/hosts.toml" <<TOML
server = "http://127.0.0.1:$port"
[host."http://127.0.0.1:$port"]
  capabilities = ["pull", "resolve"]
TOML
  done
  share_folder /run/containerd # the shims' sockets are there, whatever is configured
  share_folder /var/lib/cni    # results of the network plugins likewise
  mkdir -p "$state/cni"
  cat >"$state/cni/10-testbed.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "deploy-action-testbed", "plugins": [
  {"type": "bridge", "bridge": "$pod_bridge", "isGateway": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$run/addresses", "ranges": [[{"subnet": "$pod_range"}]],
            "routes": [{"dst": "0.0.0.0/0"}]}}]}
JSON
  # restrict_oom_score_adj: where the machine lacks CAP_SYS_RESOURCE, runc cannot lower the score.
  cat >"$state/containerd.toml" <<TOML
version = 2
root = "$state/containerd"
state = "$run/containerd"
[grpc]
  address = "$containerd_socket"
[plugins."io.containerd.internal.v1.opt"]
  path = "$state/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "$pause_image"
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$packages/engines/usr/lib/cni"
    conf_dir = "$state/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "$state/certs.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "$packages/engines/usr/sbin/runc"
      Root = "$run/runc"
TOML
  start containerd containerd --config "$state/containerd.toml"
  wait_for 30 containerd ctr --address "$containerd_socket" version
}
