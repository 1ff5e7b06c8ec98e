import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import { BROWSER_ARGUMENTS } from './screenshots/browser-arguments.mjs';
import { ROOT } from './setup/paths.mjs';
import { SetupError } from './setup/terminal.mjs';
import { CHROMIUM } from './setup/test-tools.mjs';
import { runProgram, setUp } from './setup.mjs';
import { plantEntries } from './screenshots/plant-entries.mjs';
import { SHOTS } from './screenshots/shots.mjs';

/**
 * `npm run screenshots [FOLDER]`: the pictures of the README, from a service started for them with
 * made-up entries. They go to `docs/images` unless another folder is named.
 */
await runProgram(async () => {
  await setUp();
  if (!existsSync(CHROMIUM)) throw new SetupError('There is no Chromium here: apt-get install chromium');
  const folder = process.argv[2] ?? join(ROOT, 'docs', 'images');
  mkdirSync(folder, { recursive: true });
  const dataDir = mkdtempSync(join(tmpdir(), 'chl-screenshots-'));
  const { child, url } = await startService(dataDir);
  try {
    await plantEntries(url);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: BROWSER_ARGUMENTS });
    for (const shot of SHOTS) await takeShot(browser, url, shot, folder);
    await browser.close();
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(dataDir, { recursive: true, force: true });
  }
});

async function startService(dataDir) {
  const child = spawn(process.execPath, [join(ROOT, 'dist', 'src', 'entry', 'node.js')], {
    // Small segments, so that a handful of entries makes a picture.
    env: {
      ...process.env,
      CHL_PORT: '0',
      CHL_DATA_DIR: dataDir,
      CHL_GROWING_MAX_VECTORS: '16',
      CHL_FAISS_REBUILD_THRESHOLD: '0.3',
      CHL_LOG_LEVEL: 'info',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /"url":"([^"]+)".*"msg":"serving"/.exec(line)?.[1];
    if (url !== undefined) {
      child.stdout.resume();
      return { child, url };
    }
  }
  throw new SetupError('The service did not start.');
}

async function takeShot(
  browser,
  url,
  { name, path, theme = 'light', width = 1280, height = 800, prepare },
  folder,
) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
  });
  const page = await context.newPage();
  await page.goto(url + path, { waitUntil: 'load' });
  await prepare(page);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await context.close();
  console.log(`${name}.png`);
}
