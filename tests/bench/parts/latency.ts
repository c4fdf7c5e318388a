import type { ApiClient } from '#testing';
import { atOurSizes, processBySharp } from '../limits/bare-sharp';
import { median, type Row } from '../report';
import { alternate, newClient, secondsOf, type Input, type Subject } from '../subject';
import { EventTimes } from './event-times';

/** What the way through HTTP, queue and stores may take beside the picture. */
const OVERHEAD_MS = 50;

/** One photograph at a time, from the request until its thumbnail is received, as a page does it. */
export async function latency(subject: Subject, [photograph]: readonly Input[], runs: number): Promise<Row[]> {
  const api = await newClient(subject);
  const events = await EventTimes.open(api);
  const upload = () => untilThumbnail(api, events, photograph!);
  await upload(); // starts the analysis process
  const measured = await alternate(runs, {
    ours: () => secondsOf(upload),
    limit: async () => (await processBySharp(atOurSizes, [photograph!], 1)).seconds,
  });
  await events.close();
  const [ours, limit] = [median(measured.ours) * 1_000, median(measured.limit) * 1_000];
  return [
    {
      what: `request → thumbnail, p50 of ${runs}; compared without ${OVERHEAD_MS} ms`,
      product: `${ours.toFixed(0)} ms`,
      limit: `${limit.toFixed(0)} ms by bare sharp`,
      value: (ours - OVERHEAD_MS) / limit,
      goal: { atMost: 1.5 },
    },
  ];
}

async function untilThumbnail(api: ApiClient, events: EventTimes, { filename, bytes }: Input): Promise<void> {
  const { id } = await api.upload(bytes, { filename });
  await events.completed(id);
  const thumbnail = await api.fetch('GET', `/api/media/${id}/thumbnail`);
  if (thumbnail.status !== 200) throw new Error(`Expected the thumbnail, but received ${thumbnail.status}`);
  await thumbnail.arrayBuffer();
}
