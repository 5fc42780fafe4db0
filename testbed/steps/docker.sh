# shellcheck shell=bash
# A Docker engine of our own beside any that is there: its own socket, data, bridge and client configuration.

start_docker() {
  share_folder /run/docker # it looks for plugins there, whatever is configured
  share_folder /run/runc   # a RUN in a Dockerfile uses this one
  mkdir -p "$state/docker-client/cli-plugins"
  link "$(built docker-buildx)" "$state/docker-client/cli-plugins/docker-buildx"
  [ -e "$state/docker-client/config.json" ] || echo '{}' >"$state/docker-client/config.json"
  install -m 755 "$testbed/runc-without-sys-resource" "$state/runc-without-sys-resource"
  write_docker_configuration >"$state/dockerd.json.new"
  cmp -s "$state/dockerd.json.new" "$state/dockerd.json" || stop dockerd # it reads most of this only when it starts
  mv "$state/dockerd.json.new" "$state/dockerd.json"
  export DOCKER_HOST=unix://$docker_socket DOCKER_CONFIG=$state/docker-client
  alive dockerd || rm -f "$run/dockerd.pid" # it would wait for the process of that number to go
  start dockerd dockerd --config-file "$state/dockerd.json"
  wait_for 30 dockerd docker version
}

write_docker_configuration() {
  local runtime=''
  withholds_sys_resource &&
    runtime='"default-runtime": "testbed", "runtimes": {"testbed": {"path": "'$state/runc-without-sys-resource'"}},'
  cat <<JSON
{"hosts": ["unix://$docker_socket"], "group": "root", "containerd": "$containerd_socket", "pidfile": "$run/dockerd.pid",
 "data-root": "$state/docker", "exec-root": "$run/docker", "deprecated-key-path": "$state/docker-key.json",
 "bridge": "$docker_bridge", "iptables": false, "ip6tables": false, "ip-forward": false, "ip-masq": false,
 "exec-opts": ["native.cgroupdriver=cgroupfs"], "cgroup-parent": "/deploy-action-testbed", $runtime
 "init-path": "$(built tini)"}
JSON
}

# Bit 24 of the rights that no process here can get beyond.
withholds_sys_resource() { ((!(0x$(awk '/^CapBnd:/ { print $2 }' /proc/self/status) >> 24 & 1))); }

# buildx starts its container builder from this image. It asks Docker Hub first, and takes the local one if it gets no answer.
builder_image=moby/buildkit:buildx-stable-1
import_builder_image() {
  local inputs; inputs="$(basename "$(built buildkitd)") $(basename "$packages")"
  [ "$(docker image inspect --format '{{.Comment}}' "$builder_image" 2>/dev/null)" != "$inputs" ] || return 0
  local scratch; scratch=$(mktemp -d "$state/image.XXXXXX")
  fill_builder_image "$scratch"
  # With the mark, a builder that outlives its engine is known to be ours.
  tar -C "$scratch" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - . |
    docker import --message "$inputs" --change 'ENV PATH=/bin' --change "ENV $process_mark" \
      --change 'VOLUME /var/lib/buildkit' --change 'ENTRYPOINT ["/bin/buildkitd"]' - "$builder_image" >/dev/null
  rm -rf "$scratch"
}

# The daemon, the client that buildx calls inside, runc for RUN, and what few commands they call.
fill_builder_image() {
  local root=$1 name library runc=$packages/engines/usr/sbin/runc
  mkdir -p "$root"/{bin,lib,tmp}
  ln -s lib "$root/lib64"
  cp "$(built buildkitd)" "$root/bin/buildkitd"
  cp "$(built buildctl)" "$root/bin/buildctl"
  cp "$runc" "$root/bin/buildkit-runc"
  ldd "$runc" | grep -oE '/[^ ]+' | while read -r library; do cp -L "$library" "$root/lib/"; done
  cp "$packages/engines/bin/busybox" "$root/bin/busybox"
  for name in sh mount umount tar; do ln -s busybox "$root/bin/$name"; done
}
