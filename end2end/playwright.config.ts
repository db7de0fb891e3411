import { defineConfig } from '@playwright/test';
import { launchOptions } from './tests/support/browser';

/** Every test starts its own server; two workers suit two cores. */
export default defineConfig({
  testDir: 'tests',
  fullyParallel: true,
  workers: 2,
  forbidOnly: !!process.env['CI'],
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
  use: {
    launchOptions,
    actionTimeout: 20_000,
    navigationTimeout: 30_000,
    viewport: { width: 1_200, height: 850 },
    locale: 'en-GB',
  },
});
