export { startDynamoDb } from './dynamodb';
export { freePort } from './free-port';
export { startRedis, type TestRedis } from './redis';
export * from './fixtures';
