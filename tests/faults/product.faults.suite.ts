import { accountDeletion } from './accounts';
import { topicFaults, duplicateDeliveries } from './alerts';
import { parallelUploads, races } from './load';
import { describeFaults } from './run';
import { startupFaults, apiKill, deployment, descriptorExhaustion } from './services';

const TOPIC_SECONDS = 60;
const UPLOADS = 1_000;

describeFaults(
  'product',
  [
    apiKill,
    deployment,
    ...startupFaults,
    ...topicFaults(TOPIC_SECONDS),
    duplicateDeliveries,
    descriptorExhaustion,
    races,
    accountDeletion,
    parallelUploads(UPLOADS),
  ],
  process.env,
);
