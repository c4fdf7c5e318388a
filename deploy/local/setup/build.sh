# Sourced by run.sh: builds dist/ from the sources. The time of dist/.built is the start of the last successful build.

# A folder counts as newer, too, when a file in it was added, removed or renamed.
build_current() {
  [ -f dist/.built ] || return 1
  sources='libs services deploy package.json package-lock.json tsconfig.json nest-cli.json'
  [ -z "$(find $sources -path deploy/aws/cdk -prune -o -newer dist/.built -print | head -n 1)" ]
}

# Overwrites in place and removes stale files afterwards, so that dist/ is never empty for a running installation.
build() {
  build_current && return 0
  say 'Building…'
  mkdir -p dist
  : >dist/.building
  quietly 'The build failed.' run_npm run --silent build || return 1
  find dist -type f ! -newer dist/.building ! -name .building -exec rm -f {} +
  mv dist/.building dist/.built
}

use_build() { build_current || with_setup_lock build; }

# Runs the checks in parallel with the build. The output of a check is shown when it fails.
check_and_build() {
  output_dir=$(mktemp -d)
  checks='typecheck lint format:check unused'
  for check in $checks; do
    { run_npm run --silent "$check" >"$output_dir/$check" 2>&1 || : >"$output_dir/$check.failed"; } &
  done
  failed=0
  use_build || failed=1
  wait
  for check in $checks; do
    [ -e "$output_dir/$check.failed" ] || continue
    cat "$output_dir/$check" >&2
    say "npm run $check failed."
    failed=1
  done
  rm -rf "$output_dir"
  return "$failed"
}
