import { type Box, clip, readPicture, round } from '../picture';
import { boundsOf, findTextAreas, GLANCE_SIDE, type TextArea } from './areas';
import { recognise } from './recognise';
import { cutStrip } from './strip';

export interface TextLine {
  text: string;
  confidence: number;
  box: Box;
}

const LONGEST_SIDE = 2_000;
/** The longest side that the detection sees; more finds hardly more text in previews. */
const DETECTION_SIDE = 960;
/** Below, most is not text, but a pattern. */
const MIN_CONFIDENCE = 0.75;
/** A page of a book has about 50. */
const MAX_LINES = 150;

/** Reads the text of a picture, in the order of reading. */
export async function readText(path: string): Promise<TextLine[]> {
  const picture = await readPicture(path, LONGEST_SIDE);
  // most photographs have no text, which a quarter of the CPU time tells
  if ((await findTextAreas(picture, GLANCE_SIDE)).length === 0) return [];
  const areas = await findTextAreas(picture, DETECTION_SIDE);
  const lines: TextLine[] = [];
  for (const area of inReadingOrder(areas).slice(0, MAX_LINES)) {
    const strip = await cutStrip(picture, area);
    if (!strip) continue;
    const { text, confidence } = await recognise(strip);
    if (text && confidence > MIN_CONFIDENCE)
      lines.push({ text, confidence: round(confidence), box: clip(boundsOf(area, picture)) });
  }
  return lines;
}

/** From top to bottom; areas of about the same height from left to right. */
export function inReadingOrder(areas: readonly TextArea[]): TextArea[] {
  const rows: TextArea[][] = [];
  for (const area of areas.toSorted((a, b) => a.centre.y - b.centre.y)) {
    const row = rows.at(-1);
    if (row && area.centre.y - row[0]!.centre.y < Math.min(row[0]!.height, area.height) / 2) row.push(area);
    else rows.push([area]);
  }
  return rows.flatMap((row) => row.toSorted((a, b) => a.centre.x - b.centre.x));
}
