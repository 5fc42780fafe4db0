# shellcheck shell=bash
# Images of one layer, made without an engine and without a base.

# image FOLDER TAG...: writes to stdout an archive as `docker save` does, of everything in FOLDER.
image() {
  local folder=$1; shift
  local scratch; scratch=$(mktemp -d "$state/image.XXXXXX")
  local layer config tags
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$folder" -cf "$scratch/layer.tar" bin
  layer=$(sha256sum "$scratch/layer.tar" | cut -d' ' -f1)
  printf '{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"],"Entrypoint":["/bin/%s"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$(find "$folder/bin" -type f -printf '%f')" "$layer" >"$scratch/config.json"
  config=$(sha256sum "$scratch/config.json" | cut -d' ' -f1).json
  mv "$scratch/config.json" "$scratch/$config"
  tags=$(printf ',"%s"' "$@")
  printf '[{"Config":"%s","RepoTags":[%s],"Layers":["layer.tar"]}]' "$config" "${tags#,}" >"$scratch/manifest.json"
  tar -C "$scratch" -cf - "$config" layer.tar manifest.json
  rm -rf "$scratch"
}

# One image is every Kubernetes program, another the process that holds a pod's namespaces.
pause_image=testbed.local/pause:3.10.1 # the name that this kubeadm looks for
import_images() {
  [ ! -e "$state/images" ] || return 0
  local scratch program tags=()
  scratch=$(mktemp -d "$state/image.XXXXXX")
  mkdir -p "$scratch"/{pause,kube}/bin
  cp "$(built pause)" "$scratch/pause/bin/pause"
  cp "$(built kube)" "$scratch/kube/bin/kube"
  for program in kube-apiserver kube-controller-manager kube-scheduler etcd; do
    ln -s kube "$scratch/kube/bin/$program"
    [ $program = etcd ] || tags+=("testbed.local/$program:v$kubernetes")
  done
  image "$scratch/pause" "$pause_image" | import_archive
  image "$scratch/kube" "${tags[@]}" "testbed.local/etcd:$etcd" | import_archive
  rm -rf "$scratch"
  : >"$state/images"
}
import_archive() { ctr --address "$containerd_socket" --namespace k8s.io images import - >/dev/null; }
