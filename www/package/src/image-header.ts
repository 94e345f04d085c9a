/** What a file's first bytes tell: whether the engine decodes such files, and how large the picture is. */

export interface Header {
  /** Whether it is a JPEG, PNG, WebP or GIF, which the engine decodes. */
  known: boolean;
  /** Width times height, if it is in these bytes. */
  pixels: number | undefined;
}

export function lookAt(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (starts(bytes, 0, [0xff, 0xd8, 0xff])) return { known: true, pixels: jpeg(view) };
    if (starts(bytes, 0, [0x89, 0x50, 0x4e, 0x47])) {
      return { known: true, pixels: view.getUint32(16) * view.getUint32(20) };
    }
    if (starts(bytes, 0, [0x47, 0x49, 0x46, 0x38])) {
      return { known: true, pixels: view.getUint16(6, true) * view.getUint16(8, true) };
    }
    if (starts(bytes, 0, ascii("RIFF")) && starts(bytes, 8, ascii("WEBP"))) {
      return { known: true, pixels: webp(bytes, view) };
    }
  } catch (error) {
    // The file ends within its header.
    if (!(error instanceof RangeError)) throw error;
    return { known: true, pixels: undefined };
  }
  return { known: false, pixels: undefined };
}

/** The frame's size is in the first start-of-frame segment, behind metadata of any length. */
function jpeg(view: DataView): number | undefined {
  for (let at = 2; at + 9 < view.byteLength;) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    // C4, C8 and CC lie in the same range, but are tables.
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) return view.getUint16(at + 5) * view.getUint16(at + 7);
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

function webp(bytes: Uint8Array, view: DataView): number | undefined {
  if (starts(bytes, 12, ascii("VP8X"))) {
    const sizes = (at: number) => (view.getUint16(at, true) | (view.getUint8(at + 2) << 16)) + 1;
    return sizes(24) * sizes(27);
  }
  if (starts(bytes, 12, ascii("VP8L"))) {
    const bits = view.getUint32(21, true);
    return ((bits & 0x3fff) + 1) * (((bits >> 14) & 0x3fff) + 1);
  }
  if (starts(bytes, 12, ascii("VP8 "))) {
    return (view.getUint16(26, true) & 0x3fff) * (view.getUint16(28, true) & 0x3fff);
  }
  return undefined;
}

function starts(bytes: Uint8Array, at: number, expected: readonly number[]): boolean {
  return expected.every((byte, i) => bytes[at + i] === byte);
}

function ascii(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}
