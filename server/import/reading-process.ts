/** Reads one file in a process of its own (see `read-import-file.ts`): takes its bytes as the only message, answers with one `FileReading`. */
import { readAnyKind } from './read-any-kind.ts';

process.once('message', (bytes: unknown) => {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('a file is bytes');
  // One that cannot be read although the reader expected everything ends the process with 1, which the other side takes for an answer.
  void readAnyKind(bytes).then((reading) => process.send?.(reading, () => process.disconnect()));
});
