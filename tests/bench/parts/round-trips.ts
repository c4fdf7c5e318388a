import { makeJpeg } from '#testing';
import { MeteredStack, requestsOfUploads } from '../metered-stack';
import type { Row } from '../report';

/** Requests to the stores per small picture, one after the other, and at rest, with one worker. */
export async function roundTrips(media: number, restSeconds: number): Promise<Row[]> {
  const metered = await MeteredStack.start(1);
  try {
    const jpeg = new Uint8Array(await makeJpeg());
    await metered.ofUploads(jpeg, 'first.jpg', 1);
    const { dynamo, redis } = await metered.ofUploads(jpeg, 'photo.jpg', media);
    const rest = await metered.atRest(restSeconds);
    const kinds = Object.entries(dynamo.byKind).map(([kind, count]) => `${kind} ${(count / media).toFixed(1)}`);
    return [
      row('requests to DynamoDB per medium', requestsOfUploads(dynamo) / media, 12),
      { what: 'by kind, with those of the sweeps', product: kinds.join(', ') },
      row('write units of the tables per medium', dynamo.writeUnits / media, 18),
      row('Redis scripts per medium', redis.scripts / media, 20),
      row('requests to DynamoDB at rest, a second', rest.dynamo.requests / restSeconds, 1),
      row('Redis scripts at rest, a second', rest.redis.scripts / restSeconds, 2),
    ];
  } finally {
    await metered.stop();
  }
}

const row = (what: string, value: number, atMost: number): Row => ({
  what,
  product: value.toFixed(1),
  value,
  goal: { atMost },
});
