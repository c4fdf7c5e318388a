// Stub of the API for the specs of the supervisor: responds with its environment, and logs at its stop whether the
// stores
// still accept connections.
const { createServer } = require('node:http');
const { connect } = require('node:net');
const { setTimeout: sleep } = require('node:timers/promises');

const serves = (url) =>
  new Promise((resolve) => {
    const socket = connect(new URL(url).port, '127.0.0.1', () => resolve(socket.destroy() && 'serves'));
    socket.once('error', () => resolve('is gone'));
  });

const server = createServer((_, response) => response.end(JSON.stringify(process.env)));
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.send({ type: 'ready', opsPort: 9090 }));

process.once('disconnect', () => process.exit(0));
process.once('SIGTERM', async () => {
  await sleep(300); // drains
  const { REDIS_URL, AWS_ENDPOINT_URL_DYNAMODB } = process.env;
  process.stdout.write(
    `stopping; Redis ${await serves(REDIS_URL)}; DynamoDB ${await serves(AWS_ENDPOINT_URL_DYNAMODB)}\n`,
  );
  process.exit(0);
});
