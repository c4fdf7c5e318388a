#!/bin/sh
# `npm run test:compose`: builds the containers, starts them on a free port as a project of their own, runs the
# end-to-end suites against them, and removes everything, also after a failure.
set -eu
. deploy/local/setup/say.sh

if docker compose version >/dev/null 2>&1; then COMPOSE='docker compose'; else COMPOSE=docker-compose; fi
if ! docker info >/dev/null 2>&1 || ! $COMPOSE version >/dev/null 2>&1; then
  say 'npm run test:compose needs Docker with Compose, which is not available here.'
  exit 1
fi

COMPOSE_PROJECT_NAME=snapstream-test-$$
PORT=$(node -e "const probe = require('net').createServer().listen(0, '127.0.0.1', () => {
  console.log(probe.address().port);
  probe.close();
})")
E2E_BASE_URL=http://127.0.0.1:$PORT
BIND=127.0.0.1
export COMPOSE COMPOSE_PROJECT_NAME PORT BIND E2E_BASE_URL

tear_down() {
  status=$?
  trap - EXIT
  [ "$status" = 0 ] || $COMPOSE logs --tail=40 >&2
  $COMPOSE down --volumes --remove-orphans >/dev/null 2>&1
  exit "$status"
}
trap tear_down EXIT
trap 'exit 130' INT TERM HUP

ready() {
  node -e 'const ready = () => fetch(process.argv[1]).then((response) => response.ok, () => false);
    (async () => {
      for (let tries = 0; tries < 60; tries += 1) {
        if (await ready()) return;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      process.exit(1);
    })()' "$E2E_BASE_URL/health/ready"
}

suite() {
  node --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js \
    --ci --runInBand --testMatch "$@"
}

quietly 'The images could not be built.' $COMPOSE build
quietly 'The containers could not be started.' $COMPOSE up -d
ready
suite '**/tests/system/{journey,browser}.system.spec.ts' '**/tests/system/compose.suite.ts'

# With small upload limits, so that tests can reach them, without HEIC and without workers.
limited() {
  MAX_UPLOAD_BYTES=$1 USER_QUOTA_BYTES=$2 UPLOAD_IDLE_SECONDS=2 HEIC=off \
    quietly 'The containers could not be started with other settings.' \
    $COMPOSE up -d --scale worker-image=0 --scale worker-media=0 --scale worker-analysis=0
  ready
}
limited 300000 1000000
suite '**/tests/system/uploads.system.spec.ts'
limited 25165824 62914560
suite '**/tests/system/{resumable,bytes}.system.spec.ts'
