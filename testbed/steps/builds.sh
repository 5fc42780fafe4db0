# shellcheck shell=bash
# Programs built from source (but for one of Debian's), once: a build's file name holds a key of its inputs.

prepare_cache() {
  mkdir -p "$cache/builds" "$cache/logs" "$cache/bin"
  rm -rf "$cache"/builds/.building.* # an interrupted build's
}

build_kubernetes() {
  build kube "$kubernetes-$(key_of "$testbed/kube")" "Kubernetes $kubernetes" '6 minutes' kube_into
  local name
  for name in etcd kubeadm kubectl kubelet kube-apiserver kube-controller-manager kube-scheduler kube-proxy; do
    link "$(built kube)" "$cache/kubernetes/$name"
  done
  link "$(built kube)" "$cache/bin/kubectl"
  build pause "$(key_of "$testbed/pause")" 'the pause program' '1 second' pause_into
}
build_buildx() { build docker-buildx "$buildx" "buildx $buildx" '2 minutes' buildx_into; }
build_buildkit() {
  local key; key=$(key_of "$testbed/buildkit")
  build buildkitd "$key" 'BuildKit, for a container builder' '1 minute' buildkitd_into
  build buildctl "$key" "BuildKit's client" '10 seconds' buildctl_into
  build tini debian-12 "Docker's init" '2 seconds' tini_into
}
build_act() { build act "$act" "act $act" '1 minute' act_into; link "$(built act)" "$cache/bin/act"; }
build_server() { build server "$(key_of "$testbed/../examples/server")" "the sample apps' server" '30 seconds' server_into; }

kube_into() {
  local version=k8s.io/component-base/version
  cd "$testbed/kube" && go_build -o "$1/kube" -ldflags \
    "-s -w -X $version.gitVersion=v$kubernetes -X $version.gitMajor=1 -X $version.gitMinor=34" .
}
pause_into() { cd "$testbed/pause" && go_build -ldflags='-s -w' -o "$1/pause" .; }
server_into() { cd "$testbed/../examples/server" && go_build -ldflags='-s -w' -o "$1/server" .; }
buildkitd_into() { buildkit_into "$1" buildkitd; }
buildctl_into() { buildkit_into "$1" buildctl; }
buildkit_into() { # buildkit_into FOLDER PROGRAM
  local package=github.com/moby/buildkit version
  cd "$testbed/buildkit" && version=$(GOWORK=off go list -m -f '{{.Version}}' "$package") &&
    go_build -o "$1/$2" -ldflags="-s -w -X $package/version.Version=$version" "$package/cmd/$2"
}
# Docker starts a container's first process with it where it is asked to, as buildx does.
tini_into() {
  download_into "$1" tini && dpkg-deb --extract "$1"/tini_*.deb "$1/package" && mv "$1/package/usr/bin/tini-static" "$1/tini"
}
act_into() { GOBIN=$1 go_install -ldflags="-s -w -X main.version=$act" "github.com/nektos/act@v$act"; }
buildx_into() {
  # A plain `go install` calls itself v0.0.0+unknown.
  GOBIN=$1 go_install -ldflags="-s -w -X github.com/docker/buildx/version.Version=v$buildx" \
    "github.com/docker/buildx/cmd/buildx@v$buildx" && mv "$1/buildx" "$1/docker-buildx"
}
go_build() { GOWORK=off CGO_ENABLED=0 go build -buildvcs=false "$@"; }
go_install() { GOWORK=off CGO_ENABLED=0 go install "$@"; }

# build NAME KEY WHAT ESTIMATE COMMAND: COMMAND FOLDER leaves the program as FOLDER/NAME.
build() {
  local name=$1 key=$2 what=$3 estimate=$4 command=$5 begun=$SECONDS target scratch
  target=$cache/builds/$name-$key
  echo "$target" >"$cache/builds/$name.current"
  [ ! -x "$target" ] || return 0
  say "building $what: about $estimate on 2 cores, once"
  scratch=$(mktemp -d "$cache/builds/.building.XXXXXX")
  if ! ("$command" "$scratch") >"$cache/logs/build-$name.log" 2>&1; then
    tail -n 20 "$cache/logs/build-$name.log" >&2
    die "building $what failed; all it said is in $cache/logs/build-$name.log"
  fi
  sync "$scratch/$name" && mv "$scratch/$name" "$target" && rm -rf "$scratch"
  find "$cache/builds" -maxdepth 1 -name "$name-*" ! -path "$target" -delete # of other inputs
  say "built $what in $((SECONDS - begun)) s"
}

built() { cat "$cache/builds/$1.current"; }

# A key of a Go module's own files, as far as it has them.
key_of() { (cd "$1" && { cat go.mod go.sum ./*.go 2>/dev/null || true; } | sha256sum | cut -c1-12); }
