export { ApiClient, eventually, newAccount, UnexpectedAnswerError, type Account, type Answer, type CallOptions, type UploadOptions } from './api-client';
export { createTopic, startAws, subscribe, type ReceivedMessage, type TestAws, type TestSubscriber } from './aws-emulators';
export { startDynamoDb } from './dynamodb';
export { freePort } from './free-port';
export { startRedis, type TestRedis } from './redis';
export { startSurroundings, type TestSurroundings } from './surroundings';
export * from './fixtures';
