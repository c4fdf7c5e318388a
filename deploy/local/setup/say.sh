# Sourced by run.sh: words for the person at the terminal, and one set-up at a time.

say() { printf '%s\n' "$*" >&2; }

# quietly <sentence for a failure> <command...>: shows the end of its output only when it fails.
quietly() {
  sentence=$1
  shift
  output=$(mktemp)
  if "$@" >"$output" 2>&1; then
    rm -f "$output"
    return 0
  fi
  tail -n 30 "$output" >&2
  rm -f "$output"
  say "$sentence"
  return 1
}

# alone <command...>: one run at a time in this checkout. The kernel frees the lock when its holder dies, however it dies.
alone() {
  mkdir -p .tools
  (
    if command -v flock >/dev/null; then
      flock -n 9 || { say 'Waiting for another run that sets this folder up…' && flock 9; }
    elif command -v perl >/dev/null; then # macOS has no flock(1)
      perl -e 'open(my $lock, ">&=", 9) and flock($lock, 2)'
    fi
    "$@"
  ) 9>.tools/setup.lock
}
