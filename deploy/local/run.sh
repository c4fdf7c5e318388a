#!/bin/sh
# What `npm start`, `npm test` and `npm run admin` run. Needs some Node with npm and nothing else:
#   sh deploy/local/run.sh start | dev | test [jest arguments] | suite <name> | service <name> | setup-aws | doctor [rebuild] | backup <folder> | restore <folder> | admin <arguments> | <any command, under the right Node>
set -eu
cd "$(dirname "$0")/../.."

. deploy/local/setup/say.sh
. deploy/local/setup/node.sh
. deploy/local/setup/packages.sh
. deploy/local/setup/programs.sh
. deploy/local/setup/build.sh
. deploy/local/setup/hooks.sh

mode=${1:-start}
[ $# -eq 0 ] || shift

use_node || exit 1
use_packages || exit 1
# Uploads leave used network buffers behind, which V8 collects when its young generation is full: a small one is full soon.
# Source maps: stack traces name the lines of the sources, for 3 MB a process and no measurable time at the start.
export NODE_OPTIONS="--max-semi-space-size=2 --enable-source-maps ${NODE_OPTIONS:-}"
# What a process compiled at its start, the next one need not.
export NODE_COMPILE_CACHE="$PWD/node_modules/.cache/compiled"

# `exec` everywhere: the signals npm forwards must reach the program, not a shell in front of it.
case $mode in
  start)
    use_programs ffmpeg ffprobe $(own_redis) || exit 1
    use_build || exit 1
    exec node dist/deploy/local/supervisor.js "$@"
    ;;
  dev)
    use_programs ffmpeg ffprobe $(own_redis) || exit 1
    use_hooks
    exec node --require ./libs/testing/run-typescript.cjs deploy/local/dev.ts "$@"
    ;;
  test)
    use_programs ffmpeg ffprobe redis-server || exit 1
    use_hooks
    try_chromium
    check_and_build || exit 1
    exec node --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js --ci "$@"
    ;;
  suite)
    use_programs ffmpeg ffprobe redis-server || exit 1
    use_build || exit 1
    suite=$1
    shift
    exec node --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js --testMatch "**/{,*.}$suite.suite.ts" "$@"
    ;;
  service)
    [ "$1" != worker ] || use_programs ffmpeg ffprobe || exit 1
    use_build || exit 1
    exec node "dist/services/$1/main.js"
    ;;
  setup-aws)
    use_build || exit 1
    exec node dist/deploy/aws/setup.js
    ;;
  doctor | backup | restore)
    use_programs $(own_redis) || exit 1
    use_build || exit 1
    exec node dist/deploy/local/tool.js dist/services/doctor/main.js "$mode" "$@"
    ;;
  admin)
    use_build || exit 1
    exec node dist/services/auth/admin.js "$@"
    ;;
  *)
    PATH=$PWD/node_modules/.bin:$PATH
    exec "$mode" "$@"
    ;;
esac
