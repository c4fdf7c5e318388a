import { SendMessageCommand, SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** An event of S3 that an object was created, as its notification of version 2.6. */
export function createdEvent(bucket: string, key: string, eventName = 'ObjectCreated:Put', sequence = 1) {
  const object = {
    key: encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/'),
    sequencer: sequence.toString(16).padStart(16, '0').toUpperCase(),
  };
  const record = {
    eventVersion: '2.6',
    eventSource: 'aws:s3',
    awsRegion: 'us-east-1',
    eventTime: new Date().toISOString(),
    eventName,
    s3: { s3SchemaVersion: '1.0', bucket: { name: bucket }, object },
  };
  return { Records: [record] };
}

/** Adds event notifications to the emulator of S3. @returns a function that names the queue which receives them */
export function emitEvents(app: FastifyInstance): (client: SQSClientConfig, queueUrl: string) => void {
  let send: ((event: object) => void) | null = null;
  let sequence = 0;
  app.addHook('onResponse', async (request, reply) => {
    const eventName = reply.statusCode < 300 ? nameOf(request) : null;
    if (!send || !eventName) return;
    const [, bucket, ...path] = request.url.split('?')[0]!.split('/');
    send(createdEvent(bucket!, decodeURIComponent(path.join('/')), eventName, (sequence += 1)));
  });
  return (client, queueUrl) => {
    const sqs = new SQSClient(client);
    send = (event) => {
      const request = new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(event) });
      void sqs.send(request).catch(() => {}); // the emulator was stopped
    };
  };
}

function nameOf({ method, url, headers }: FastifyRequest): string | null {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const isObject = pathname.split('/').length > 2 && !pathname.endsWith('/');
  if (!isObject || searchParams.has('partNumber')) return null;
  if (method === 'PUT') return headers['x-amz-copy-source'] ? 'ObjectCreated:Copy' : 'ObjectCreated:Put';
  return method === 'POST' && searchParams.has('uploadId') ? 'ObjectCreated:CompleteMultipartUpload' : null;
}
