# Sourced by run.sh: the checks of .githooks before each commit, for who changes the code. A setting of theirs stays.

use_hooks() {
  [ -z "${CI:-}" ] && [ -e .git ] && command -v git >/dev/null || return 0
  git config --get core.hooksPath >/dev/null || git config core.hooksPath .githooks || true
}
