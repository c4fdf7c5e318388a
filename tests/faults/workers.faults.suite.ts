import { describeFaults } from './run';
import { workerKills, workerFreeze } from './workers';

const STOP_SECONDS = 90;

describeFaults('workers', [...workerKills, workerFreeze(STOP_SECONDS)], process.env);
