/** Tells what kind of file was sent by looking at it, not at its name, and reads it into one table, in the thread it is called in. */
import type { FileReading } from './import-table.ts';
import { readCsv } from './read-csv.ts';
import { readOcds } from './read-ocds.ts';
import { readXlsx } from './read-xlsx.ts';

const ZIP_SIGNATURE = [0x50, 0x4b, 0x03, 0x04] as const;
const JSON_START = /^\uFEFF?\s*[[{]/;
const LOOK_BYTES = 512;

export const isArchive = (bytes: Uint8Array): boolean => ZIP_SIGNATURE.every((byte, index) => bytes[index] === byte);

/** Never rejects for what a file may hold: a file that cannot be read is a problem with a code. */
export async function readAnyKind(bytes: Uint8Array): Promise<FileReading> {
  if (isArchive(bytes)) return await readXlsx(bytes);
  if (JSON_START.test(new TextDecoder().decode(bytes.subarray(0, LOOK_BYTES)))) return readOcds(bytes);
  return readCsv(bytes);
}
