/** The process log: JSON lines on standard error by pino; every field and message passes the redaction first. */
import { pino } from 'pino';
import { redact, redactText } from './redact.ts';
import type { Log } from './world.ts';

export type LogSettings = {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Where lines go; standard error when absent, because standard output carries the addresses. */
  readonly write?: (line: string) => void;
};

export function createLog({ level, write }: LogSettings): Log {
  const destination = write === undefined ? pino.destination({ fd: 2, sync: true }) : { write };
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  const fields = (value: Readonly<Record<string, unknown>>): object => Object(redact(value));
  return {
    debug: (value, message) => logger.debug(fields(value), redactText(message)),
    info: (value, message) => logger.info(fields(value), redactText(message)),
    warn: (value, message) => logger.warn(fields(value), redactText(message)),
    error: (value, message) => logger.error(fields(value), redactText(message)),
  };
}
