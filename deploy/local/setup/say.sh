# Sourced by run.sh: output on the terminal, and the lock of the setup.

say() { printf '%s\n' "$*" >&2; }

# quietly <message for a failure> <command...>: runs the command and shows the ends of its output only when it fails.
quietly() {
  message=$1
  shift
  output=$(mktemp)
  if "$@" >"$output" 2>&1; then
    rm -f "$output"
    return 0
  fi
  awk '
    { line[NR] = $0 }
    END { for (i = 1; i <= NR; i++) if (i <= 12 || i > NR - 20) print line[i]; else if (i == 13) print "…" }
  ' "$output" >&2
  rm -f "$output"
  say "$message"
  return 1
}

# with_setup_lock <command...>: one setup at a time in this checkout. The kernel releases the lock when its holder
# exits, also after a crash.
with_setup_lock() {
  mkdir -p .tools
  (
    if command -v flock >/dev/null; then
      flock -n 9 || { say 'Waiting for another setup of this folder…' && flock 9; }
    elif command -v perl >/dev/null; then # macOS has no flock(1)
      perl -e 'open(my $lock, ">&=", 9) and flock($lock, 2)'
    fi
    "$@"
  ) 9>.tools/setup.lock
}
