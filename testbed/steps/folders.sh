# shellcheck shell=bash
# Folders outside our own, of names that Kubernetes, containerd and sshd fix. A mark in each says that we made or claimed it.

# claim_folder DIR: nobody else's (foreign.sh saw to that); all in it goes when the testbed goes. The mark comes first.
claim_folder() {
  [ ! -e "$1/$own_mark" ] || return 0
  local origin=found
  [ -d "$1" ] || { origin=made; mkdir -p "$1"; }
  echo $origin >"$1/$own_mark"
}

give_folder_back() {
  [ -e "$1/$own_mark" ] || return 0
  local origin; origin=$(cat "$1/$own_mark")
  # The mark goes last: a removal that is interrupted goes on the next time.
  find "$1" -xdev -mindepth 1 ! -path "$1/$own_mark" -delete
  rm "$1/$own_mark"
  [ "$origin" = found ] || rmdir "$1"
}

# share_folder DIR: others may use it too, so that it only goes if we made it and it is empty in the end.
share_folder() { [ -d "$1" ] || { mkdir -p "$1"; : >"$1/$own_mark"; }; }

leave_folder() {
  [ -e "$1/$own_mark" ] || return 0
  rm "$1/$own_mark"
  rmdir --ignore-fail-on-non-empty "$1"
}
