import { describeFaults } from './run.testing';
import { workerKills, workerStop } from './workers.testing';

const STOP_SECONDS = 90;

describeFaults('workers', [...workerKills, workerStop(STOP_SECONDS)], process.env);
