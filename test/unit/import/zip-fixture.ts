/** A ZIP archive written by hand, so that a test can lie in its headers. */
import { Buffer } from 'node:buffer';

type Lies = {
  /** The data is already deflated. */
  readonly isDeflated?: boolean;
  /** Uncompressed length that the headers state instead of the true one. */
  readonly statedLength?: number;
  /** Added to the offsets that the directory states. */
  readonly shift?: number;
};

export function zip(
  files: Readonly<Record<string, Buffer>>,
  { isDeflated = false, statedLength, shift = 0 }: Lies = {},
): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [path, data] of Object.entries(files)) {
    const name = Buffer.from(path);
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(isDeflated ? 8 : 0, 4);
    shared.writeUInt32LE(data.length, 14);
    shared.writeUInt32LE(statedLength ?? data.length, 18);
    shared.writeUInt16LE(name.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at + shift, 10);
    parts.push(Buffer.from('504b0304', 'hex'), shared, name, data);
    directory.push(Buffer.from('504b01021400', 'hex'), shared, rest, name);
    at += 30 + name.length + data.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(directory.length / 4, 8);
  end.writeUInt16LE(directory.length / 4, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, listed, end]);
}
