/** Reads one file in a thread of its own (see `read-import-file.ts`). Takes it as `workerData`, answers with one `FileReading`. */
import { parentPort, workerData } from 'node:worker_threads';
import { readAnyKind } from './read-any-kind.ts';

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
if (workerData instanceof Uint8Array) parentPort?.postMessage(await readAnyKind(workerData));
