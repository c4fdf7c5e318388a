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

# Type check and lint take the second core while the build runs.
check_and_build() {
  found=$(mktemp -d)
  run_npm run --silent typecheck >"$found/types" 2>&1 &
  types=$!
  run_npm run --silent lint >"$found/lint" 2>&1 &
  lint=$!
  failed=0
  use_build || failed=1
  wait "$types" || { cat "$found/types" >&2 && say 'The type check failed.' && failed=1; }
  wait "$lint" || { cat "$found/lint" >&2 && say 'The lint failed.' && failed=1; }
  rm -rf "$found"
  return "$failed"
}
