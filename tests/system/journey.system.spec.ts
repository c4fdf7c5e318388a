import { createHash } from 'node:crypto';
import sharp from 'sharp';
import type { Media, Notification, NotificationList } from '#contracts';
import {
  EventReader,
  eventually,
  makeHeic,
  makeJpeg,
  makeMp3,
  makeMp4,
  deploymentsWithS3,
  type ApiClient,
  type Stack,
} from '#testing';

const bytesOf = (buffer: Buffer) => new Uint8Array(buffer);
const statuses = (media: Media) => media.history.map(({ status }) => status);

describe.each(deploymentsWithS3)('the journey of an upload, %s', (_name, start) => {
  let stack: Stack;
  let api: ApiClient;
  let stream: EventReader;
  const sources: Record<string, Buffer> = {};
  const media: Record<string, Media> = {};

  beforeAll(async () => {
    stack = await start();
    ({ api } = await stack.newUser());
    [sources['image.jpg'], sources['video.mp4'], sources['sound.mp3']] = await Promise.all([
      makeJpeg({ width: 800, height: 600, orientation: 6 }),
      makeMp4({ seconds: 2 }),
      makeMp3({ seconds: 3 }),
    ]);
    stream = await EventReader.open(api);
  });
  afterAll(async () => {
    await stream.close();
    await stack.stop();
  });

  it.each(['image.jpg', 'video.mp4', 'sound.mp3'])(
    'moves %s from uploaded to processing to completed',
    async (filename) => {
      const uploaded = await api.upload(bytesOf(sources[filename]!), { filename });
      expect(uploaded).toMatchObject({
        status: 'uploaded',
        filename,
        round: 1,
        sha256: createHash('sha256').update(sources[filename]!).digest('hex'),
      });
      expect((await api.expect<{ items: Media[] }>(200, 'GET', '/api/media')).items[0]?.id).toBe(uploaded.id);
      const settled = await api.waitUntilSettled(uploaded.id);
      expect(statuses(settled)).toEqual(['uploaded', 'processing', 'completed']);
      expect(settled).toMatchObject({ progress: 100, failure: null, completedAt: expect.any(String) });
      media[filename] = settled;
    },
  );

  it('finds size and duration of each', () => {
    expect(media['image.jpg']).toMatchObject({
      kind: 'image',
      contentType: 'image/jpeg',
      width: 600,
      height: 800,
      durationSeconds: null,
    });
    expect(media['video.mp4']).toMatchObject({ kind: 'video', contentType: 'video/mp4', width: 320, height: 180 });
    expect(media['video.mp4']?.durationSeconds).toBeCloseTo(2, 0);
    expect(media['sound.mp3']).toMatchObject({ kind: 'audio', contentType: 'audio/mpeg', width: null, height: null });
    expect(media['sound.mp3']?.durationSeconds).toBeCloseTo(3, 0);
  });

  it.each(['image.jpg', 'video.mp4', 'sound.mp3'])(
    'serves a thumbnail of %s, and its original unchanged',
    async (filename) => {
      const { id } = media[filename]!;
      const thumbnail = await api.fetch('GET', `/api/media/${id}/thumbnail`);
      expect(thumbnail.headers.get('content-type')).toBe('image/webp');
      const { width = 0, height = 0 } = await sharp(await thumbnail.arrayBuffer()).metadata();
      expect(Math.max(width, height)).toBeLessThanOrEqual(480);
      expect(thumbnail.headers.get('cache-control')).toBe('private, no-cache');
      const versioned = await api.fetch('GET', (await api.media(id)).thumbnailUrl!);
      expect(versioned.headers.get('cache-control')).toMatch(/^private, max-age=\d+, immutable$/);
      expect(versioned.headers.get('etag')).toBe(thumbnail.headers.get('etag'));
      const original = await api.fetch('GET', `/api/media/${id}/original`);
      expect(Buffer.from(await original.arrayBuffer()).equals(sources[filename]!)).toBe(true);
      expect((await api.fetch('GET', `/api/media/${id}/preview`)).status).toBe(200);
    },
  );

  it('serves the waveform of a sound, and none of an image', async () => {
    const { peaks, durationSeconds } = await api.expect<{ peaks: number[]; durationSeconds: number }>(
      200,
      'GET',
      `/api/media/${media['sound.mp3']!.id}/waveform`,
    );
    expect(peaks.length).toBeGreaterThan(50);
    expect(Math.max(...peaks)).toBeLessThanOrEqual(1);
    expect(durationSeconds).toBeCloseTo(3, 0);
    expect(await api.problem('GET', `/api/media/${media['image.jpg']!.id}/waveform`)).toMatchObject({
      status: 404,
      code: 'not_ready',
    });
  });

  it('creates one notification for each, and pushes it to the open page', async () => {
    const list = await eventually(
      () => api.expect<NotificationList>(200, 'GET', '/api/notifications'),
      ({ items }) => items.length >= 4,
    );
    expect(list.items.map(({ type }) => type).toSorted()).toEqual([
      'account.welcome',
      'media.completed',
      'media.completed',
      'media.completed',
    ]);
    expect(list.unread).toBe(4);
    const events = await stream.until((all) => all.filter(({ event }) => event === 'notification').length >= 3);
    const notified = events
      .filter(({ event }) => event === 'notification')
      .map(({ data }) => (data as Notification).mediaId)
      .filter(Boolean);
    expect(notified.toSorted()).toEqual(
      Object.values(media)
        .map(({ id }) => id)
        .toSorted(),
    );
  });

  it('pushes every status change to the open page in order, and replays them by Last-Event-ID', async () => {
    const { id } = media['image.jpg']!;
    const changes = stream.events.filter(
      ({ id: eventId, event, data }) => eventId && event === 'media' && (data as Media).id === id,
    );
    expect(changes.map(({ data }) => (data as Media).status)).toEqual(['uploaded', 'processing', 'completed']);
    const replay = await EventReader.open(api, changes[0]!.id!);
    const again = await replay.until((events) => events.some(({ id: eventId }) => eventId === changes[2]!.id));
    expect(again[0]?.id).not.toBe(changes[0]!.id);
    await replay.close();
    const unknown = await EventReader.open(api, '1-1');
    await unknown.until(([first]) => first?.event === 'reset');
    await unknown.close();
  });

  it('publishes each transition once, with attributes to filter by', async () => {
    if (!stack.alerts) return;
    const alerts = await eventually(stack.alerts, (all) => all.filter(({ message }) => message.mediaId).length >= 9);
    const ids = alerts.map(({ message }) => message.id);
    expect(new Set(ids).size).toBe(ids.length);
    const ofVideo = alerts.filter(({ message }) => message.mediaId === media['video.mp4']!.id);
    expect(ofVideo.map(({ message }) => message.type)).toEqual([
      'media.uploaded',
      'media.processing',
      'media.completed',
    ]);
    expect(ofVideo[2]?.attributes).toEqual({ eventType: 'media.completed', status: 'completed', kind: 'video' });
    expect(alerts.filter(({ message }) => message.type === 'user.registered')).toHaveLength(1);
    expect(alerts.filter(({ message }) => message.type === 'user.logged_in')).toHaveLength(0);
  });

  it('counts exactly, and filters by kind, status and search terms', async () => {
    await eventually(
      () => api.expect(200, 'GET', '/api/media/stats'),
      (stats) => (stats as { completed: number }).completed === 3,
    );
    expect(await api.expect(200, 'GET', '/api/media/stats')).toMatchObject({
      total: 3,
      uploaded: 0,
      processing: 0,
      completed: 3,
      failed: 0,
      originalBytes: Object.values(sources).reduce((sum, { length }) => sum + length, 0),
      quotaBytes: null,
    });
    const ids = async (query: string) =>
      (await api.expect<{ items: Media[] }>(200, 'GET', `/api/media?${query}`)).items.map(({ filename }) => filename);
    expect(await ids('kind=video')).toEqual(['video.mp4']);
    expect(await ids('status=completed')).toEqual(['sound.mp3', 'video.mp4', 'image.jpg']);
    expect(await ids('status=completed&kind=audio')).toEqual(['sound.mp3']);
    expect(await ids('status=failed')).toEqual([]);
    expect(await ids('q=VIDE')).toEqual(['video.mp4']);
    await api.expect(200, 'PATCH', `/api/media/${media['image.jpg']!.id}`, {
      json: { title: 'Été à Zürich', tags: ['holiday'] },
    });
    expect(await ids('q=zurich%20hol')).toEqual(['image.jpg']);
    const first = await api.expect<{ items: Media[]; nextCursor: string }>(200, 'GET', '/api/media?limit=2');
    expect(await ids(`limit=2&cursor=${first.nextCursor}`)).toEqual(['image.jpg']);
  });

  it('marks notifications as read, and clears them for good', async () => {
    const { items } = await api.expect<NotificationList>(200, 'GET', '/api/notifications');
    await api.expect(204, 'POST', `/api/notifications/${items[0]!.id}/read`);
    expect(await api.expect(200, 'GET', '/api/notifications')).toMatchObject({ unread: 3 });
    await api.expect(204, 'DELETE', `/api/notifications/${items[0]!.id}`);
    expect(await api.problem('DELETE', `/api/notifications/${items[0]!.id}`)).toMatchObject({ code: 'not_found' });
    await api.expect(204, 'POST', '/api/notifications/batch', {
      json: { action: 'read', ids: [items[1]!.id, 'nothing'] },
    });
    expect(await api.expect(200, 'GET', '/api/notifications')).toMatchObject({ unread: 2 });
    expect(await api.problem('POST', '/api/notifications/batch', { json: { action: 'burn', ids: [] } })).toMatchObject({
      code: 'validation_failed',
      errors: [{ path: 'action' }, { path: 'ids' }],
    });
    await api.expect(204, 'POST', '/api/notifications/read-all');
    expect(await api.expect(200, 'GET', '/api/notifications')).toMatchObject({ unread: 0, items: { length: 3 } });
    await api.expect(204, 'DELETE', `/api/notifications?until=${items[2]!.id}`);
    expect(await api.expect(200, 'GET', '/api/notifications')).toMatchObject({ items: [{ id: items[1]!.id }] });
    await api.expect(204, 'DELETE', '/api/notifications');
    expect(await api.expect(200, 'GET', '/api/notifications')).toMatchObject({ unread: 0, items: [] });
  });

  it('answers 404 to other users', async () => {
    const { api: stranger } = await stack.newUser();
    const { id } = media['image.jpg']!;
    for (const path of ['', '/original', '/thumbnail', '/preview'])
      expect(await stranger.problem('GET', `/api/media/${id}${path}`)).toMatchObject({
        status: 404,
        code: 'not_found',
      });
    expect(await stranger.problem('DELETE', `/api/media/${id}`)).toMatchObject({ code: 'not_found' });
    expect((await stranger.expect<{ items: Media[] }>(200, 'GET', '/api/media')).items).toEqual([]);
  });

  it('deletes at once and for good', async () => {
    const { id } = media['video.mp4']!;
    await api.expect(204, 'DELETE', `/api/media/${id}`);
    for (const path of ['', '/original', '/thumbnail'])
      expect(await api.problem('GET', `/api/media/${id}${path}`)).toMatchObject({ code: 'not_found' });
    expect(await api.problem('DELETE', `/api/media/${id}`)).toMatchObject({ code: 'not_found' });
    await eventually(
      () => api.expect(200, 'GET', '/api/media/stats'),
      (stats) => (stats as { total: number }).total === 2,
    );
  });

  it('returns the outcome of each id of a batch', async () => {
    const { id } = media['image.jpg']!;
    const gone = media['video.mp4']!.id;
    expect(
      await api.expect(200, 'POST', '/api/media/batch', { json: { action: 'retry', ids: [id, gone, ''] } }),
    ).toEqual({
      items: [
        { id, ok: false, code: 'not_failed' },
        { id: gone, ok: false, code: 'not_found' },
        { id: '', ok: false, code: 'not_found' },
      ],
    });
  });

  it('converts a photograph of a phone, and serves the original of it unchanged', async () => {
    const { api: phone } = await stack.newUser();
    const bytes = bytesOf(await makeHeic({ size: [64, 96], grid: [1, 2], rotation: 3, orientation: 6 }));
    const uploaded = await phone.upload(bytes, { filename: 'IMG_0001.HEIC' });
    const settled = await phone.waitUntilSettled(uploaded.id);
    expect(settled).toMatchObject({ status: 'completed', contentType: 'image/heic', width: 96, height: 64 });
    const original = await phone.fetch('GET', settled.originalUrl);
    expect(original.headers.get('content-type')).toBe('image/heic');
    expect(new Uint8Array(await original.arrayBuffer())).toEqual(bytes);
    for (const address of [settled.thumbnailUrl!, settled.previewUrl!]) {
      const derived = await phone.fetch('GET', address);
      expect(derived.headers.get('content-type')).toBe('image/webp');
      expect(await sharp(await derived.arrayBuffer()).metadata()).toMatchObject({ width: 96, height: 64 });
    }
  });
});
