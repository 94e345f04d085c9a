/** Image files that the tests make: of formats and with metadata that the sample photos do not have. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A sample photo. */
export function sample(name: string): Buffer {
  const path = `../../demo/public/samples/${name}.jpg`;
  return readFileSync(fileURLToPath(new URL(path, import.meta.url)));
}

/** A BMP with a gradient: browsers read it, the engine does not. */
export function bmp(width: number, height: number): Buffer {
  const stride = Math.ceil((width * 3) / 4) * 4;
  const file = Buffer.alloc(54 + stride * height);
  file.write("BM");
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      file.set([4 * x, 5 * y, 3 * (x + y)], 54 + y * stride + 3 * x);
    }
  }
  return file;
}

/** The same JPEG with EXIF data that says how the camera was held (TIFF's tag 0x0112). */
export function withOrientation(jpeg: Buffer, orientation: number): Buffer {
  const tiff = Buffer.alloc(26);
  tiff.write("MM\0*", "latin1");
  tiff.writeUInt32BE(8, 4);
  tiff.writeUInt16BE(1, 8);
  tiff.writeUInt16BE(0x0112, 10);
  tiff.writeUInt16BE(3, 12);
  tiff.writeUInt32BE(1, 14);
  tiff.writeUInt16BE(orientation, 18);
  return withSegment(jpeg, 0xe1, Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]));
}

/** The same JPEG with a colour profile (ICC, version 2) of primaries far from sRGB's. */
export function withProfile(jpeg: Buffer): Buffer {
  const fixed = (...values: number[]) => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, i) => bytes.writeInt32BE(Math.round(value * 65536), 4 * i));
    return bytes;
  };
  const xyz = (...values: number[]) =>
    Buffer.concat([Buffer.from("XYZ \0\0\0\0", "latin1"), fixed(...values)]);
  const gamma = Buffer.from([...Buffer.from("curv"), 0, 0, 0, 0, 0, 0, 0, 1, 1, 0xcd, 0, 0]);
  const text = Buffer.from("text\0\0\0\0for tests\0\0\0", "latin1");
  const description = Buffer.concat([
    Buffer.from("desc\0\0\0\0\0\0\0\x05wide\0", "latin1"),
    Buffer.alloc(79),
  ]);
  // The primaries of Rec. 2020 for the white point D50.
  const tags: [string, Buffer][] = [
    ["desc", description],
    ["cprt", text],
    ["wtpt", xyz(0.9642, 1, 0.8249)],
    ["rXYZ", xyz(0.6734, 0.279, -0.0019)],
    ["gXYZ", xyz(0.1656, 0.6753, 0.0299)],
    ["bXYZ", xyz(0.1251, 0.0456, 0.7968)],
    ["rTRC", gamma],
    ["gTRC", gamma],
    ["bTRC", gamma],
  ];
  const table = Buffer.alloc(4 + 12 * tags.length);
  table.writeUInt32BE(tags.length);
  let at = 128 + table.length;
  tags.forEach(([name, data], i) => {
    table.write(name, 4 + 12 * i, "latin1");
    table.writeUInt32BE(at, 8 + 12 * i);
    table.writeUInt32BE(data.length, 12 + 12 * i);
    at += data.length;
  });
  const header = Buffer.alloc(128);
  header.writeUInt32BE(at, 0);
  header.writeUInt32BE(0x02100000, 8);
  header.write("mntrRGB XYZ ", 12, "latin1");
  header.write("acsp", 36, "latin1");
  fixed(0.9642, 1, 0.8249).copy(header, 68);
  const profile = Buffer.concat([header, table, ...tags.map(([, data]) => data)]);
  const chunk = Buffer.concat([Buffer.from("ICC_PROFILE\0\x01\x01", "latin1"), profile]);
  return withSegment(jpeg, 0xe2, chunk);
}

function withSegment(jpeg: Buffer, marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255]);
  // Behind the start and, if there is one, the JFIF segment, which has to be the first.
  const at = jpeg[3] === 0xe0 ? 4 + jpeg.readUInt16BE(4) : 2;
  return Buffer.concat([jpeg.subarray(0, at), head, data, jpeg.subarray(at)]);
}
