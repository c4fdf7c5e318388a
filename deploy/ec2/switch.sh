#!/bin/sh
# Makes a release the current one, and restarts one unit after the other: sh switch.sh <version>
# An upgrade is install.sh with another version; a rollback is this with the earlier one.
set -eu
version=${1:?a folder of /opt/snapstream/releases}
root=${ROOT-}
[ -d "$root/opt/snapstream/releases/$version" ] || { echo "there is no release $version" >&2; exit 1; }
ln -sfn "releases/$version" "$root/opt/snapstream/current.new"
mv -T "$root/opt/snapstream/current.new" "$root/opt/snapstream/current"
[ -z "$root" ] || exit 0
if ! grep -q '^SESSION_SECRET=.' /etc/snapstream/environment; then
  echo "fill in /etc/snapstream/environment, then run: sh $0 $version"
  exit 0
fi
systemctl daemon-reload
systemctl enable --quiet snapstream.target snapstream-auth snapstream-media snapstream-notification \
  snapstream-backup.timer redis-server nginx $(seq -f 'snapstream-worker@%g' "$(nproc)")
systemctl start snapstream-backup.timer
for unit in snapstream-auth snapstream-media snapstream-notification $(seq -f 'snapstream-worker@%g' "$(nproc)"); do
  systemctl restart "$unit"
done
nginx -t && systemctl restart nginx
