import type { BoundingBox, Label, ModerationLabel, TextDetection } from '@aws-sdk/client-rekognition';
import type { AnalyserResults } from '#contracts';
import type { AwsAccess } from './call';
import { AwsPictures, type Frame } from './pictures';

type Labels = AnalyserResults['labels']['labels'];
type Lines = AnalyserResults['text']['lines'];
type Box = NonNullable<Lines[number]['box']>;

/** The same as of the local analyser; Rekognition's own default is 55. */
const LEAST_CONFIDENCE_PERCENT = 65;
const MAX_LABELS = 20;
/**
 * The categories that hide a picture (https://docs.aws.amazon.com/rekognition/latest/dg/moderation-api.html); alcohol,
 * gambling or swimwear do not. Responses contain them beside each of their subcategories.
 */
const FLAGGED = new Set([
  'Explicit',
  'Non-Explicit Nudity of Intimate parts and Kissing',
  'Violence',
  'Visually Disturbing',
  'Hate Symbols',
]);

/** Objects and scenes. Faces are not looked for: that would be another request. */
export const awsLabels = (access: AwsAccess) =>
  new AwsPictures<'labels', Label[]>(access, {
    operation: 'DetectLabels',
    model: 'Rekognition DetectLabels',
    async send(client, Image, abortSignal) {
      const { DetectLabelsCommand } = await import('@aws-sdk/client-rekognition');
      const command = new DetectLabelsCommand({
        Image,
        MaxLabels: MAX_LABELS,
        MinConfidence: LEAST_CONFIDENCE_PERCENT,
      });
      return (await client.send(command, { abortSignal })).Labels ?? [];
    },
    toResult: (frames) => ({ labels: mergeLabels(frames), faces: null }),
  });

/** Whether a picture should be hidden until it is asked for. */
export const awsModeration = (access: AwsAccess) =>
  new AwsPictures<'moderation', ModerationLabel[]>(access, {
    operation: 'DetectModerationLabels',
    model: 'Rekognition DetectModerationLabels',
    async send(client, Image, abortSignal) {
      const { DetectModerationLabelsCommand } = await import('@aws-sdk/client-rekognition');
      const command = new DetectModerationLabelsCommand({ Image, MinConfidence: LEAST_CONFIDENCE_PERCENT });
      return (await client.send(command, { abortSignal })).ModerationLabels ?? [];
    },
    toResult: (frames) => {
      const categories = best(frames.flatMap(({ found }) => found.map(named)));
      return { flagged: categories.some(({ name }) => FLAGGED.has(name)), categories };
    },
  });

/** Text in pictures: Latin letters, at most 100 words a picture. */
export const awsText = (access: AwsAccess) =>
  new AwsPictures<'text', TextDetection[]>(access, {
    operation: 'DetectText',
    model: 'Rekognition DetectText',
    async send(client, Image, abortSignal) {
      const { DetectTextCommand } = await import('@aws-sdk/client-rekognition');
      return (await client.send(new DetectTextCommand({ Image }), { abortSignal })).TextDetections ?? [];
    },
    toResult: (frames) => ({ language: null, lines: mergeLines(frames) }),
  });

const within = (part: number) => Math.min(Math.max(part, 0), 1);
const toPart = (percent = 0) => within(percent / 100);
const named = ({ Name = '', Confidence }: { Name?: string; Confidence?: number }) => ({
  name: Name,
  confidence: toPart(Confidence),
});

/** The highest confidence of each name, best first. */
function best(found: Array<{ name: string; confidence: number }>): Array<{ name: string; confidence: number }> {
  const byName = new Map<string, number>();
  for (const { name, confidence } of found) byName.set(name, Math.max(confidence, byName.get(name) ?? 0));
  return [...byName]
    .map(([name, confidence]) => ({ name, confidence }))
    .toSorted((a, b) => b.confidence - a.confidence);
}

/** Each label once, in small letters as those of the local analyser; boxes of an image only. */
function mergeLabels(frames: Array<Frame<Label[]>>): Labels {
  const found = frames.flatMap(({ atSeconds, found: labels }) =>
    labels.map((label) => ({ ...named({ ...label, Name: label.Name?.toLowerCase() }), label, atSeconds })),
  );
  return best(found).map(({ name, confidence }) => {
    const same = found.filter((each) => each.name === name);
    const boxes = same.flatMap(({ label, atSeconds }) => (atSeconds === null ? (label.Instances ?? []) : []));
    return {
      name,
      confidence,
      boxes: boxes.flatMap(({ BoundingBox: box }) => (box ? [toBox(box)] : [])),
      atSeconds: same.flatMap(({ atSeconds }) => (atSeconds === null ? [] : [atSeconds])),
    };
  });
}

/** A line that stands in several frames of a film counts once, where it is first seen. */
function mergeLines(frames: Array<Frame<TextDetection[]>>): Lines {
  const lines = new Map<string, Lines[number]>();
  for (const { atSeconds, found } of frames)
    for (const { Type, DetectedText: text = '', Confidence, Geometry } of found) {
      if (Type !== 'LINE' || lines.has(text)) continue;
      const box = Geometry?.BoundingBox ? toBox(Geometry.BoundingBox) : null;
      lines.set(text, { text, confidence: toPart(Confidence), box, atSeconds });
    }
  return [...lines.values()];
}

/** Boxes may reach beyond the edges of the picture. */
function toBox({ Left = 0, Top = 0, Width = 0, Height = 0 }: BoundingBox): Box {
  const [x, y] = [within(Left), within(Top)];
  return { x, y, width: within(Left + Width) - x, height: within(Top + Height) - y };
}
