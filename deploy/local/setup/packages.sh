# Sourced by run.sh: installs node_modules from package-lock.json.

packages_state() { echo "$(cksum <package-lock.json) node-${node_version%%.*} $(uname -sm)"; }

packages_current() {
  [ -f node_modules/.snapstream-lock ] && [ "$(cat node_modules/.snapstream-lock)" = "$(packages_state)" ]
}

# --ignore-scripts: no package needs its script (native ones contain their binaries), and one reports the installation.
install_packages() {
  packages_current && return 0
  say 'Installing packages (first time: about a minute)…'
  quietly 'npm ci failed: check the network and the lines above, then run this again.' \
    run_npm ci --ignore-scripts --include=dev --include=optional --no-audit --no-fund --no-progress --loglevel error \
    || return 1
  sh deploy/local/setup/prune-packages.sh || return 1
  packages_state >node_modules/.snapstream-lock
}

use_packages() { packages_current || with_setup_lock install_packages; }
