export { aMedium } from './a-medium';
export { ApiClient, eventually, newAccount, UnexpectedAnswerError, type Account } from './api-client';
export { createBucket, createTopic, startAws, subscribe, type TestAws, type TestSubscriber } from './aws-emulators';
export { createdEvent } from './s3-events';
export { confirmEvent } from './confirm-event';
export { startDynamoDb, type TestDynamoDb } from './dynamodb';
export { freePort } from './free-port';
export { startQueue, type TestQueue } from './queue';
export { startRedis, type TestRedis } from './redis';
export { startTestEnvironment, withoutAnalyses, type TestEnvironment } from './test-environment';
export * from './fixtures';
export { makeHeic, type HeicOptions } from './heic';
export { startDynamoDbProcess, startProcess, type TestProcess } from './processes';
export {
  deployments,
  deploymentsByStorage,
  deploymentsWithS3,
  startStandalone,
  type PublishedAlert,
  type Stack,
} from './stack';
export { EventReader } from './event-reader';
export { browserPath, changeAnswer, changeJson, openBrowser } from './browser';
export { abortRequests, openDescriptors } from './abort-requests';
export { startPausable, type Pausable } from './pausable';
export { startFaultProxy, type FaultMode, type FaultProxy } from './fault-proxy';
export { parseMail, startSmtp, type ReceivedMail, type TestSmtp } from './smtp-server';
export { seededRandom } from './random';
export { fillDisk, mountSmallDisk, smallDiskObstacle, type SmallDisk } from './small-disk';
export { startTranscriptionServer, type TranscriptionReply, type TranscriptionServer } from './transcription-server';
export { AwsError, startAwsAnalysers, type AwsOperations, type TestAwsAnalysers } from './aws-analysers';
