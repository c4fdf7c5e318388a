# Sourced by run.sh: enables the checks of .githooks before each commit, unless core.hooksPath is set already.

use_hooks() {
  [ -z "${CI:-}" ] && [ -e .git ] && command -v git >/dev/null || return 0
  git config --get core.hooksPath >/dev/null || git config core.hooksPath .githooks || true
}
