# Sourced by run.sh: dist/ as the sources say. dist/.built carries the moment the last good build began.

# A folder is newer too when a file in it came, went or was renamed.
build_current() {
  [ -f dist/.built ] && [ -z "$(find libs services deploy package.json package-lock.json tsconfig.json nest-cli.json -newer dist/.built | head -n 1)" ]
}

# Overwrites in place and then drops what no source makes any more: a SnapStream that runs from dist/ never finds it empty.
build() {
  build_current && return 0
  say 'Building…'
  mkdir -p dist
  : >dist/.building
  quietly 'The build failed.' run_npm run --silent build || return 1
  find dist -type f ! -newer dist/.building ! -name .building -exec rm -f {} +
  mv dist/.building dist/.built
}

use_build() { build_current || alone build; }

# The checks take the second core while the build runs. What one of them prints is shown when it fails.
check_and_build() {
  found=$(mktemp -d)
  checks='typecheck lint format:check unused'
  for check in $checks; do
    { run_npm run --silent "$check" >"$found/$check" 2>&1 || : >"$found/$check.failed"; } &
  done
  failed=0
  use_build || failed=1
  wait
  for check in $checks; do
    [ ! -e "$found/$check.failed" ] || { cat "$found/$check" >&2 && say "npm run $check failed." && failed=1; }
  done
  rm -rf "$found"
  return "$failed"
}
