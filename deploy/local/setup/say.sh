# Sourced by run.sh: words for the person at the terminal, and one set-up at a time.

say() { printf '%s\n' "$*" >&2; }

# quietly <sentence for a failure> <command...>: shows both ends of its output, and only when it fails.
quietly() {
  sentence=$1
  shift
  output=$(mktemp)
  if "$@" >"$output" 2>&1; then
    rm -f "$output"
    return 0
  fi
  awk '{ line[NR] = $0 } END { for (i = 1; i <= NR; i++) if (i <= 12 || i > NR - 20) print line[i]; else if (i == 13) print "…" }' "$output" >&2
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
