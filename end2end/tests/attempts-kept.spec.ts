import { formsThatAreGoneBackTo } from './support/attempts';
import { launchOptions } from './support/browser';
import { test } from './support/test';

// Playwright disables the back/forward cache; browsers have it enabled.
test.use({ launchOptions: { ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] } });

formsThatAreGoneBackTo();
