# shellcheck shell=bash
# Is this a machine that the testbed can run on?

require_machine() {
  [ "$(uname -s) $(uname -m)" = 'Linux x86_64' ] || die "needs Linux on x86-64, this is $(uname -s) on $(uname -m)"
  # shellcheck source=/dev/null
  local system; system=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${VERSION_ID:-}") || true
  [ "$system" = 'debian 12' ] || die "needs Debian 12, this is ${system:-unknown}"
  require_root
  [[ $cache == /* ]] || die "the cache's path must be absolute, it is $cache"
}

require_root() { [ "$(id -u)" = 0 ] || die 'needs root: it starts a kubelet and a container runtime'; }

require_tools() {
  command -v go >/dev/null || die "needs Go $go_needed or newer on the PATH: https://go.dev/dl"
  command -v node >/dev/null || die 'needs Node on the PATH: https://nodejs.org'
  command -v npm >/dev/null || die 'needs npm on the PATH: it comes with Node'
  local go_found; go_found=$(cd / && go env GOVERSION); go_found=${go_found#go}
  older "$go_found" "$go_needed" || return 0
  if older "$go_found" 1.21 || [ "$(go env GOTOOLCHAIN)" = local ]; then
    die "needs Go $go_needed or newer, this is $go_found"
  fi
  say "needs Go $go_needed, this is $go_found: Go fetches the newer toolchain by itself"
}

older() { [ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | head -1)" = "$1" ]; }
