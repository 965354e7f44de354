/**
 * Reads a file that somebody sent into one table, without holding up anybody else: whatever may take long is read in a thread of its own,
 * with bounded memory and time. A few bytes of workbook may claim millions of empty cells, and ten million bytes of text take seconds.
 */
import { Worker } from 'node:worker_threads';
import type { FileReading } from './import-table.ts';
import { IMPORT_BYTES_MAX, READING_HEAP_MB_MAX, READING_MS_MAX } from './limits.ts';
import { isArchive, readAnyKind } from './read-any-kind.ts';

/** Text up to this size is read at once: starting a thread would take longer. */
const AT_ONCE_BYTES_MAX = 100_000;

/** Never rejects for what a file may hold. One that asks for more memory or time than the limits is `file_too_large`. */
export async function readImportFile(bytes: Uint8Array): Promise<FileReading> {
  if (bytes.length === 0) return { ok: false, problem: 'file_empty' };
  if (bytes.length > IMPORT_BYTES_MAX) return { ok: false, problem: 'file_too_large' };
  const isQuick = bytes.length <= AT_ONCE_BYTES_MAX && !isArchive(bytes);
  return isQuick ? await readAnyKind(bytes) : await readInThread(bytes);
}

function readInThread(bytes: Uint8Array): Promise<FileReading> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./import-worker.ts', import.meta.url), {
      workerData: bytes,
      resourceLimits: { maxOldGenerationSizeMb: READING_HEAP_MB_MAX },
      env: {},
      execArgv: [],
    });
    const settle = (reading: FileReading): void => {
      clearTimeout(timer);
      resolve(reading);
      void worker.terminate();
    };
    const timer = setTimeout(() => settle({ ok: false, problem: 'file_too_large' }), READING_MS_MAX);
    worker.once('message', (reading: FileReading) => settle(reading));
    worker.once('error', (error: unknown) => settle({ ok: false, problem: problemOf(error) }));
    worker.once('exit', () => settle({ ok: false, problem: 'file_unreadable' }));
  });
}

function problemOf(error: unknown): 'file_too_large' | 'file_unreadable' {
  const isOutOfMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return isOutOfMemory ? 'file_too_large' : 'file_unreadable';
}
