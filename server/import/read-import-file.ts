/** Tells what kind of file was sent by looking at it, not at its name, and reads it into one table. */
import type { FileReading } from './import-table.ts';
import { IMPORT_BYTES_MAX } from './limits.ts';
import { readCsv } from './read-csv.ts';
import { readOcds } from './read-ocds.ts';
import { readXlsx } from './read-xlsx.ts';

const ZIP_SIGNATURE = [0x50, 0x4b, 0x03, 0x04] as const;
const JSON_START = /^\uFEFF?\s*[[{]/;
const LOOK_BYTES = 512;

/** Never throws for what a file may hold: a file that cannot be read is a problem with a code. */
export async function readImportFile(bytes: Uint8Array): Promise<FileReading> {
  if (bytes.length === 0) return { ok: false, problem: 'file_empty' };
  if (bytes.length > IMPORT_BYTES_MAX) return { ok: false, problem: 'file_too_large' };
  if (ZIP_SIGNATURE.every((byte, index) => bytes[index] === byte)) return readXlsx(bytes);
  if (JSON_START.test(new TextDecoder().decode(bytes.subarray(0, LOOK_BYTES)))) return readOcds(bytes);
  return readCsv(bytes);
}
