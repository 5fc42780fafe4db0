# shellcheck shell=bash
# Background processes: started with a clean environment, remembered by id, boot and start time.

# Every process we start carries this in its environment and hands it on, so that one whose id was lost is still known.
process_mark=DEPLOY_ACTION_TESTBED_PROCESS=1

# When a process started, in ticks since the machine did; nothing for one that has ended but was not collected yet.
start_time() {
  local fields; fields=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  read -ra fields <<<"${fields##*) }"
  [ "${fields[0]}" = Z ] || echo "${fields[19]}"
}
boot() { cat /proc/sys/kernel/random/boot_id; }

# A process id outlives its process, and after a reboot the same id can even have the same start time.
alive() {
  local pid born booted
  [ -e "$state/$1.pid" ] && read -r pid born booted <"$state/$1.pid" &&
    [ "$booted" = "$(boot)" ] && [ -n "$born" ] && [ "$(start_time "$pid")" = "$born" ]
}

# A command line that leaves the user's tokens and proxies outside.
clean() {
  clean=(env -i PATH="$daemon_path" HOME=/root "$process_mark" ${LD_LIBRARY_PATH:+LD_LIBRARY_PATH="$LD_LIBRARY_PATH"}
    ${XTABLES_LIBDIR:+XTABLES_LIBDIR="$XTABLES_LIBDIR"})
}

# start NAME COMMAND...: in the background unless it runs already.
start() {
  local name=$1; shift
  alive "$name" && return
  mkdir -p "$state/logs"
  clean
  setsid "${clean[@]}" "$@" >>"$state/logs/$name.log" 2>&1 </dev/null 9<&- &
  echo "$! $(start_time $!) $(boot)" >"$state/$name.pid"
}

# stop NAME...: asked all together, waited for up to 3 s, then killed.
stop() {
  local name pid running=()
  for name; do
    if alive "$name"; then read -r pid _ <"$state/$name.pid"; running+=("$pid"); kill "$pid" 2>/dev/null || true; fi
    rm -f "$state/$name.pid"
  done
  local tries=30
  while [ ${#running[@]} -gt 0 ] && kill -0 "${running[@]}" 2>/dev/null && [ $((tries--)) -gt 0 ]; do sleep 0.1; done
  [ ${#running[@]} -eq 0 ] || kill -9 "${running[@]}" 2>/dev/null || true
}

# A program in a container has an environment of its own, but its root is an overlay of ours.
is_ours() {
  grep -qzx "$process_mark" "/proc/$1/environ" 2>/dev/null || grep -q "$(our_root)" "/proc/$1/mountinfo" 2>/dev/null
}
our_processes() {
  { grep -lzx "$process_mark" /proc/[0-9]*/environ; grep -l "$(our_root)" /proc/[0-9]*/mountinfo; } 2>/dev/null | cut -d/ -f3
}
our_root() { echo " / / .*upperdir=$state/containerd/"; }
