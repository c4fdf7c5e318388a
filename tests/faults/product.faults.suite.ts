import { leaving } from './accounts';
import { topicFaults, topicRepeats } from './alerts';
import { parallelUploads, races } from './load';
import { describeFaults } from './run';
import { absences, apiKill, deploy, descriptors } from './services';

const TOPIC_SECONDS = 60;
const UPLOADS = 1_000;

describeFaults(
  'product',
  [
    apiKill,
    deploy,
    ...absences,
    ...topicFaults(TOPIC_SECONDS),
    topicRepeats,
    descriptors,
    races,
    leaving,
    parallelUploads(UPLOADS),
  ],
  process.env,
);
