import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Controller, Module, Req } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request } from 'express';
import { api, registerRequest, type DirectUpload, type Media, type RegisterRequest } from '#contracts';
import { createService, Endpoint, Sessions, ZodBody } from '#nest';
import { Dynamo, newId, STORAGE, userKey, type Storage } from '#platform';
import {
  ApiClient,
  createBucket,
  createdEvent,
  eventually,
  makeJpegOf,
  newAccount,
  sha256,
  startAws,
  startTestEnvironment,
  type TestAws,
  type TestEnvironment,
} from '#testing';
import { MediaServiceModule } from '../media-service.module';
import { ExpiredUploads } from '../tus/expired-uploads';
import { Arrivals } from './arrivals';
import { Inbox } from './inbox';

@Controller()
class LoginController {
  constructor(private readonly sessions: Sessions) {}

  @Endpoint(api.auth.register)
  async register(@Req() req: Request, @ZodBody(registerRequest) { username }: RegisterRequest) {
    await this.sessions.start(req, { id: username, role: 'user' });
    return {};
  }
}

@Module({ imports: [MediaServiceModule], controllers: [LoginController] })
class TestedModule {}

const MIB = 1024 ** 2;
const PATH = '/api/uploads/direct';

const send = ({ urls, headers, partBytes }: DirectUpload, bytes: Uint8Array<ArrayBuffer>) =>
  Promise.all(
    urls.map((url, at) =>
      fetch(url, { method: 'PUT', headers, body: bytes.slice(at * partBytes, (at + 1) * partBytes) }),
    ),
  );

describe('direct uploads', () => {
  let environment: TestEnvironment;
  let aws: TestAws;
  let app: NestExpressApplication;
  let onDisk: NestExpressApplication;
  let jpeg: Uint8Array<ArrayBuffer>;
  let ann: ApiClient;

  const start = async (env: Record<string, string>) => {
    const service = await createService(TestedModule, { config: environment.config(env), name: 'media' });
    await service.listen(0, '127.0.0.1');
    return service;
  };
  const newUser = async (service = app, username?: string) => {
    const client = new ApiClient((await service.getUrl()).replace('[::1]', '127.0.0.1'));
    await client.expect(201, 'POST', '/api/auth/register', { json: newAccount({ ...(username && { username }) }) });
    return client;
  };
  beforeAll(async () => {
    [environment, aws, jpeg] = await Promise.all([
      startTestEnvironment(),
      startAws(),
      makeJpegOf(4_000).then((bytes) => new Uint8Array(bytes)),
    ]);
    process.env.AWS_ENDPOINT_URL_S3 = aws.endpoint;
    process.env.AWS_ENDPOINT_URL_SQS = aws.endpoint;
    const limits = { MAX_UPLOAD_BYTES: String(80 * MIB), USER_QUOTA_BYTES: String(100 * MIB) };
    app = await start({
      S3_BUCKET: await createBucket(aws),
      AWS_ENDPOINT_URL_S3: aws.endpoint,
      UPLOAD_EXPIRY_SECONDS: '3600',
      ...limits,
    });
    onDisk = await start(limits);
  });
  afterAll(async () => {
    delete process.env.AWS_ENDPOINT_URL_S3;
    delete process.env.AWS_ENDPOINT_URL_SQS;
    await Promise.all([app.close(), onDisk.close()]);
    await aws.stop();
    await environment.stop();
  });
  beforeEach(async () => {
    ann = await newUser();
  });

  const create = (json: object, client = ann) => client.expect<DirectUpload>(201, 'POST', PATH, { json });
  const complete = (id: string, json: object = {}, client = ann) =>
    client.call<Media>('POST', `${PATH}/${id}/complete`, { json });
  const problem = async (status: number, code: string, path: string, json: object = {}, client = ann) =>
    expect(await client.problem('POST', path, { json })).toMatchObject({ status, code });
  const describeJpeg = () => ({ filename: 'beach.jpg', sizeBytes: jpeg.length, sha256: sha256(jpeg), batch: 'a drop' });
  const stored = async () => {
    const keys: string[] = [];
    for (const root of ['incoming', 'resumable', 'originals'])
      for await (const { key } of app.get<Storage>(STORAGE).list(`${root}/`)) keys.push(key);
    return keys;
  };

  it('makes one medium of bytes that went to the bucket, however often and late it is completed', async () => {
    const upload = await create(describeJpeg());
    expect(upload).toMatchObject({ method: 'put', partBytes: jpeg.length });
    expect((await send(upload, jpeg)).map(({ status }) => status)).toEqual([200]);
    const answers = await Promise.all([complete(upload.id), complete(upload.id)]);
    answers.push(await complete(upload.id));
    for (const { status, body } of answers)
      expect([status, body]).toMatchObject([
        201,
        { id: upload.id, filename: 'beach.jpg', sha256: sha256(jpeg), status: 'uploaded', batchId: 'a drop' },
      ]);
    const { items } = await ann.expect<{ items: Media[] }>(200, 'GET', '/api/media');
    expect(items).toHaveLength(1);
    const original = await ann.fetch('GET', `/api/media/${upload.id}/original`);
    expect(new Uint8Array(await original.arrayBuffer())).toEqual(jpeg);
    expect((await stored()).filter((key) => /^(incoming|resumable)/.test(key))).toEqual([]);
    expect(await ann.problem('DELETE', `${PATH}/${upload.id}`)).toMatchObject({ code: 'upload_finished' });
  });

  it('takes a large file in parts, and names what is missing', async () => {
    const film = new Uint8Array(9 * MIB);
    film.set(jpeg);
    const upload = await create({ filename: 'large.jpg', sizeBytes: film.length });
    expect(upload).toMatchObject({ method: 'multipart', partBytes: 8 * MIB, headers: {} });
    expect(upload.urls).toHaveLength(2);
    await problem(409, 'upload_incomplete', `${PATH}/${upload.id}/complete`);
    const answers = await send(upload, film);
    const parts = answers.map(({ headers }, at) => ({ partNumber: at + 1, etag: headers.get('etag')! }));
    const other = [{ partNumber: 1, etag: '"another"' }];
    await problem(409, 'upload_incomplete', `${PATH}/${upload.id}/complete`, { parts: other });
    expect(await complete(upload.id, { parts })).toMatchObject({
      status: 201,
      body: { sizeBytes: film.length, sha256: sha256(film) },
    });
    expect(aws.openUploads()).toBe(0);
  });

  it('refuses what POST refuses, before the bytes or with them, and keeps nothing of it', async () => {
    const before = await stored();
    await problem(413, 'file_too_large', PATH, { filename: 'a.jpg', sizeBytes: 80 * MIB + 1 });
    await problem(400, 'empty_file', PATH, { filename: 'a.jpg', sizeBytes: 0 });
    for (const json of [
      {},
      { filename: 'a.jpg', sizeBytes: -1 },
      { filename: 'a', sizeBytes: 1.5 },
      { ...describeJpeg(), x: 1 },
    ])
      await problem(400, 'validation_failed', PATH, json);
    const first = await create({ filename: 'a.jpg', sizeBytes: 60 * MIB });
    await problem(413, 'quota_exceeded', PATH, { filename: 'a.jpg', sizeBytes: 60 * MIB });
    await ann.expect(204, 'DELETE', `${PATH}/${first.id}`);
    await problem(404, 'not_found', `${PATH}/${first.id}/complete`);

    const text = new Uint8Array(Buffer.from('plain text is no picture'));
    const refused = await create({ filename: 'a.jpg', sizeBytes: text.length });
    await problem(409, 'upload_incomplete', `${PATH}/${refused.id}/complete`);
    await send(refused, text);
    for (const _ of [1, 2]) await problem(415, 'unsupported_media_type', `${PATH}/${refused.id}/complete`);
    await ann.expect(204, 'DELETE', `${PATH}/${refused.id}`);

    const film = new Uint8Array(9 * MIB);
    film.set(jpeg);
    const wrong = await create({ filename: 'large.jpg', sizeBytes: film.length, sha256: sha256(jpeg) });
    await send(wrong, film);
    await problem(460, 'checksum_mismatch', `${PATH}/${wrong.id}/complete`);
    await ann.expect(204, 'DELETE', `${PATH}/${wrong.id}`);
    await create({ filename: 'a.jpg', sizeBytes: 80 * MIB }); // the quota was released each time
    expect((await stored()).filter((key) => !key.startsWith('resumable/'))).toEqual(
      before.filter((key) => !key.startsWith('resumable/')),
    );
  });

  it("answers another user's upload as one that does not exist", async () => {
    const upload = await create(describeJpeg());
    await send(upload, jpeg);
    const bob = await newUser();
    await problem(404, 'not_found', `${PATH}/${upload.id}/complete`, {}, bob);
    expect(await bob.problem('DELETE', `${PATH}/${upload.id}`)).toMatchObject({ code: 'not_found' });
    expect((await complete(upload.id)).status).toBe(201);
  });

  it('erases what was not completed in time, and bytes that came after that', async () => {
    const upload = await create(describeJpeg());
    await send(upload, jpeg);
    const large = await create({ filename: 'large.jpg', sizeBytes: 70 * MIB });
    const late = new Date(Date.now() + 2 * 3_600_000);
    jest.useFakeTimers({
      now: late,
      doNotFake: ['setTimeout', 'setInterval', 'setImmediate', 'nextTick', 'performance'],
    });
    try {
      await app.get(ExpiredUploads).sweep();
    } finally {
      jest.useRealTimers();
    }
    for (const { id } of [upload, large]) await problem(404, 'not_found', `${PATH}/${id}/complete`);
    expect((await stored()).filter((key) => /^(incoming|resumable)/.test(key))).toEqual([]);
    expect(aws.openUploads()).toBe(0);
  });

  it('says that it is unavailable on disk storage', async () => {
    const client = await newUser(onDisk);
    await problem(409, 'direct_upload_unavailable', PATH, describeJpeg(), client);
    const path = `${PATH}/01M85RCK9PSEEFBXB6DHHENWYH`;
    await problem(409, 'direct_upload_unavailable', `${path}/complete`, {}, client);
    expect(await client.problem('DELETE', path)).toMatchObject({ code: 'direct_upload_unavailable' });
    expect(await client.expect(200, 'GET', '/api/media/stats')).toMatchObject({ directUploads: false });
  });

  describe('with events of the bucket', () => {
    let evented: NestExpressApplication;
    let bucket: string;
    let queueUrl: string;
    let sqs: SQSClient;
    let s3: S3Client;
    let userId: string;
    let bea: ApiClient;
    beforeAll(async () => {
      sqs = new SQSClient(aws.client);
      s3 = new S3Client({ ...aws.client, forcePathStyle: true });
      bucket = await createBucket(aws);
      queueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: 'bucket-events' }))).QueueUrl!;
      aws.sendEventsTo(queueUrl);
      evented = await start({
        S3_BUCKET: bucket,
        AWS_ENDPOINT_URL_S3: aws.endpoint,
        AWS_ENDPOINT_URL_SQS: aws.endpoint,
        S3_EVENTS_QUEUE_URL: queueUrl,
        MAX_UPLOAD_BYTES: String(MIB),
      });
    });
    afterAll(async () => {
      await evented.close();
      s3.destroy();
      sqs.destroy();
    });
    beforeEach(async () => {
      userId = newId();
      bea = await newUser(evented, userId);
      await evented.get(Dynamo).put('users', { ...userKey(userId), id: userId, schemaVersion: 1 });
    });

    const emit = (event: object) =>
      sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(event) }));
    const put = (Key: string, Body: Uint8Array) => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    const media = async () => (await bea.expect<{ items: Media[] }>(200, 'GET', '/api/media')).items;
    const keysOf = async (Prefix: string) =>
      ((await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }))).Contents ?? []).map(({ Key }) => Key!);
    const untilHandled = () =>
      eventually(
        async () =>
          (
            await sqs.send(
              new GetQueueAttributesCommand({
                QueueUrl: queueUrl,
                AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
              }),
            )
          ).Attributes!,
        (counts) => Object.values(counts).every((count) => count === '0'),
      );

    it('makes one medium of an upload that its client does not complete, or completes as well', async () => {
      const upload = await create({ ...describeJpeg(), filename: 'lost.jpg' }, bea);
      await send(upload, jpeg);
      expect(await eventually(media, (items) => items.length > 0)).toMatchObject([{ id: upload.id }]);
      expect((await complete(upload.id, {}, bea)).status).toBe(201);
      await emit(createdEvent(bucket, `incoming/${userId}/${upload.id}/bytes`));
      await untilHandled();
      expect(await media()).toHaveLength(1);
    });

    it('answers the client with the refusal of an event that was first', async () => {
      const upload = await create({ filename: 'a.jpg', sizeBytes: 5 }, bea);
      await send(upload, new Uint8Array(Buffer.from('hello')));
      await untilHandled();
      await problem(415, 'unsupported_media_type', `${PATH}/${upload.id}/complete`, {}, bea);
      expect(await keysOf(`incoming/${userId}/`)).toEqual([]);
    });

    it('makes one medium of an object that another program puts into the inbox', async () => {
      const key = `inbox/${userId}/Sommer 2026/Käfer + Biene.jpg`;
      await put(key, jpeg);
      await emit({ Event: 's3:TestEvent' });
      await emit(createdEvent(bucket, key));
      await emit(createdEvent(bucket, key));
      await eventually(media, (items) => items.length > 0);
      await emit(createdEvent(bucket, key)); // late: the object is handled and deleted
      await untilHandled();
      expect(await media()).toMatchObject([{ filename: 'Käfer + Biene.jpg', sha256: sha256(jpeg) }]);
      expect([...(await keysOf('inbox/')), ...(await keysOf('incoming/'))]).toEqual([]);
    });

    it('finds objects whose events were lost', async () => {
      aws.sendEventsTo((await sqs.send(new CreateQueueCommand({ QueueName: 'lost' }))).QueueUrl!);
      await put(`inbox/${userId}/silent.jpg`, jpeg);
      const keys: string[] = [];
      for await (const key of evented.get(Inbox).waiting(new Date(Date.now() + 1_000))) keys.push(key);
      for (const key of keys) await evented.get(Arrivals).handle(key);
      expect(await media()).toHaveLength(1);
      aws.sendEventsTo(queueUrl);
    });

    it.each([
      ['text.jpg', 'plain text', 'unsupported_media_type'],
      ['empty.jpg', '', 'empty_file'],
      ['large.jpg', 'x'.repeat(MIB + 1), 'file_too_large'],
    ])('says beside %s why it makes no medium', async (name, content, code) => {
      const key = `inbox/${userId}/${name}`;
      await put(key, Buffer.from(content));
      await eventually(
        () => keysOf(`inbox/${userId}/`),
        (keys) => keys.length === 2,
      );
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: `${key}.refused.txt` }));
      expect(await Body!.transformToString()).toContain(`(${code})`);
      await untilHandled();
      expect(await media()).toEqual([]);
    });

    it('says so of an object for a user who does not exist', async () => {
      const key = `inbox/${newId()}/a.jpg`;
      await put(key, jpeg);
      await eventually(
        () => keysOf(key),
        (keys) => keys.length === 2,
      );
    });
  });
});
