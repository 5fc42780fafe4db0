# shellcheck shell=bash
# A Docker engine of our own beside any that is there: its own socket, data, bridge and client configuration.

start_docker() {
  share_folder /run/docker # it looks for plugins there, whatever is configured
  share_folder /run/runc   # a RUN in a Dockerfile uses this one
  mkdir -p "$state/docker-client/cli-plugins"
  link "$(built docker-buildx)" "$state/docker-client/cli-plugins/docker-buildx"
  [ -e "$state/docker-client/config.json" ] || echo '{}' >"$state/docker-client/config.json"
  cat >"$state/dockerd.json" <<JSON
{"hosts": ["unix://$docker_socket"], "group": "root", "containerd": "$containerd_socket", "pidfile": "$run/dockerd.pid",
 "data-root": "$state/docker", "exec-root": "$run/docker", "deprecated-key-path": "$state/docker-key.json",
 "bridge": "$docker_bridge", "iptables": false, "ip6tables": false, "ip-forward": false, "ip-masq": false,
 "exec-opts": ["native.cgroupdriver=cgroupfs"], "cgroup-parent": "/deploy-action-testbed"}
JSON
  export DOCKER_HOST=unix://$docker_socket DOCKER_CONFIG=$state/docker-client
  alive dockerd || rm -f "$run/dockerd.pid" # it would wait for the process of that number to go
  start dockerd dockerd --config-file "$state/dockerd.json"
  wait_for 30 dockerd docker version
}
