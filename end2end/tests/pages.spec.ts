import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { bell, panel, standing, toasts } from './support/bell';
import { Person } from './support/people';
import { expect, test } from './support/test';
import { status } from './support/watch';

/** A page to check: its path, its viewer, and what the viewer does there first. */
interface Scene {
  name: string;
  path: string;
  who?: 'bo';
  first?: (page: Page, people: { ann: Person; bo: Person }, work: { id: number; title: string }) => Promise<void>;
}

const press = (page: Page, name: string) => page.getByRole('main').getByRole('button', { name, exact: true }).click();

/** Work 1 has a critique by Ann and one by Bo. */
const SCENES: Scene[] = [
  { name: 'the gallery', path: '/' },
  { name: 'a work', path: '/artworks/1' },
  { name: 'a profile', path: '/@bo' },
  { name: 'an empty profile', path: '/@ann' },
  { name: 'signing in', path: '/login' },
  { name: 'registering', path: '/register' },
  { name: 'a forgotten password', path: '/forgot' },
  { name: 'a forgotten password, asked for', path: '/forgot?sent=1' },
  { name: 'a link from a mail that is not valid', path: '/reset/abc' },
  { name: 'a page that is not there', path: '/nowhere' },
  { name: 'a work whose number is none', path: '/artworks/abc' },
  { name: 'posting, signed out', path: '/artworks/new' },
  { name: 'notifications, signed out', path: '/notifications' },
  {
    name: 'a refused sign-in',
    path: '/login',
    first: async (page) => {
      await page.getByLabel('Handle').fill('bo');
      await page.getByLabel('Password').fill('wrong');
      await press(page, 'Sign in');
      await expect(page.getByText("don't match")).toBeVisible();
    },
  },
  {
    name: 'a refused registration',
    path: '/register',
    first: async (page) => {
      await page.getByLabel('Handle').fill('no good!');
      await page.getByLabel('Display name').fill('N.');
      await page.getByLabel('E-mail').fill('n@example.org');
      await page.getByLabel('Password').fill('short');
      await press(page, 'Create account');
      await expect(page.getByLabel('Handle')).toHaveAttribute('aria-invalid', 'true');
    },
  },
  { name: 'the gallery, signed in', path: '/', who: 'bo' },
  { name: 'posting a work', path: '/artworks/new', who: 'bo' },
  { name: 'changing a work', path: '/artworks/1/edit', who: 'bo' },
  { name: 'notifications', path: '/notifications', who: 'bo' },
  { name: 'no unread notifications', path: '/notifications?filter=unread', who: 'bo', first: async (page) => press(page, 'Mark all as read') },
  { name: 'settings', path: '/settings', who: 'bo' },
  { name: 'signed-in browsers', path: '/settings/sessions', who: 'bo' },
  { name: 'no tokens', path: '/settings/tokens', who: 'bo' },
  {
    name: 'a new token',
    path: '/settings/tokens',
    who: 'bo',
    first: async (page) => {
      await page.getByLabel('Name').fill('My script');
      await page.getByLabel('notifications · ').check();
      await press(page, 'Create token');
      await expect(page.getByLabel('Your new token')).toHaveValue(/^act_.{43}$/);
    },
  },
  { name: 'tokens', path: '/settings/tokens', who: 'bo' },
  {
    name: 'the bell, open',
    path: '/',
    who: 'bo',
    first: async (page) => {
      await bell(page).click();
      await expect(panel(page).getByRole('listitem')).not.toHaveCount(0);
    },
  },
  { name: 'the account menu, open', path: '/', who: 'bo', first: async (page) => page.getByLabel('Account of Bo').click() },
  {
    name: 'a toast',
    path: '/',
    who: 'bo',
    first: async (page, { ann }, work) => {
      await ann.critique(work, 'Here is a toast.');
      await expect(toasts(page).getByRole('link')).toContainText('Ann critiqued');
    },
  },
  {
    name: 'an own work with its forms open and an error',
    path: '/artworks/1',
    who: 'bo',
    first: async (page) => {
      for (const summary of await page.locator('main summary').all()) await summary.click();
      await page.getByLabel('Your critique').fill('  ');
      await press(page, 'Post critique');
      await expect(page.getByText('Please enter your critique.')).toBeVisible();
    },
  },
];

const LONG = 'Unbroken'.repeat(15);

async function scenes(
  fixtures: { person: (name: string) => Promise<Person>; visit: (path: string, person?: Person, options?: object) => Promise<Page> },
  options: object,
  look: (page: Page, name: string) => Promise<void>,
): Promise<void> {
  const [ann, bo] = [await fixtures.person('Ann'), await fixtures.person('Bo')];
  const work = await bo.post(LONG, 1, `Somewhere on https://example.org/${'path/'.repeat(30)} it is **said**.\n\n- one\n- two`);
  await bo.post('Second', 2);
  await ann.critique(work, `A critique with \`code\` and ${LONG}.`);
  await bo.critique(work, 'An answer.');
  const pages = { stranger: await fixtures.visit('/', undefined, options), bo: await fixtures.visit('/', bo, options) };
  for (const scene of SCENES) {
    const page = pages[scene.who ?? 'stranger'];
    await test.step(scene.name, async () => {
      await page.goto(scene.path);
      if (scene.who) await standing(page, 'live');
      await scene.first?.(page, { ann, bo }, work);
      await look(page, scene.name);
    });
  }
}

const provoked = [status(404, /\/(nowhere|artworks\/abc|reset\/abc)$/), status(401, /\/notifications$/), status(401, /\/actions\/sign_in$/), status(422, /\/actions\/register$/)];

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing to complain of on any page, ${colorScheme}`, async ({ person, visit, watch }) => {
    test.setTimeout(240_000);
    watch.allow(...provoked);
    await scenes({ person, visit }, { colorScheme, reducedMotion: 'reduce' }, async (page, name) => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, help, nodes }) => `${id}: ${help} ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`);
      expect.soft(found, name).toEqual([]);
    });
  });
}

for (const width of [360, 1_200]) {
  test(`no page scrolls sideways at ${width} px, and every image has its text`, async ({ person, visit, watch }) => {
    test.setTimeout(180_000);
    watch.allow(...provoked);
    await scenes({ person, visit }, { viewport: { width, height: 740 } }, async (page, name) => {
      const [wide, mute] = await page.evaluate(() => {
        const root = document.documentElement;
        const over = [...document.querySelectorAll('body *')]
          .filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1)
          .map((element) => `${element.tagName}.${element.className}`);
        const mute = [...document.images].filter((image) => !image.hasAttribute('alt')).map((image) => image.src);
        return [root.scrollWidth > root.clientWidth ? over : [], mute] as const;
      });
      expect.soft(wide, `${name}: wider than the window`).toEqual([]);
      expect.soft(mute, `${name}: images without alt`).toEqual([]);
    });
  });
}
