import type { Media, MediaList } from '#contracts';
import { EventReader, eventually, makeMp4, startStandalone, type ApiClient, type Stack } from '#testing';

const positions = (media: Media[]) => media.map(({ queue }) => queue?.position ?? null);

describe('waiting for a worker', () => {
  let stack: Stack;
  let api: ApiClient;
  beforeAll(async () => {
    stack = await startStandalone({ workers: 0 });
    ({ api } = await stack.newUser());
  });
  afterAll(() => stack.stop());

  const inOrder = async () => (await api.expect<MediaList>(200, 'GET', '/api/media')).items.toReversed();

  it('shows the position and an estimate in seconds, which fall while a worker runs and end with null', async () => {
    // about a second of work each
    const bytes = new Uint8Array(await makeMp4({ seconds: 4, width: 640, height: 360, videoCodec: 'mpeg4' }));
    const stream = await EventReader.open(api);
    for (let number = 0; number < 5; number += 1) await api.upload(bytes, { filename: `${number}.mp4` });
    const waiting = await eventually(inOrder, (media) => positions(media).join() === '0,1,2,3,4');
    for (const { queue } of waiting) {
      const [low, high] = queue!.etaSeconds;
      expect([low >= 0, low < high, Number.isFinite(high)]).toEqual([true, true, true]);
    }
    expect((await api.media(waiting[4]!.id)).queue).toMatchObject({ position: 4 });
    const events = await stream.until((all) => all.filter(({ event }) => event === 'media').length >= 5);
    expect(events.filter(({ event }) => event === 'media').every(({ data }) => (data as Media).queue)).toBe(true);
    await stream.close();

    await stack.processes!.startWorker();
    const seen: number[] = [];
    const last = await eventually(
      async () => (await inOrder())[4]!,
      ({ status, queue }) => {
        if (status === 'uploaded') seen.push(queue!.position);
        return status === 'completed';
      },
      60_000,
    );
    expect(seen.some((position) => position < 4)).toBe(true);
    expect(seen).toEqual(seen.toSorted((a, b) => b - a)); // never rises
    expect(last.queue).toBeNull();
    expect(positions(await inOrder())).toEqual([null, null, null, null, null]);
  }, 120_000);

  it('estimates from the durations of past jobs', async () => {
    const bytes = new Uint8Array(await makeMp4({ seconds: 4, width: 640, height: 360, videoCodec: 'mpeg4' }));
    const [worker] = stack.processes!.workers;
    await worker!.stop();
    const { id } = await api.upload(bytes, { filename: 'another.mp4' });
    const { queue } = await eventually(
      () => api.media(id),
      (media) => media.queue !== null,
    );
    expect(queue!.etaSeconds[1]).toBeLessThan(60); // without past jobs, the estimate for a video is 600
  }, 60_000);
});
