# shellcheck shell=bash
# The cluster itself: kubeadm, the kubelet and kube-proxy.

start_cluster() {
  claim_folder /etc/kubernetes
  claim_folder /var/lib/kubelet
  share_folder /var/log/containers
  start_kubelet
  if [ ! -e "$state/cluster" ]; then
    initialise_cluster
    sources >"$state/cluster"
  fi
  start_kube_proxy
  wait_for 90 'the API server' kubectl get --raw /readyz
  wait_for 90 'the node' node_is_ready
  # A Service's address answers only once its rules are there.
  wait_for 30 "kube-proxy's rules" kube_proxy_is_ready
}

# What the cluster runs on: when it changes, a new cluster is due.
sources() { built kube; echo "$packages"; }

# kubeadm writes the kubelet's configuration while it runs, and then waits for a kubelet.
start_kubelet() {
  # shellcheck disable=SC2016 # the inner shell reads these
  start kubelet bash -c '
    until [ -s /var/lib/kubelet/config.yaml ] && [ -e /var/lib/kubelet/kubeadm-flags.env ]; do sleep 0.1; done
    . /var/lib/kubelet/kubeadm-flags.env
    exec kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf \
      --kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml $KUBELET_KUBEADM_ARGS'
}

initialise_cluster() {
  say 'starting the cluster: about 10 seconds'
  write_kubeadm_configuration >"$state/kubeadm.yaml"
  clean
  "${clean[@]}" kubeadm init --config "$state/kubeadm.yaml" --skip-phases=addon --skip-token-print \
    >"$state/logs/kubeadm.log" 2>&1 ||
    { tail -n 20 "$state/logs/kubeadm.log" >&2; die "kubeadm failed; the logs are in $state/logs"; }
}

# Every listener stays on this machine's own addresses. A disk that is rather full is no reason to evict here (an empty evictionHard
# would mean the defaults, of which one is 15 % of the disk).
write_kubeadm_configuration() {
  cat <<YAML
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
nodeRegistration:
  name: $node_name
  criSocket: unix://$containerd_socket
  kubeletExtraArgs: [{name: node-ip, value: $host_ip}]
  taints: []
  ignorePreflightErrors: [all]
localAPIEndpoint: {advertiseAddress: $host_ip, bindPort: 6443}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
clusterName: testbed
kubernetesVersion: v$kubernetes
imageRepository: testbed.local
networking: {podSubnet: $pod_range, serviceSubnet: $service_range}
apiServer: {extraArgs: [{name: bind-address, value: $host_ip}]}
controllerManager: {extraArgs: [{name: flex-volume-plugin-dir, value: $state/volume-plugins}]}
etcd: {local: {dataDir: $state/etcd, imageTag: $etcd, extraArgs: [{name: unsafe-no-fsync, value: "true"}]}}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $host_ip
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
evictionHard: {memory.available: 100Mi, nodefs.available: 0%, nodefs.inodesFree: 0%, imagefs.available: 0%}
imageGCHighThresholdPercent: 100
maxPods: 400
oomScoreAdj: 0
podLogsDir: $state/pod-logs
serializeImagePulls: false
volumePluginDir: $state/volume-plugins
YAML
}

# It ends when its configuration file is written again. conntrack: the machine's limits stay as they are, which also
# spares it a right (CAP_SYS_RESOURCE) that some machines withhold.
start_kube_proxy() {
  ! alive kube-proxy || return 0
  cat >"$state/kube-proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: $pod_range
clientConnection: {kubeconfig: $admin_config}
conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
healthzBindAddress: 127.0.0.1:10256
nodePortAddresses: [127.0.0.0/8, $host_ip/32]
oomScoreAdj: 0
YAML
  start kube-proxy kube-proxy --config "$state/kube-proxy.yaml" --hostname-override "$node_name"
}

node_is_ready() {
  [ "$(kubectl get node "$node_name" -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')" = True ]
}
kube_proxy_is_ready() { [[ $(iptables-save -t nat) == *default/kubernetes:https* ]]; }
