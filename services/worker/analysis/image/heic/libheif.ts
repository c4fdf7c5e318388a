/* oxlint-disable no-underscore-dangle -- emscripten exports the functions of C under such names */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { MainModule } from 'libheif-js/libheif-wasm/libheif.js';
import { MediaFailure } from '../../media-failure';

interface LibheifModule {
  default: () => MainModule;
}

/** Values of libheif's C interface (heif_error.h, heif_image.h). */
const INVALID_INPUT = 2;
const MEMORY_ALLOCATION_ERROR = 6; // also: a security limit is exceeded
const UNSUPPORTED = new Set([3, 4, 11]); // file type, feature, and no decoder for the codec
const END_OF_DATA = 100;
const COLORSPACE_RGB = 1;
const CHROMA_INTERLEAVED_RGB = 10;
const CHROMA_INTERLEAVED_RGBA = 11;
const CHANNEL_INTERLEAVED = 10;
/** Offsets in `heif_security_limits`, version 2 and later: two numbers of 64 bits. */
const MAX_IMAGE_SIZE_PIXELS = 8;
const MAX_TOTAL_MEMORY = 64;

/** A photograph of 48 megapixels has up to 15 MB, and some phones append the film of a "motion photo". */
const MAX_FILE_BYTES = 128 * 1024 ** 2;
/** What libheif may allocate, except the decoder of HEVC, which needs about a third of it in addition. */
const MAX_MEMORY_BYTES = 600 * 1024 ** 2;

/** A decoded picture. `data` is a view of the decoder's memory, which lives as long as the view. */
export interface DecodedPicture {
  data: Uint8Array;
  width: number;
  height: number;
  channels: 3 | 4;
}

/**
 * The primary image of a HEIC. Depth maps, thumbnails and further images of the file are ignored. Each file gets an
 * instance of the WebAssembly module, so nothing is freed: its memory is dropped as a whole. Every method blocks the
 * process and throws a {@link MediaFailure} for a bad file.
 */
export class PrimaryImage {
  /** Where functions write their error and a result. */
  private readonly error: number;
  private readonly result: number;
  private handle = 0;

  private constructor(private readonly lib: MainModule) {
    this.error = lib._malloc(12);
    this.result = lib._malloc(4);
  }

  /** @throws {MediaFailure} */
  static async open(path: string, maxPixels: number): Promise<PrimaryImage> {
    // loaded only when a HEIC arrives; its types describe another module than Node returns for this CommonJS file
    const { default: libheif } = (await import('libheif-js/libheif-wasm/libheif.js')) as unknown as LibheifModule;
    const image = new PrimaryImage(libheif());
    image.handle = image.read(path, maxPixels);
    const [width, height] = image.size();
    if (width < 1 || height < 1) throw new MediaFailure('invalid_media', `${width}x${height}`);
    if (width * height > maxPixels) throw new MediaFailure('too_complex', `${width}x${height} of HEIC`);
    return image;
  }

  /** Width and height in pixels as displayed: cropped and rotated. */
  size(): [number, number] {
    const { lib, handle } = this;
    return [lib._heif_image_handle_get_width(handle), lib._heif_image_handle_get_height(handle)];
  }

  hasAlpha(): boolean {
    return this.lib._heif_image_handle_has_alpha_channel(this.handle) !== 0;
  }

  bitsPerSample(): number {
    return this.lib._heif_image_handle_get_luma_bits_per_pixel(this.handle);
  }

  /** The ICC profile, if it has one. */
  profile(): Buffer | undefined {
    const { lib, handle, error } = this;
    const bytes = lib._heif_image_handle_get_raw_color_profile_size(handle);
    return bytes === 0
      ? undefined
      : this.copied(bytes, (start) => lib._heif_image_handle_get_raw_color_profile(error, handle, start));
  }

  /** The EXIF block, if it has one, from its TIFF header (ISO/IEC 23008-12, A.2.1). */
  exif(): Buffer | undefined {
    const { lib, handle, error } = this;
    const filter = lib._malloc(5);
    this.heap().set(Buffer.from('Exif\0'), filter);
    if (lib._heif_image_handle_get_list_of_metadata_block_IDs(handle, filter, this.result, 1) === 0) return undefined;
    const id = this.number(this.result);
    const bytes = lib._heif_image_handle_get_metadata_size(handle, id);
    const block = this.copied(bytes, (start) => lib._heif_image_handle_get_metadata(error, handle, id, start));
    return block.length > 4 ? block.subarray(4 + block.readUInt32BE(0)) : undefined;
  }

  /** Decodes it to 8 bits per channel. */
  decode(): DecodedPicture {
    const channels = this.hasAlpha() ? 4 : 3;
    const chroma = channels === 4 ? CHROMA_INTERLEAVED_RGBA : CHROMA_INTERLEAVED_RGB;
    this.call(() => this.lib._heif_decode_image(this.error, this.handle, this.result, COLORSPACE_RGB, chroma, 0));
    return { ...this.pixels(this.number(this.result), channels), channels };
  }

  /** Reads the file and returns the handle of its primary image. */
  private read(path: string, maxPixels: number): number {
    const { lib, error } = this;
    const context = lib._heif_context_alloc();
    const limits = lib._heif_context_get_security_limits(context);
    this.view().setBigUint64(limits + MAX_IMAGE_SIZE_PIXELS, BigInt(maxPixels), true);
    this.view().setBigUint64(limits + MAX_TOTAL_MEMORY, BigInt(MAX_MEMORY_BYTES), true);
    lib._heif_context_set_max_decoding_threads(context, 0);
    const { start, bytes } = this.load(path);
    this.call(() => lib._heif_context_read_from_memory_without_copy(error, context, start, bytes, 0));
    this.call(() => lib._heif_context_get_primary_image_handle(error, context, this.result));
    return this.number(this.result);
  }

  /** Reads a file into the memory of the module. */
  private load(path: string): { start: number; bytes: number } {
    const file = openSync(path, 'r');
    try {
      const bytes = fstatSync(file).size;
      if (bytes > MAX_FILE_BYTES) throw new MediaFailure('too_complex', `${bytes} bytes of HEIC`);
      const start = this.lib._malloc(bytes);
      for (let at = 0; at < bytes;) at += readSync(file, this.heap(), start + at, bytes - at, at);
      return { start, bytes };
    } finally {
      closeSync(file);
    }
  }

  /** The bytes that a function writes. */
  private copied(bytes: number, write: (start: number) => void): Buffer {
    const start = this.lib._malloc(bytes);
    this.call(() => write(start));
    return Buffer.from(this.heap().slice(start, start + bytes));
  }

  /** The rows of an image, moved together in place: libheif pads each of them. */
  private pixels(image: number, channels: number): Omit<DecodedPicture, 'channels'> {
    const { lib } = this;
    const start = lib._heif_image_get_plane_readonly2(image, CHANNEL_INTERLEAVED, this.result);
    const stride = this.number(this.result);
    const width = lib._heif_image_get_width(image, CHANNEL_INTERLEAVED);
    const height = lib._heif_image_get_height(image, CHANNEL_INTERLEAVED);
    const heap = this.heap();
    const rowBytes = width * channels;
    for (let row = 1; row < height; row += 1)
      heap.copyWithin(start + row * rowBytes, start + row * stride, start + row * stride + rowBytes);
    return { data: heap.subarray(start, start + height * rowBytes), width, height };
  }

  /** Calls a function of libheif that writes its error. @throws {MediaFailure} when it fails or crashes */
  private call(work: () => void): void {
    try {
      work();
    } catch (error) {
      // e.g. too deep a recursion through images that refer to each other: this instance is unusable, not the process
      throw new MediaFailure('invalid_media', `libheif crashed: ${String(error)}`);
    }
    const code = this.number(this.error);
    if (code === 0) return;
    const subcode = this.number(this.error + 4);
    const detail = `libheif ${code}/${subcode} ${this.text(this.number(this.error + 8))}`;
    if (code === MEMORY_ALLOCATION_ERROR) throw new MediaFailure('too_complex', detail);
    if (UNSUPPORTED.has(code)) throw new MediaFailure('unsupported_codec', detail);
    const isCut = code === INVALID_INPUT && (subcode === END_OF_DATA || detail.includes('Cannot read full'));
    throw new MediaFailure(isCut ? 'truncated_media' : 'invalid_media', detail);
  }

  /** Read at each use: it is replaced when the memory grows. */
  private heap(): Uint8Array {
    return this.lib.HEAPU8 as Uint8Array;
  }

  private view(): DataView {
    return new DataView(this.heap().buffer);
  }

  private number(address: number): number {
    return this.view().getUint32(address, true);
  }

  private text(start: number): string {
    const end = this.heap().indexOf(0, start);
    return Buffer.from(this.heap().subarray(start, end)).toString('latin1');
  }
}
