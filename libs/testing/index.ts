export { aMedium } from './a-medium';
export { ApiClient, eventually, newAccount, UnexpectedAnswerError, type Account } from './client/api-client';
export {
  createBucket,
  createTopic,
  startAws,
  subscribe,
  type TestAws,
  type TestSubscriber,
} from './servers/aws-emulators';
export { createdEvent } from './servers/s3-events';
export { confirmEvent } from './confirm-event';
export { startDynamoDb, type TestDynamoDb } from './stack/dynamodb';
export { freePort } from './stack/free-port';
export { startQueue, type TestQueue } from './stack/queue';
export { startRedis, type TestRedis } from './stack/redis';
export { startTestEnvironment, withoutAnalyses, type TestEnvironment } from './stack/test-environment';
export * from './files/fixtures';
export { makeHeic, type HeicOptions } from './files/heic';
export { startDynamoDbProcess, startProcess, type TestProcess } from './stack/processes';
export {
  deployments,
  deploymentsByStorage,
  deploymentsWithS3,
  startStandalone,
  type PublishedAlert,
  type Stack,
} from './stack/stack';
export { EventReader } from './client/event-reader';
export { browserPath, changeAnswer, changeJson, openBrowser } from './client/browser';
export { abortRequests, openDescriptors } from './client/abort-requests';
export { startPausable, type Pausable } from './servers/pausable';
export { startFaultProxy, type FaultMode, type FaultProxy } from './servers/fault-proxy';
export { parseMail, startSmtp, type ReceivedMail, type TestSmtp } from './servers/smtp-server';
export { seededRandom } from './random';
export { fillDisk, mountSmallDisk, smallDiskObstacle, type SmallDisk } from './files/small-disk';
export {
  startTranscriptionServer,
  type TranscriptionReply,
  type TranscriptionServer,
} from './servers/transcription-server';
export { AwsError, startAwsAnalysers, type AwsOperations, type TestAwsAnalysers } from './servers/aws-analysers';
