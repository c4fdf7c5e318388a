import { App } from 'aws-cdk-lib';
import { settingsOf } from './lib/settings';
import { createStack } from './lib/stack';

const app = new App({ analyticsReporting: false });
try {
  createStack(
    app,
    settingsOf((name) => app.node.tryGetContext(name)),
  );
} catch (error) {
  // the stack trace of the minified CDK prints megabytes of its source
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
