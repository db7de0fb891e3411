import { formsThatAreGoneBackTo } from './support/attempts';
import { launchOptions } from './support/browser';
import { test } from './support/test';

// Playwright turns the back/forward cache off; people have it on.
test.use({ launchOptions: { ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] } });

formsThatAreGoneBackTo();
