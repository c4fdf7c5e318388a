import { processByTools } from '../limits/bare-tools';
import { median, type Row } from '../report';
import { alternate, newClient, processAll, type Input, type Subject } from '../subject';

/** Clips or sounds by four clients, and in alternation by ffmpeg and sharp alone, two at a time. */
export async function clipsOrSounds(
  subject: Subject,
  inputs: readonly Input[],
  { count, rounds }: { count: number; rounds: number },
): Promise<Row[]> {
  const api = await newClient(subject);
  await processAll(subject, api, inputs, 1); // starts an analysis process
  const measured = await alternate(rounds, {
    ours: async () => (await processAll(subject, api, inputs, count)).seconds,
    limit: () => processByTools(inputs, count),
  });
  const [ours, limit] = [median(measured.ours), median(measured.limit)];
  return [
    {
      what: `${count} files, first byte → last completed`,
      product: `${ours.toFixed(1)} s`,
      limit: `${limit.toFixed(1)} s by bare tools`,
      value: limit / ours,
      goal: { atLeast: 0.8 },
    },
  ];
}
