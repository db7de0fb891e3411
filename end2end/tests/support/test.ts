import { test as base, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from '@playwright/test';
import { Person } from './people';
import { Site } from './site';
import { Watch } from './watch';

interface Fixtures {
  site: Site;
  /** Fails the test on any console error, warning or page error that it did not allow. */
  watch: Watch;
  /** Opens a separate browser context, signed in if a person is given. */
  device: (person?: Person, options?: BrowserContextOptions) => Promise<BrowserContext>;
  /** Creates a person with an account. */
  person: (name: string) => Promise<Person>;
  /** Opens a page at a path, in a separate browser context. */
  visit: (path: string, person?: Person, options?: BrowserContextOptions) => Promise<Page>;
}

export const test = base.extend<Fixtures>({
  site: async ({}, use, info) => {
    const site = await Site.start();
    await use(site);
    if (info.status !== info.expectedStatus) await info.attach('server log', { body: site.log });
    await site.remove();
  },
  watch: [
    async ({}, use) => {
      const watch = new Watch();
      await use(watch);
      const complaints = watch.complaints();
      if (complaints.length > 0) throw new Error(`The console complained:\n  ${complaints.join('\n  ')}`);
    },
    { auto: true },
  ],
  device: async ({ browser, site, watch }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (person, options = {}) => {
      const context = await newContext(browser, site, options);
      contexts.push(context);
      watch.over(context);
      await person?.signIn(context);
      return context;
    });
    watch.stop();
    for (const context of contexts) await context.close();
  },
  person: async ({ site }, use) => {
    const people: Person[] = [];
    await use(async (name) => {
      const person = await Person.register(site, name);
      people.push(person);
      return person;
    });
    for (const person of people) await person.dispose();
  },
  visit: async ({ device }, use) => {
    await use(async (path, person, options) => {
      const page = await (await device(person, options)).newPage();
      await page.goto(path);
      return page;
    });
  },
});

function newContext(browser: Browser, site: Site, options: BrowserContextOptions): Promise<BrowserContext> {
  return browser.newContext({ baseURL: site.url, viewport: { width: 1_200, height: 850 }, locale: 'en-GB', ...options });
}

export { expect } from '@playwright/test';
