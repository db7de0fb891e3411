import { execFileSync } from 'node:child_process';
import type { LaunchOptions } from '@playwright/test';

/** Uses the system's Chromium; nothing is downloaded. */
function chromium(): string {
  const named = process.env['CHROMIUM'];
  if (named) return named;
  try {
    return execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim();
  } catch {
    throw new Error('No chromium on PATH: install it (apt-get install chromium), or name it in CHROMIUM.');
  }
}

export const launchOptions: LaunchOptions = {
  executablePath: chromium(),
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};
