/** Stands in for whoever starts the server with a channel to it: starts the program given, and is there to be killed. */
import { spawn } from 'node:child_process';

const [program = ''] = process.argv.slice(2);
const child = spawn(process.execPath, [program], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
process.stdout.write(`server ${child.pid}\n`);
child.once('exit', (code) => process.exit(code ?? 1));
