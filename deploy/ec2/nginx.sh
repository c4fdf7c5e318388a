#!/bin/sh
# Writes the nginx configuration of containers for services on this machine: sh nginx.sh <deploy/local/nginx> <folder>
set -eu
from=$1 to=$2
cp "$from/proxy.conf" "$from/security-headers.conf" "$from/security-policy.conf" "$to/"
sed -e 's/ auth:3000;/ 127.0.0.1:3001;/' -e 's/ media:3000;/ 127.0.0.1:3002;/' \
  -e 's/ notification:3000;/ 127.0.0.1:3003;/' -e '/^ *resolver /d' -e '/Docker.s DNS/d' \
  -e 's#root /srv/www;#root /opt/snapstream/current/dist/web;#' -e 's#^pid /tmp/nginx.pid;#pid /run/nginx.pid;#' \
  -e 's#/dev/stderr#/var/log/nginx/error.log#' -e 's#/dev/stdout#/var/log/nginx/access.log#' \
  "$from/nginx.conf" >"$to/nginx.conf"
