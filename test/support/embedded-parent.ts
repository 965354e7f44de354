/** Stands in for the application: starts the embedded PostgreSQL in the folder given, says which processes came of it, and waits to be killed. */
import { startEmbeddedPostgres } from '../../server/store/postgres/embedded-postgres.ts';

const started = await startEmbeddedPostgres({ folder: process.argv[2] ?? '', durable: true });
if (!started.ok) throw new Error(started.failure.sentence);
const { serverPid, supervisorPid } = started.value;
process.send?.({ serverPid, supervisorPid });
setInterval(() => undefined, 60_000);
