#!/bin/sh
# The entry point of the npm scripts. Requires only a Node of any version with npm:
#   sh deploy/local/run.sh start | dev | test [jest arguments] | suite <name> | service <name> | setup-aws
#     | doctor [rebuild] | backup <folder> | restore <folder> | move <arguments> | admin <arguments> | models <arguments>
#     | <any command, under the right Node>
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
# A small young generation (semi-space): V8 collects the network buffers of uploads when it is full.
# Source maps: stack traces name the lines of the sources, for 3 MB a process and no measurable time at the start.
export NODE_OPTIONS="--max-semi-space-size=2 --enable-source-maps ${NODE_OPTIONS:-}"
# Shares compiled code between processes and starts.
export NODE_COMPILE_CACHE="$PWD/node_modules/.cache/compiled"

# `exec` everywhere: the signals that npm forwards must reach the program, not this shell.
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
    exec node --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js \
      --testMatch "**/{,*.}$suite.suite.ts" "$@"
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
  doctor | backup | restore | move)
    use_programs $(own_redis) || exit 1
    use_build || exit 1
    exec node dist/deploy/local/tool.js dist/services/doctor/main.js "$mode" "$@"
    ;;
  models)
    use_build || exit 1
    exec node dist/services/worker/models/main.js "$@"
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
