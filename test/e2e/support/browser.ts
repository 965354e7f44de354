/**
 * Finds a Chromium to test in: the one named by CHROME_PATH, the machine's own, or the one that comes as an npm package (Linux x64).
 * Without any of them the tests fail with one sentence that says what to install; they never pass unseen.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export type Browser = {
  readonly executablePath: string;
  readonly args: string[];
  readonly env: Record<string, string>;
};

/** Chromium looks up its maker's hosts at each start unless told not to; these tests talk to loopback only. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const USUAL_PLACES: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
};

export async function findBrowser(): Promise<Browser> {
  const named = process.env['CHROME_PATH'];
  const own = [...(named === undefined ? [] : [named]), ...(USUAL_PLACES[process.platform] ?? [])].find((place) =>
    fs.existsSync(place),
  );
  if (own !== undefined) return { executablePath: own, args: QUIET, env: environment() };
  if (process.platform === 'linux' && process.arch === 'x64') return packagedBrowser();
  throw new Error(
    'No Chromium was found: install Google Chrome or Chromium, or set CHROME_PATH to one, and run the tests again.',
  );
}

async function packagedBrowser(): Promise<Browser> {
  // Its libraries unpack only where the package believes it runs on a bare machine.
  process.env['AWS_LAMBDA_JS_RUNTIME'] ??= 'nodejs22.x';
  const { default: chromium } = await import('@sparticuz/chromium');
  const executablePath = await chromium.executablePath();
  const libraries = path.join(os.tmpdir(), 'al2023', 'lib');
  const env = environment();
  return {
    executablePath,
    args: [...QUIET, ...chromium.args],
    env: fs.existsSync(libraries) ? { ...env, LD_LIBRARY_PATH: libraries } : env,
  };
}

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
