/** The first sheet that has text, as text. Excel's dates become `YYYY-MM-DD`; its numbers lose nothing but their formatting. */
import { Worker } from 'node:worker_threads';
import type { FileReading } from './import-table.ts';
import { WORKBOOK_HEAP_MB_MAX, WORKBOOK_READ_MS_MAX } from './limits.ts';

/** A workbook that asks for more memory or time than the limits is `file_too_large`. */
export function readXlsx(bytes: Uint8Array): Promise<FileReading> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./xlsx-worker.ts', import.meta.url), {
      workerData: bytes,
      resourceLimits: { maxOldGenerationSizeMb: WORKBOOK_HEAP_MB_MAX },
      env: {},
      execArgv: [],
    });
    const settle = (reading: FileReading): void => {
      clearTimeout(timer);
      resolve(reading);
      void worker.terminate();
    };
    const timer = setTimeout(() => settle({ ok: false, problem: 'file_too_large' }), WORKBOOK_READ_MS_MAX);
    worker.once('message', (reading: FileReading) => settle(reading));
    worker.once('error', (error: unknown) => settle({ ok: false, problem: problemOf(error) }));
    worker.once('exit', () => settle({ ok: false, problem: 'file_unreadable' }));
  });
}

function problemOf(error: unknown): 'file_too_large' | 'file_unreadable' {
  const isOutOfMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return isOutOfMemory ? 'file_too_large' : 'file_unreadable';
}
