import { leaving } from './accounts.testing';
import { topicFaults, topicRepeats } from './alerts.testing';
import { parallelUploads, races } from './load.testing';
import { describeFaults } from './run.testing';
import { absences, apiKill, deploy, descriptors } from './services.testing';

const TOPIC_SECONDS = 60;
const UPLOADS = 1_000;

describeFaults('product', [apiKill, deploy, ...absences, ...topicFaults(TOPIC_SECONDS), topicRepeats, descriptors, races, leaving, parallelUploads(UPLOADS)], process.env);
