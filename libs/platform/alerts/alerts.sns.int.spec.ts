import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SNSClient } from '@aws-sdk/client-sns';
import { alertSchema } from '#contracts';
import { createTopic, freePort, startAws, subscribe, type TestAws } from '#testing';
import { DependencyUnavailableError } from '../errors';
import { alertsContract, failed, registered } from './alerts.contract';
import { SnsAlerts } from './alerts.sns';

let aws: TestAws;
beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws.stop());

alertsContract('SnsAlerts', async () => {
  const topicArn = await createTopic(aws);
  const subscriber = await subscribe(aws, topicArn);
  const client = new SNSClient(aws.client);
  return {
    alerts: new SnsAlerts(topicArn, client),
    received: async (count) =>
      (await subscriber.receive(count)).map(({ message, attributes }) => ({
        message: alertSchema.parse(JSON.parse(message)),
        attributes,
      })),
    stop: async () => {
      subscriber.close();
      client.destroy();
    },
  };
});

describe('SnsAlerts', () => {
  it('reports a topic without subscriptions, and one with some', async () => {
    const topicArn = await createTopic(aws);
    const client = new SNSClient(aws.client);
    const alerts = new SnsAlerts(topicArn, client);
    expect(await alerts.health()).toMatchObject({ state: 'degraded', detail: expect.stringContaining('Subscribe') });
    const subscriber = await subscribe(aws, topicArn);
    expect(await alerts.health()).toEqual({ state: 'ok', detail: 'Subscriptions that receive alerts: 1.' });
    subscriber.close();
    client.destroy();
  });

  it('reports subscriptions that wait for their confirmation', async () => {
    const sns = createServer((_req, res) => {
      const entry = '<entry><key>SubscriptionsPending</key><value>2</value></entry>';
      const result = `<GetTopicAttributesResult><Attributes>${entry}</Attributes></GetTopicAttributesResult>`;
      res.end(`<GetTopicAttributesResponse>${result}</GetTopicAttributesResponse>`);
    }).listen(0, '127.0.0.1');
    await once(sns, 'listening');
    const client = new SNSClient({
      ...aws.client,
      endpoint: `http://127.0.0.1:${(sns.address() as AddressInfo).port}`,
    });
    expect(await new SnsAlerts('arn:aws:sns:us-east-1:000000000000:t', client).health()).toMatchObject({
      state: 'degraded',
      detail: expect.stringContaining('2 of the subscriptions'),
    });
    client.destroy();
    sns.closeAllConnections();
    sns.close();
  });
  it('lets a subscriber filter by event type, status and kind', async () => {
    const topicArn = await createTopic(aws);
    const failures = await subscribe(aws, topicArn, { eventType: ['media.failed'] });
    const images = await subscribe(aws, topicArn, { kind: ['image'], status: ['completed'] });
    const client = new SNSClient(aws.client);
    const alerts = new SnsAlerts(topicArn, client);
    for (const alert of [
      registered,
      failed,
      { ...failed, id: 'other', type: 'media.completed', status: 'completed', kind: 'image' } as const,
    ])
      await alerts.publish(alert);
    const [failure] = await failures.receive(1);
    const [image] = await images.receive(1);
    expect(JSON.parse(failure!.message)).toEqual(failed);
    expect(JSON.parse(image!.message)).toMatchObject({ id: 'other' });
    expect([...(await failures.receiveAll()), ...(await images.receiveAll())]).toEqual([]);
    for (const end of [failures, images]) end.close();
    client.destroy();
  });

  it('keeps the order of a user on a FIFO topic and deduplicates repeats', async () => {
    const topicArn = await createTopic(aws, 'alerts.fifo');
    const subscriber = await subscribe(aws, topicArn);
    const client = new SNSClient(aws.client);
    const alerts = new SnsAlerts(topicArn, client);
    for (const id of ['first', 'second', 'second', 'third']) await alerts.publish({ ...registered, id });
    const ids = (await subscriber.receive(3)).map(({ message }) => JSON.parse(message).id);
    expect([...ids, ...(await subscriber.receiveAll())]).toEqual(['first', 'second', 'third']);
    subscriber.close();
    client.destroy();
  });

  it('rejects when the topic does not exist or the endpoint refuses connections', async () => {
    const client = new SNSClient(aws.client);
    await expect(new SnsAlerts('arn:aws:sns:us-east-1:000000000000:gone', client).publish(failed)).rejects.toThrow(
      DependencyUnavailableError,
    );
    await expect(new SnsAlerts('arn:aws:sns:us-east-1:000000000000:gone', client).check()).rejects.toThrow(
      DependencyUnavailableError,
    );
    client.destroy();
    await expectPromptRejection(`http://127.0.0.1:${await freePort()}`);
  });

  it('rejects within 6 s when the endpoint accepts the request and never responds', async () => {
    const hanging = createServer(() => {}).listen(0, '127.0.0.1');
    await once(hanging, 'listening');
    await expectPromptRejection(`http://127.0.0.1:${(hanging.address() as AddressInfo).port}`);
    hanging.close().closeAllConnections();
  });
});

/** Uses a client without timeouts of its own. */
async function expectPromptRejection(endpoint: string): Promise<void> {
  const client = new SNSClient({ ...aws.client, endpoint });
  const startedAt = Date.now();
  await expect(new SnsAlerts('arn:aws:sns:us-east-1:000000000000:topic', client).publish(failed)).rejects.toThrow(
    DependencyUnavailableError,
  );
  expect(Date.now() - startedAt).toBeLessThan(6_000);
  client.destroy();
}
