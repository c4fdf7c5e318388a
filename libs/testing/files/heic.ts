import sharp, { type Exif } from 'sharp';
import { makeMp4 } from './fixtures';
import { ascii, box, boxIn, fullBox, heifFile, u16, u32, type Item } from './heif-file';

type Size = readonly [width: number, height: number];

export interface HeicOptions {
  size?: Size;
  /** Colour of the whole picture, e.g. `0xc8503c`; default are four quarters. */
  colour?: string;
  /** The major brand, e.g. `mif1`; `heic` is always a compatible one. */
  brand?: string;
  /** Columns and rows of a grid, as phones write it; each tile is a coded picture. */
  grid?: readonly [columns: number, rows: number];
  /** Quarter turns counterclockwise (`irot`). */
  rotation?: 0 | 1 | 2 | 3;
  /** The size to which the picture is cropped around its centre (`clap`), before it is rotated. */
  crop?: Size;
  bits?: 8 | 10;
  /** EXIF blocks as sharp takes them. */
  exif?: Exif;
  /** Orientation, in EXIF alone. */
  orientation?: number;
  icc?: Buffer;
  /** A smaller grey picture before the primary one: an image of its own, or the depth map or alpha of that one. */
  extra?: 'image' | 'depth' | 'alpha';
  /** How many derived images (`iden`) the primary one is wrapped in. */
  nesting?: number;
  /** The size in the header, where it is not the real one. */
  statedSize?: Size;
}

/**
 * Makes a HEIC (ISO/IEC 23008-12), 96x64 by default, of four quarters: red and lime above, blue and white below.
 * ffmpeg codes the pictures; the boxes are written here, since neither ffmpeg nor sharp writes HEIC.
 */
export async function makeHeic(options: HeicOptions = {}): Promise<Buffer> {
  const { size = [96, 64], grid = [1, 1], statedSize = size, brand = 'heic' } = options;
  const tileSize: Size = [size[0] / grid[0], size[1] / grid[1]];
  const isGrid = grid[0] * grid[1] > 1;
  const tiles = (
    await codePictures(options.colour ? plain(size, options.colour) : quarters(size), options.bits, grid)
  ).map(({ setup, data }) => hevcItem(setup, data, isGrid ? tileSize : statedSize));
  const primary: Item = isGrid
    ? { type: 'grid', data: gridOf(grid, statedSize), properties: [sizeOf(statedSize)] }
    : tiles.pop()!;
  for (const tile of tiles) tile.isHidden = true;
  if (isGrid) primary.references = { type: 'dimg', to: tiles };
  primary.properties.push(...displayOf(options));
  const items = [...(await extraItems(options, primary)), ...tiles, primary, ...(await exifItems(options, primary))];
  for (let depth = 0; depth < (options.nesting ?? 0); depth += 1)
    items.push({
      type: 'iden',
      data: u32(0),
      properties: [sizeOf(size)],
      references: { type: 'dimg', to: items.slice(-1) },
    });
  const shown = options.nesting ? items.at(-1)! : primary;
  return heifFile(brand, items, shown);
}

const plain = ([width, height]: Size, colour: string) => `color=${colour}:s=${width}x${height}:r=25`;

const quarters = (size: Size) =>
  [
    plain(size, 'white'),
    'drawbox=0:0:iw/2:ih/2:red:fill',
    'drawbox=iw/2:0:iw/2:ih/2:lime:fill',
    'drawbox=0:ih/2:iw/2:ih/2:blue:fill',
  ].join(',');

/** Codes one picture as the tiles of a grid; `setup` is the `hvcC` box, `data` the access unit. */
async function codePictures(picture: string, bits = 8, [columns, rows]: readonly [number, number] = [1, 1]) {
  const count = columns * rows;
  const mp4 = await makeMp4({
    picture: count > 1 ? `${picture},untile=${columns}x${rows}` : picture,
    seconds: 0.04,
    audioTracks: 0,
    videoCodec: 'libx265',
    pixelFormat: bits === 10 ? 'yuv420p10' : 'yuv420p',
    output: ['-frames:v', String(count), '-x265-params', 'log-level=none:keyint=1:info=0'],
  });
  const setup = boxIn(mp4, 'hvcC');
  const sizes = boxIn(mp4, 'stsz');
  const same = sizes.readUInt32BE(12);
  let offset = mp4.indexOf('mdat') + 4;
  return Array.from({ length: count }, (_, at) => {
    const end = offset + (same || sizes.readUInt32BE(20 + 4 * at));
    const data = mp4.subarray(offset, end);
    offset = end;
    return { setup, data };
  });
}

const hevcItem = (setup: Buffer, data: Buffer, size: Size): Item => ({
  type: 'hvc1',
  data,
  properties: [setup, sizeOf(size), VIDEO_COLOURS],
});

async function extraItems({ extra, size = [96, 64] }: HeicOptions, primary: Item): Promise<Item[]> {
  if (!extra) return [];
  const extraSize: Size = extra === 'alpha' ? size : [size[0] / 2, size[1] / 2];
  const [coded] = await codePictures(plain(extraSize, 'gray'));
  const item = hevcItem(coded!.setup, coded!.data, extraSize);
  if (extra === 'image') return [item];
  item.properties.push(fullBox('auxC', 0, 0, ascii(AUXILIARY_TYPES[extra])));
  return [{ ...item, references: { type: 'auxl', to: [primary] } }];
}

async function exifItems({ exif, orientation }: HeicOptions, primary: Item): Promise<Item[]> {
  if (!exif && !orientation) return [];
  const jpeg = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#000' } })
    .withExif(exif ?? {})
    .withMetadata(orientation ? { orientation } : {})
    .jpeg()
    .toBuffer();
  const block = (await sharp(jpeg).metadata()).exif!; // `Exif\0\0`, then TIFF
  const data = Buffer.concat([u32(6), block]);
  return [{ type: 'Exif', data, properties: [], references: { type: 'cdsc', to: [primary] } }];
}

/** The properties that say how the decoded picture is displayed, in the order in which they apply. */
function displayOf({ icc, crop, rotation }: HeicOptions): Buffer[] {
  const shown: Buffer[] = [];
  if (icc) shown.push(box('colr', ascii('prof'), icc));
  if (crop) shown.push(box('clap', ...[crop[0], 1, crop[1], 1, 0, 1, 0, 1].map(u32)));
  if (rotation) shown.push(box('irot', Buffer.from([rotation])));
  return shown;
}

const sizeOf = ([width, height]: Size) => fullBox('ispe', 0, 0, u32(width), u32(height));

/** An `ImageGrid` of 32-bit sizes (ISO/IEC 23008-12, 6.6.2.3). */
const gridOf = ([columns, rows]: readonly [number, number], [width, height]: Size) =>
  Buffer.concat([Buffer.from([0, 1, rows - 1, columns - 1]), u32(width), u32(height)]);

/** Of HEVC (ISO/IEC 23008-12, B.4.2). */
const AUXILIARY_TYPES = { alpha: 'urn:mpeg:hevc:2015:auxid:1\0', depth: 'urn:mpeg:hevc:2015:auxid:2\0' };

/** What ffmpeg makes of RGB: BT.601, limited range. */
const VIDEO_COLOURS = box('colr', ascii('nclx'), u16(1), u16(13), u16(6), Buffer.from([0]));
