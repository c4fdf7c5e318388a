/** An item of the file (ISO/IEC 14496-12, 8.11). */
export interface Item {
  type: string;
  data: Buffer;
  properties: Buffer[];
  references?: { type: string; to: Item[] };
  isHidden?: boolean;
}

/** Writes a file of items: the brand, the `meta` box (8.11.1), and the data. */
export function heifFile(brand: string, items: readonly Item[], primary: Item): Buffer {
  const fileType = box('ftyp', ascii(`${brand}\0\0\0\0mif1heic`));
  const infos = items.map((item, at) =>
    fullBox('infe', 2, item.isHidden ? 1 : 0, u16(at + 1), u16(0), ascii(`${item.type}\0`)),
  );
  const links = items.flatMap(({ references }, at) => {
    if (!references) return [];
    const to = references.to.map((item) => u16(items.indexOf(item) + 1));
    return [box(references.type, u16(at + 1), u16(to.length), ...to)];
  });
  const meta = (dataStart: number) =>
    fullBox(
      'meta',
      0,
      0,
      fullBox('hdlr', 0, 0, u32(0), ascii('pict'), Buffer.alloc(13)),
      fullBox('pitm', 0, 0, u16(items.indexOf(primary) + 1)),
      fullBox('iinf', 0, 0, u16(items.length), ...infos),
      fullBox('iref', 0, 0, ...links),
      propertiesOf(items),
      placesOf(items, dataStart),
    );
  const dataStart = fileType.length + meta(0).length + 8;
  return Buffer.concat([fileType, meta(dataStart), box('mdat', ...items.map(({ data }) => data))]);
}

/** The properties without which an item cannot be shown (ISO/IEC 23008-12, 6.5 and B.2.3). */
const ESSENTIAL = new Set(['hvcC', 'clap', 'irot']);

/** The different properties, and which of them each item has (8.11.14). */
function propertiesOf(items: readonly Item[]): Buffer {
  const keys = [
    ...new Set(items.flatMap(({ properties }) => properties.map((property) => property.toString('latin1')))),
  ];
  const uses = items.map(({ properties }, at) => {
    const numbers = properties.map((property) => {
      const flag = ESSENTIAL.has(property.toString('latin1', 4, 8)) ? 0x80 : 0;
      return flag | (keys.indexOf(property.toString('latin1')) + 1);
    });
    return Buffer.concat([u16(at + 1), Buffer.from([numbers.length, ...numbers])]);
  });
  return box('iprp', box('ipco', ...keys.map(ascii)), fullBox('ipma', 0, 0, u32(uses.length), ...uses));
}

/** Where the data of each item begins (8.11.3). */
function placesOf(items: readonly Item[], dataStart: number): Buffer {
  let offset = dataStart;
  const places = items.flatMap(({ data }, at) => {
    const start = offset;
    offset += data.length;
    return [u16(at + 1), u16(0), u16(1), u32(start), u32(data.length)];
  });
  return fullBox('iloc', 0, 0, Buffer.from([0x44, 0]), u16(items.length), ...places);
}

export const ascii = (text: string) => Buffer.from(text, 'latin1');

export function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A box of ISO/IEC 14496-12, 4.2. */
export function box(type: string, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([u32(8 + content.length), ascii(type), content]);
}

export const fullBox = (type: string, version: number, flags: number, ...parts: Buffer[]) =>
  box(type, u32(version * 0x100_0000 + flags), ...parts);

/** The first box of this type, wherever it is nested. */
export function boxIn(file: Buffer, type: string): Buffer {
  const start = file.indexOf(type) - 4;
  return file.subarray(start, start + file.readUInt32BE(start));
}
