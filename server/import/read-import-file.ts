/**
 * Reads a file that somebody sent into one table, without holding up anybody else: whatever may take long is read in a process of its own,
 * with bounded memory and time. A few bytes of workbook may claim millions of empty cells, and ten million bytes of text take seconds. Not in
 * a thread: where one allocation passes a thread's bound by far, V8 ends the whole process and not the thread.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FileReading } from './import-table.ts';
import { IMPORT_BYTES_MAX, READING_HEAP_MB_MAX, READING_MS_MAX } from './limits.ts';
import { isArchive, readAnyKind } from './read-any-kind.ts';

/** Text up to this size is read at once: starting a process would take longer. */
const AT_ONCE_BYTES_MAX = 100_000;
const READING_PROCESS = fileURLToPath(new URL('./reading-process.ts', import.meta.url));
/** What Node ends with after an exception that nobody caught; V8 out of memory ends by a signal, or by another code on Windows. */
const UNCAUGHT_CODE = 1;

/** Never rejects for what a file may hold. One that asks for more memory or time than the limits is `file_too_large`. */
export async function readImportFile(bytes: Uint8Array): Promise<FileReading> {
  if (bytes.length === 0) return { ok: false, problem: 'file_empty' };
  if (bytes.length > IMPORT_BYTES_MAX) return { ok: false, problem: 'file_too_large' };
  const isQuick = bytes.length <= AT_ONCE_BYTES_MAX && !isArchive(bytes);
  return isQuick ? await readAnyKind(bytes) : await readInProcess(bytes);
}

function readInProcess(bytes: Uint8Array): Promise<FileReading> {
  return new Promise((resolve, reject) => {
    const reader = fork(READING_PROCESS, {
      // Nothing of this process's settings is there to be read; days are calendar days in any zone.
      env: { TZ: 'UTC' },
      execArgv: [`--max-old-space-size=${READING_HEAP_MB_MAX}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const settle = (reading: FileReading): void => {
      clearTimeout(timer);
      resolve(reading);
      reader.kill('SIGKILL');
    };
    const timer = setTimeout(() => settle({ ok: false, problem: 'file_too_large' }), READING_MS_MAX);
    reader.once('error', reject);
    // The only message, and of our own making: `reading-process.ts` sends what `readAnyKind` gives.
    reader.once('message', (reading) => settle(reading as FileReading));
    reader.once('exit', (code) =>
      settle({ ok: false, problem: code === UNCAUGHT_CODE ? 'file_unreadable' : 'file_too_large' }),
    );
    // A process that has ended already is told by its end.
    reader.send(bytes, () => undefined);
  });
}
