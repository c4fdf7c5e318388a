/* oxlint-disable no-underscore-dangle -- emscripten exports the functions of C under such names */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { MainModule } from 'libheif-js/libheif-wasm/libheif.js';
import { MediaFailure } from '../media-failure';

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
/** What libheif itself may allocate; the decoder of HEVC needs about a third of it in addition. */
const MAX_MEMORY_BYTES = 600 * 1024 ** 2;

/** A decoded picture. `data` is a view of the decoder's memory, which lives as long as the view. */
export interface DecodedPicture {
  data: Uint8Array;
  width: number;
  height: number;
  channels: 3 | 4;
  /** The ICC profile of the pixels. */
  icc: Buffer | null;
}

/**
 * Decodes the primary image of a HEIC to 8 bits per channel: cropped and rotated as its container says. Depth maps,
 * thumbnails and further images are ignored. Blocks the process for as long as it takes.
 * @throws {MediaFailure}
 */
export async function decodePrimaryImage(path: string, maxPixels: number): Promise<DecodedPicture> {
  // loaded only when a HEIC arrives; its types describe the ES module beside it, which has no separate .wasm file
  const { default: libheif } = (await import('libheif-js/libheif-wasm/libheif.js')) as unknown as LibheifModule;
  return new Decoder(libheif()).decode(path, maxPixels);
}

/** One instance of the WebAssembly module for one file: nothing is freed, since its memory is dropped as a whole. */
class Decoder {
  /** Where functions write their error and a result. */
  private readonly error: number;
  private readonly result: number;

  constructor(private readonly lib: MainModule) {
    this.error = lib._malloc(12);
    this.result = lib._malloc(4);
  }

  decode(path: string, maxPixels: number): DecodedPicture {
    const handle = this.open(path, maxPixels);
    const { lib } = this;
    if (lib._heif_image_handle_get_width(handle) * lib._heif_image_handle_get_height(handle) > maxPixels)
      throw new MediaFailure('too_complex', 'too many pixels');
    const channels = lib._heif_image_handle_has_alpha_channel(handle) ? 4 : 3;
    const chroma = channels === 4 ? CHROMA_INTERLEAVED_RGBA : CHROMA_INTERLEAVED_RGB;
    const icc = this.profile(handle);
    lib._heif_decode_image(this.error, handle, this.result, COLORSPACE_RGB, chroma, 0);
    this.check();
    return { ...this.pixels(this.number(this.result), channels), channels, icc };
  }

  /** Reads the file and returns the handle of its primary image. */
  private open(path: string, maxPixels: number): number {
    const { lib } = this;
    const context = lib._heif_context_alloc();
    const limits = lib._heif_context_get_security_limits(context);
    this.view().setBigUint64(limits + MAX_IMAGE_SIZE_PIXELS, BigInt(maxPixels), true);
    this.view().setBigUint64(limits + MAX_TOTAL_MEMORY, BigInt(MAX_MEMORY_BYTES), true);
    lib._heif_context_set_max_decoding_threads(context, 0);
    const { start, bytes } = this.load(path);
    lib._heif_context_read_from_memory_without_copy(this.error, context, start, bytes, 0);
    this.check();
    lib._heif_context_get_primary_image_handle(this.error, context, this.result);
    this.check();
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

  private profile(handle: number): Buffer | null {
    const { lib } = this;
    const bytes = lib._heif_image_handle_get_raw_color_profile_size(handle);
    if (bytes === 0) return null;
    const start = lib._malloc(bytes);
    lib._heif_image_handle_get_raw_color_profile(this.error, handle, start);
    this.check();
    return Buffer.from(this.heap().slice(start, start + bytes));
  }

  /** The rows of an image, moved together in place: libheif pads each of them. */
  private pixels(image: number, channels: number): Pick<DecodedPicture, 'data' | 'width' | 'height'> {
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

  /** @throws {MediaFailure} when the last function has failed */
  private check(): void {
    const code = this.number(this.error);
    if (code === 0) return;
    const subcode = this.number(this.error + 4);
    const detail = `libheif ${code}/${subcode} ${this.text(this.number(this.error + 8))}`;
    if (code === MEMORY_ALLOCATION_ERROR) throw new MediaFailure('too_complex', detail);
    if (UNSUPPORTED.has(code)) throw new MediaFailure('unsupported_codec', detail);
    const isCut = code === INVALID_INPUT && subcode === END_OF_DATA;
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
