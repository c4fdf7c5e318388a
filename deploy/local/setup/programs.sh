# Sourced by run.sh: installs redis-server, ffmpeg and ffprobe, and Chromium for the tests.

missing_programs() {
  for program in "$@"; do
    command -v "$program" >/dev/null || echo "$program"
  done
}

# Prints redis-server unless the settings name another Redis.
own_redis() { [ -n "${REDIS_URL:-}" ] || echo redis-server; }

can_apt() { command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# RUNLEVEL=1: the package's postinst starts no service. 9>&-: no process that it starts may inherit the setup lock.
apt_install() {
  as_root apt-get -o DPkg::Lock::Timeout=300 update -q 9>&- || true # an outdated package list is often sufficient
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends "$@" 9>&-
}

packages_of() {
  for program in "$@"; do
    case $program in
      ffmpeg | ffprobe) echo ffmpeg ;;
      redis-server) echo "$redis_package" ;;
    esac
  done | sort -u | tr '\n' ' '
}

install_programs() {
  missing=$(missing_programs "$@")
  [ -n "$missing" ] || return 0
  if can_apt; then
    redis_package=redis-server
    packages=$(packages_of $missing)
    say "Installing $packages(apt-get)…"
    quietly "apt-get could not install $packages" apt_install $packages || return 1
    # We installed the package, so its service is unused: disable it and keep port 6379 free.
    case $packages in
      *redis-server*)
        [ ! -d /run/systemd/system ] || as_root systemctl disable --now --quiet redis-server || true
        ;;
    esac
  elif command -v brew >/dev/null; then
    redis_package=redis
    packages=$(packages_of $missing)
    say "Installing $packages(brew)…"
    quietly "brew could not install $packages" brew install $packages || return 1
  fi
}

use_programs() {
  [ -n "$(missing_programs "$@")" ] || return 0
  with_setup_lock install_programs "$@" || return 1
  missing=$(missing_programs "$@" | tr '\n' ' ')
  [ -z "$missing" ] || {
    say "SnapStream needs ${missing% }. Install the missing programs and run this again" \
      '(Debian: sudo apt-get install redis-server ffmpeg; macOS: brew install redis ffmpeg).'
    return 1
  }
}

has_chromium() {
  for program in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$program" >/dev/null && return 0
  done
  [ -d '/Applications/Google Chrome.app' ]
}

# Never fails: without a browser the smoke test is skipped and says so. After a failure it is retried the next day.
try_chromium() {
  has_chromium && return 0
  can_apt || return 0
  [ -z "$(find .tools/no-chromium -mtime -1 2>/dev/null)" ] || return 0
  say 'Installing chromium (apt-get)…'
  with_setup_lock quietly 'Chromium could not be installed: the browser smoke test will be skipped.' \
    apt_install chromium || touch .tools/no-chromium
}
