import { join } from 'node:path';
import { loadConfig, OperatorError, textForOperator } from '#config';
import { ModelStore } from './model-store';
import { models } from './models';

const USAGE = `Usage:
  npm run models -- list             models for speech on this machine, and those that are here
  npm run models -- get <name>       downloads one into DATA_DIR/models
  npm run models -- remove <name>    deletes it`;

async function main([command, name]: string[]): Promise<void> {
  const store = new ModelStore(join(loadConfig().dataDir, 'models'), models);
  if (command === 'list' && !name) return list(store);
  if (command === 'get' && name) return get(store, name);
  if (command !== 'remove' || !name) throw new OperatorError(USAGE);
  await store.remove(name);
  print(`${name} is not here any more.`);
}

async function list(store: ModelStore): Promise<void> {
  for (const { name, sizeBytes, description, path } of await store.list()) {
    const size = String(Math.round(sizeBytes / 1e6)).padStart(4);
    print([name.padEnd(15), `${size} MB`, description, ...(path ? [path] : [])].join('  '));
  }
}

async function get(store: ModelStore, name: string): Promise<void> {
  let shown = -1;
  const path = await store.get(name, (percent) => {
    if (percent >= shown + 5) print(`${(shown = percent)} %`);
  });
  print(`${name} is in ${path}. Start with ANALYSE_SPEECH=local SPEECH_MODEL_DIR=${path}`);
}

const print = (line: string) => process.stdout.write(`${line}\n`);

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${textForOperator(error)}\n`);
  process.exitCode = 1;
});
