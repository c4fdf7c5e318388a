import { type Box, clip, edit, readPicture, round, toPicture } from '../picture';
import { findTextAreas, GLANCE_SIDE } from '../text/areas';
import { type Composition, measure } from './composition';
import { type Face, findFaces } from './faces';
import { findObjects } from './objects';

/** What one picture shows. */
export interface PictureLabels {
  /** Best first. */
  labels: Array<{ name: string; confidence: number; boxes: Box[] }>;
  faces: number;
}

const PREVIEW_SIDE = 1_600;
/** What both networks see: they shrink it further. */
const MODEL_SIDE = 640;
/** Part of the picture that the face of a portrait covers. */
const PORTRAIT_AREA = 0.02;
const GROUP_FACES = 3;
/** Width by height, or the other way round. */
const PANORAMA_ASPECT = 2.2;
const GREY_PART = 0.99;
/** A picture of one tone is not black and white. */
const MIN_CONTRAST = 0.2;

/** What the model takes screens and pages for. */
const devices = new Set(['tv', 'laptop', 'cell phone', 'keyboard', 'remote', 'book', 'microwave']);

/** Names the objects of a preview or frame, counts its faces, and says of what sort it is. */
export async function labelPicture(path: string): Promise<PictureLabels> {
  const picture = await readPicture(path, PREVIEW_SIDE);
  const small = await toPicture(
    edit(picture).resize(MODEL_SIDE, MODEL_SIDE, { fit: 'inside', withoutEnlargement: true }),
  );
  const objects = await findObjects(small);
  const faces = await findFaces(small);
  const sorts = sortsOf(measure(picture, await findTextAreas(picture, GLANCE_SIDE)), faces);
  const isFlat = sorts.some(({ name }) => name === 'screenshot' || name === 'document');
  const real = objects.filter(({ name }) => !isFlat || !devices.has(name));
  const labels = [...real, ...sorts.map((sort) => ({ ...sort, boxes: [] }))];
  return {
    labels: labels
      .map((label) => ({ ...label, confidence: round(label.confidence), boxes: label.boxes.map(clip) }))
      .toSorted((a, b) => b.confidence - a.confidence),
    faces: faces.length,
  };
}

type Sort = { name: string; confidence: number };

/** The labels that need no model of objects. */
export function sortsOf(composition: Composition, faces: ReadonlyArray<Pick<Face, 'confidence' | 'box'>>): Sort[] {
  const { aspect, grey, contrast } = composition;
  const [first] = faces.toSorted((a, b) => b.confidence - a.confidence);
  const isPortrait = faces.length === 1 && first!.box.width * first!.box.height >= PORTRAIT_AREA;
  const drawn = drawnSort(composition);
  return [
    ...(isPortrait ? [{ name: 'portrait', confidence: first!.confidence }] : []),
    ...(faces.length >= GROUP_FACES ? [{ name: 'group', confidence: first!.confidence }] : []),
    ...(drawn ? [drawn] : []),
    ...(!drawn && Math.max(aspect, 1 / aspect) >= PANORAMA_ASPECT ? [{ name: 'panorama', confidence: 1 }] : []),
    ...(!drawn && grey >= GREY_PART && contrast >= MIN_CONTRAST ? [{ name: 'black and white', confidence: grey }] : []),
  ];
}

/** Of a screen: least lines and part of text, and of flat blocks; photographs of signs and posters have less. */
const SCREEN = { lines: 6, text: 0.08, flat: 0.25 };
/** Of a page: bright, grey and covered with text, less where it has the shape of paper or its texture. */
const PAGE = { grey: 0.8, brightness: 0.6, text: 0.4, shapedText: 0.12, texturedFlat: 0.2, texturedText: 0.2 };
/** Height by width of A4 and Letter, within 3 %. */
const PAGE_ASPECTS = [Math.SQRT2, 11 / 8.5];

/** Tells a page (scanned, photographed or rendered) from a screen. */
function drawnSort({ aspect, flat, lines, text, grey, brightness }: Composition): Sort | null {
  const isPageShaped = PAGE_ASPECTS.some((page) => Math.abs(1 / aspect / page - 1) < 0.03);
  const isFullOfText =
    text >= PAGE.text ||
    (isPageShaped && text >= PAGE.shapedText) ||
    (flat < PAGE.texturedFlat && text >= PAGE.texturedText);
  if (lines >= SCREEN.lines && isFullOfText && grey >= PAGE.grey && brightness >= PAGE.brightness)
    return { name: 'document', confidence: Math.min(1, 0.6 + text) };
  const isScreen = lines >= SCREEN.lines && text >= SCREEN.text && flat >= SCREEN.flat;
  return isScreen ? { name: 'screenshot', confidence: Math.min(1, 0.6 + flat / 2) } : null;
}
