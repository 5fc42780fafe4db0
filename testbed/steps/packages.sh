# shellcheck shell=bash
# Debian's packages, unpacked into the cache and run from there. Installing them would start services, and docker.io
# would remove a docker-ce that is there.

engines=(docker.io containerd runc docker-registry containernetworking-plugins openssh-server openssh-client busybox-static)
# Only used where the machine has no such command of its own.
fallbacks=(iproute2 iptables)
libraries=(libbpf1 libbsd0 libcap2 libcom-err2 libdevmapper1.02.1 libedit2 libelf1 libfido2-1 libcbor0.8 libgssapi-krb5-2
  libip4tc2 libip6tc2 libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libmnl0 libnetfilter-conntrack3 libnfnetlink0
  libnftnl11 libnsl2 libseccomp2 libssl3 libtirpc3 libwrap0 libxtables12)

fetch_packages() {
  packages=$cache/packages-$(echo "${engines[*]} ${fallbacks[*]} ${libraries[*]}" | sha256sum | cut -c1-12)
  if [ ! -d "$packages" ]; then
    local begun=$SECONDS scratch
    say "unpacking Docker, containerd, a registry and OpenSSH into the cache, nothing is installed: about 20 seconds, once"
    rm -rf "$cache"/packages-*
    scratch=$(mktemp -d "$cache/packages-.XXXXXX")
    download_into "$scratch/debs" "${engines[@]}" "${fallbacks[@]}" "${libraries[@]}"
    unpack "$scratch" engines "${engines[@]}"
    unpack "$scratch" fallbacks "${fallbacks[@]}"
    name_iptables "$scratch/fallbacks"
    unpack "$scratch" libraries "${libraries[@]}"
    rm -rf "$scratch/debs"
    chmod 755 "$scratch"
    mv "$scratch" "$packages"
    say "unpacked them in $((SECONDS - begun)) s"
  fi
  link "$packages/engines/usr/bin/docker" "$cache/bin/docker"
  echo "$packages" >"$state/packages"
}

use_packages() {
  local first=$cache/kubernetes:$packages/engines/usr/bin:$packages/engines/usr/sbin last=$packages/fallbacks/bin
  daemon_path=$first:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$last
  PATH=$first:$PATH:$last
  [[ $(command -v iptables) != "$last"/* ]] || export XTABLES_LIBDIR=$packages/fallbacks/usr/lib/x86_64-linux-gnu/xtables
  use_missing_libraries
}

download_into() {
  local log=$cache/logs/packages.log
  mkdir -p "$1"
  apt_download "$@" >"$log" 2>&1 ||
    { apt-get -qq update >>"$log" 2>&1 || true; apt_download "$@" >>"$log" 2>&1; } ||
    { tail -n 5 "$log" >&2; die "apt-get could not download the packages; all it said is in $log"; }
}
apt_download() { (cd "$1" && shift && apt-get -qq -o APT::Sandbox::User=root download "$@"); }

unpack() { # unpack FOLDER PART PACKAGE...
  local folder=$1 part=$2 package; shift 2
  mkdir -p "$folder/$part"
  for package; do dpkg-deb --extract "$folder/debs/${package}"_*.deb "$folder/$part"; done
}

# What update-alternatives does when iptables is installed.
name_iptables() {
  local name
  for name in {iptables,ip6tables}{,-save,-restore}; do ln -s ../usr/sbin/xtables-nft-multi "$1/bin/$name"; done
}

# A folder of those libraries that the machine has not, put on the search path if there are any. Running programs use it
# too (sshd starts itself anew for each connection), so that nothing is ever taken out.
use_missing_libraries() {
  local missing library found
  [ ! -d "$packages/missing" ] || export LD_LIBRARY_PATH=$packages/missing
  # Libraries have libraries: those of one that is missing show once it is there.
  while missing=$(missing_libraries) && [ -n "$missing" ]; do
    for library in $missing; do
      found=$(find "$packages/libraries" -name "$library" -print -quit)
      [ -n "$found" ] || die "a library is missing that no package here has: $library"
      link "$found" "$packages/missing/$library"
    done
    export LD_LIBRARY_PATH=$packages/missing
  done
}
missing_libraries() {
  { ldd "$packages"/engines/usr/sbin/{dockerd,runc,sshd} "$packages"/engines/usr/bin/{docker,containerd,ssh-keygen} \
    "$(command -v ip)" "$(command -v iptables)" || true; } | awk '/not found/ { print $1 }' | sort -u
}
