import { describeFaults } from './run';
import { workerKills, workerStop } from './workers';

const STOP_SECONDS = 90;

describeFaults('workers', [...workerKills, workerStop(STOP_SECONDS)], process.env);
