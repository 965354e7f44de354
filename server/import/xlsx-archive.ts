/**
 * The parts of an XLSX archive that hold text, unpacked under a bound and packed again without compression. What reads the workbook then
 * meets only entries of known size: neither a bomb nor an archive whose headers disagree with its directory gets past here.
 */
import { crc32, inflateRawSync } from 'node:zlib';
import type { FileProblem } from './import-table.ts';
import { ARCHIVE_ENTRIES_MAX, UNPACKED_BYTES_MAX } from './limits.ts';

type Entry = { readonly name: string; readonly data: Buffer };
export type Repacked =
  | { readonly ok: true; readonly archive: Buffer }
  | { readonly ok: false; readonly problem: FileProblem };

const LOCAL_HEADER = { signature: 0x04034b50, length: 30 } as const;
const DIRECTORY_HEADER = { signature: 0x02014b50, length: 46 } as const;
const DIRECTORY_END = { signature: 0x06054b50, length: 22, commentMax: 65_535 } as const;
const ZIP64_EXTRA = 0x0001;
const IN_ZIP64_EXTRA = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;
const TEXT_PART = /\.(?:xml|rels)$/i;
/** A row or a cell beyond what Excel has (row 1,048,576, column XFD), which the reader would fill with empty cells up to it. */
const FAR_CELL = /<(?:\w+:)?(?:row|c)\b[^<>]*\br\s*=\s*["'](?:[A-Za-z]{4}|[A-Za-z]*\d{8})/;
const WORKSHEET = /\/worksheets\/[^/]+\.xml$/i;

export function repackWorkbook(bytes: Uint8Array): Repacked {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const entries = readEntries(file);
    return entries === 'too_large'
      ? { ok: false, problem: 'file_too_large' }
      : { ok: true, archive: pack(entries.map(readableSheet)) };
  } catch (error) {
    // Every offset and length is the file's own claim: a wrong one ends in a range error, bad data in one of zlib's.
    if (error instanceof RangeError || (error instanceof Error && 'code' in error))
      return { ok: false, problem: 'file_unreadable' };
    throw error;
  }
}

function readEntries(file: Buffer): readonly Entry[] | 'too_large' {
  let end = file.length - DIRECTORY_END.length;
  const lowest = Math.max(0, end - DIRECTORY_END.commentMax);
  while (end >= lowest && file.readUInt32LE(end) !== DIRECTORY_END.signature) end -= 1;
  if (end < lowest) throw new RangeError('no directory');
  let at = file.readUInt32LE(end + 16);
  if (at === IN_ZIP64_EXTRA) at = zip64DirectoryAt(file, end);
  const entries: Entry[] = [];
  let left = UNPACKED_BYTES_MAX;
  for (let count = 0; file.readUInt32LE(at) === DIRECTORY_HEADER.signature; count += 1) {
    if (count === ARCHIVE_ENTRIES_MAX) return 'too_large';
    const header = readDirectoryHeader(file, at);
    at = header.next;
    if (!TEXT_PART.test(header.name)) continue;
    const data = unpack(file, header, left);
    if (data === null) return 'too_large';
    left -= data.length;
    entries.push({ name: header.name, data });
  }
  return entries;
}

/** The locator of the larger directory stands right before the end record and holds its offset 8 bytes in; that one says more at 48. */
function zip64DirectoryAt(file: Buffer, end: number): number {
  return Number(file.readBigUInt64LE(Number(file.readBigUInt64LE(end - 12)) + 48));
}

type DirectoryHeader = {
  readonly name: string;
  readonly method: number;
  readonly packedLength: number;
  readonly localAt: number;
  readonly next: number;
};

function readDirectoryHeader(file: Buffer, at: number): DirectoryHeader {
  const nameEnd = at + DIRECTORY_HEADER.length + file.readUInt16LE(at + 28);
  const extraEnd = nameEnd + file.readUInt16LE(at + 30);
  const large = largeFields(file, nameEnd, extraEnd);
  const field = (offset: number): number => {
    const value = file.readUInt32LE(at + offset);
    return value === IN_ZIP64_EXTRA ? large() : value;
  };
  // In this order, because the extra field holds just those that did not fit, in it.
  field(24);
  const packedLength = field(20);
  const localAt = field(42);
  return {
    name: file.toString('utf8', at + DIRECTORY_HEADER.length, nameEnd),
    method: file.readUInt16LE(at + 10),
    packedLength,
    localAt,
    next: extraEnd + file.readUInt16LE(at + 32),
  };
}

/** Reads one 64-bit number after another out of an entry's ZIP64 field. */
function largeFields(file: Buffer, from: number, to: number): () => number {
  let at = from;
  while (at + 4 <= to && file.readUInt16LE(at) !== ZIP64_EXTRA) at += 4 + file.readUInt16LE(at + 2);
  at += 4;
  return () => {
    at += 8;
    if (at > to) throw new RangeError('a size is missing');
    return Number(file.readBigUInt64LE(at - 8));
  };
}

/** Null when it would unpack to more than `most` bytes. */
function unpack(file: Buffer, { localAt, packedLength, method }: DirectoryHeader, most: number): Buffer | null {
  if (file.readUInt32LE(localAt) !== LOCAL_HEADER.signature) throw new RangeError('no entry where there should be');
  const start = localAt + LOCAL_HEADER.length + file.readUInt16LE(localAt + 26) + file.readUInt16LE(localAt + 28);
  const packed = file.subarray(start, start + packedLength);
  if (packed.length !== packedLength) throw new RangeError('an entry ends after the file');
  if (method === STORED) return packed.length > most ? null : packed;
  if (method !== DEFLATED) throw new RangeError('a method of compression that workbooks do not use');
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, most) });
  } catch (error) {
    if (error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return null;
    throw error;
  }
}

/**
 * A failed formula (`#N/A`) becomes a text cell, so that one of them spoils its row and not the file. Throws for a cell where none can be.
 */
function readableSheet({ name, data }: Entry): Entry {
  if (!WORKSHEET.test(name)) return { name, data };
  const sheet = data.toString('utf8');
  if (FAR_CELL.test(sheet)) throw new RangeError('a cell beyond the last that a sheet can have');
  if (!sheet.includes('t="e"')) return { name, data };
  return { name, data: Buffer.from(sheet.replaceAll(/(<c\b[^<>]*\st=)"e"/g, '$1"str"')) };
}

function pack(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, data } of entries) {
    const nameBytes = Buffer.from(name);
    // Version 2.0, no flags, stored, midnight of the first day the format knows.
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt32LE(0x00210000, 6);
    shared.writeUInt32LE(crc32(data), 10);
    shared.writeUInt32LE(data.length, 14);
    shared.writeUInt32LE(data.length, 18);
    shared.writeUInt16LE(nameBytes.length, 22);
    parts.push(signature(LOCAL_HEADER.signature), shared, nameBytes, data);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    const madeBy = Buffer.alloc(2);
    madeBy.writeUInt16LE(20);
    directory.push(signature(DIRECTORY_HEADER.signature), madeBy, shared, place, nameBytes);
    at += LOCAL_HEADER.length + nameBytes.length + data.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(DIRECTORY_END.length);
  end.writeUInt32LE(DIRECTORY_END.signature, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, listed, end]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
