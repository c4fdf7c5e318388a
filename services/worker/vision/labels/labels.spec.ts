import { measure } from './composition';
import { sortsOf } from './labels';
import { mergeBoxes } from './objects';

const landscape = { aspect: 1.5, grey: 0.2, contrast: 0.6, brightness: 0.7, flat: 0.1, lines: 0, text: 0 };
const face = (confidence: number, side: number) => ({ confidence, box: { x: 0, y: 0, width: side, height: side } });
const names = (...arguments_: Parameters<typeof sortsOf>) => sortsOf(...arguments_).map(({ name }) => name);

/** Pixels by a function of x and y. */
function picture(width: number, height: number, colour: (x: number, y: number) => [number, number, number]) {
  const pixels = Array.from({ length: width * height }, (_, at) => colour(at % width, Math.floor(at / width)));
  return { data: Uint8Array.from(pixels.flat()), width, height };
}

describe('the sort of a picture', () => {
  it('follows from its faces', () => {
    expect(names(landscape, [face(0.9, 0.3)])).toEqual(['portrait']);
    expect(names(landscape, [face(0.9, 0.05)])).toEqual([]); // a person far away
    expect(names(landscape, [face(0.9, 0.3), face(0.8, 0.3)])).toEqual([]);
    expect(names(landscape, [face(0.7, 0.1), face(0.9, 0.1), face(0.8, 0.1)])).toEqual(['group']);
  });

  it('follows from its shape and tones', () => {
    const stripes = measure(
      picture(160, 64, (x) => (x < 80 ? [30, 34, 30] : [220, 220, 224])),
      [],
    );
    expect(names(stripes, [])).toEqual(['panorama', 'black and white']);
    expect(
      names(
        measure(
          picture(64, 160, (x) => [x, 90, 200]),
          [],
        ),
        [],
      ),
    ).toEqual(['panorama']);
    expect(
      names(
        measure(
          picture(64, 64, () => [128, 128, 128]),
          [],
        ),
        [],
      ),
    ).toEqual([]); // one tone
    expect(names(landscape, [])).toEqual([]);
  });

  it('follows from its text: a photographed page, a rendered one, and a screen', () => {
    const page = { ...landscape, grey: 0.9, lines: 30, text: 0.3 };
    expect(names(page, [])).toEqual(['document']);
    expect(names({ ...page, aspect: Math.SQRT1_2, text: 0.2, flat: 0.7 }, [])).toEqual(['document']);
    expect(names({ ...page, flat: 0.7 }, [])).toEqual(['screenshot']);
    const terminal = { ...page, text: 0.6, flat: 0.4, brightness: 0.1, aspect: 3 };
    expect(names(terminal, [])).toEqual(['screenshot']);
    expect(names({ ...landscape, lines: 9, text: 0.1 }, [])).toEqual([]); // a photograph of signs
  });
});

const candidate = (view: number, score: number, x: number, width = 0.2) => ({
  view,
  score,
  box: { x, y: 0.2, width, height: 0.3 },
});

describe('boxes of one class in three views', () => {
  it('are merged where they overlap, and dropped where only one view has found them', () => {
    const boxes = mergeBoxes([
      candidate(0, 0.9, 0.1),
      candidate(1, 0.8, 0.12),
      candidate(2, 0.7, 0.11),
      candidate(0, 0.8, 0.6),
      candidate(2, 0.9, 0.61),
      candidate(1, 0.95, 0.35),
    ]);
    expect(boxes.map(({ x }) => x)).toEqual([0.1, 0.61]);
  });

  it('keep the best where the views disagree, and stay inside the picture', () => {
    expect(mergeBoxes([candidate(0, 0.6, 0.1), candidate(1, 0.8, 0.9)])).toEqual([
      { x: 0.9, y: 0.2, width: 0.1, height: 0.3 },
    ]);
    expect(mergeBoxes([])).toEqual([]);
  });
});
