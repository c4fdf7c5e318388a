#!/bin/sh
# Installs SnapStream on a Debian machine, as root: sh deploy/ec2/install.sh <folder of a built checkout> <version>
# Repeatable. Starts nothing before /etc/snapstream/environment names the settings (README, "Configure").
set -eu
source=${1:?the folder of a checkout in which npm ci and npm run build have run}
version=${2:?the version, such as 2026-11-25}
root=${ROOT-} # of another system, for tests
here=$(cd "$(dirname "$0")" && pwd)

if [ -z "$root" ]; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends nginx redis-server ffmpeg util-linux perl
  id snapstream >/dev/null 2>&1 || useradd --system --home-dir /var/lib/snapstream --shell /usr/sbin/nologin snapstream
fi
umask 022
mkdir -p "$root/opt/snapstream/releases" "$root/etc/snapstream" "$root/etc/systemd/system" "$root/etc/nginx/site.d" \
  "$root/srv"
install -d -m 0700 "$root/var/backups/snapstream"
[ -n "$root" ] || chown snapstream: /var/backups/snapstream

release=$root/opt/snapstream/releases/$version
if [ ! -d "$release" ]; then
  mkdir "$release.part"
  for part in package.json node_modules dist .tools deploy; do cp -a "$source/$part" "$release.part/"; done
  mv "$release.part" "$release"
fi
[ -e "$root/etc/snapstream/environment" ] || install -m 0600 "$here/environment.example" "$root/etc/snapstream/environment"
cp -a "$here/systemd/." "$root/etc/systemd/system/"
sh "$here/nginx.sh" "$here/../local/nginx" "$root/etc/nginx"
sh "$here/switch.sh" "$version"
