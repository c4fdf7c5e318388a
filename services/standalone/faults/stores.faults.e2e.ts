import { describeFaults } from './run.testing';
import { bucketFaults, diskFull, dynamodbFaults, redisFaults } from './services.testing';

describeFaults('stores', [...redisFaults, ...dynamodbFaults, ...bucketFaults, diskFull], process.env);
