import { loadConfig, textForOperator } from '#config';
import { setUp, stepsOf } from './steps';

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** `npm run setup:aws`: creates or checks the AWS resources that the settings name. Idempotent. */
async function main(): Promise<boolean> {
  const steps = stepsOf(loadConfig());
  if (steps.length === 0)
    say('Nothing to set up: the settings name no AWS resource (SNAPSTREAM_MODE=aws, SNS_TOPIC_ARN, S3_BUCKET)');
  return setUp(steps, say);
}

main().then(
  (isComplete) => process.exit(isComplete ? 0 : 1),
  (error: Error) => {
    process.stderr.write(`${textForOperator(error)}\n`);
    process.exit(1);
  },
);
