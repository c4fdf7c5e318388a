#!/bin/sh
# npm run test:cdk: installs the packages of the CDK when their lock has changed, and checks the stack offline.
set -eu
root=$PWD
cd "$(dirname "$0")"
if ! cmp -s package-lock.json node_modules/.snapstream-lock; then
  npm ci --ignore-scripts --no-audit --no-fund --no-progress --loglevel=error
  cp package-lock.json node_modules/.snapstream-lock
fi
node "$root/node_modules/typescript-native/bin/tsc" --noEmit --incremental \
  --tsBuildInfoFile node_modules/.types.tsbuildinfo -p tsconfig.json
exec node "$root/node_modules/jest/bin/jest.js" --config jest.config.js "$@"
