import { describeFaults } from './run';
import { bucketFaults, diskFull, dynamodbFaults, redisFaults } from './services';

describeFaults('stores', [...redisFaults, ...dynamodbFaults, ...bucketFaults, diskFull], process.env);
