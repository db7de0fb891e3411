import { expect, type Page } from '@playwright/test';
import { standing, toasts } from './bell';
import type { Person } from './people';
import { test } from './test';
import { status } from './watch';

/**
 * A page to check: its path, its viewer, and what the viewer does there first. What the viewer does
 * works in every language.
 */
interface Scene {
  name: string;
  path: string;
  who?: 'bo';
  first?: (page: Page, people: { ann: Person; bo: Person }, work: { id: number; title: string }) => Promise<void>;
}

/** Sends the form to this action. */
const send = (page: Page, action: string) => page.locator(`main form[action^="/actions/${action}"]`).getByRole('button').click();

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
      await page.locator('#handle').fill('bo');
      await page.locator('#password').fill('wrong');
      await send(page, 'sign_in');
      await expect(page.locator('.form-error')).not.toBeEmpty();
    },
  },
  {
    name: 'a refused registration',
    path: '/register',
    first: async (page) => {
      await page.locator('#handle').fill('no good!');
      await page.locator('#display_name').fill('N.');
      await page.locator('#email').fill('n@example.org');
      await page.locator('#password').fill('short');
      await send(page, 'register');
      await expect(page.locator('#handle')).toHaveAttribute('aria-invalid', 'true');
    },
  },
  { name: 'the gallery, signed in', path: '/', who: 'bo' },
  { name: 'posting a work', path: '/artworks/new', who: 'bo' },
  { name: 'changing a work', path: '/artworks/1/edit', who: 'bo' },
  { name: 'notifications', path: '/notifications', who: 'bo' },
  { name: 'no unread notifications', path: '/notifications?filter=unread', who: 'bo', first: async (page) => page.locator('.mark-all button').click() },
  { name: 'settings', path: '/settings', who: 'bo' },
  { name: 'settings in another language', path: '/settings?language=1', who: 'bo' },
  { name: 'signed-in browsers', path: '/settings/sessions', who: 'bo' },
  { name: 'no tokens', path: '/settings/tokens', who: 'bo' },
  {
    name: 'a new token',
    path: '/settings/tokens',
    who: 'bo',
    first: async (page) => {
      await page.locator('#name').fill('My script');
      await page.locator('[name="scopes[]"][value=notifications]').check();
      await send(page, 'create_token');
      await expect(page.locator('#secret')).toHaveValue(/^act_.{43}$/);
    },
  },
  { name: 'tokens', path: '/settings/tokens', who: 'bo' },
  {
    name: 'the bell, open',
    path: '/',
    who: 'bo',
    first: async (page) => {
      await page.locator('#bell-button').click();
      await expect(page.locator('#bell-panel li')).not.toHaveCount(0);
    },
  },
  { name: 'the account menu, open', path: '/', who: 'bo', first: async (page) => page.locator('.menu > summary').click() },
  {
    name: 'a toast',
    path: '/',
    who: 'bo',
    first: async (page, { ann }, work) => {
      await ann.critique(work, 'Here is a toast.');
      await expect(toasts(page).getByRole('link')).toContainText('Ann');
    },
  },
  {
    name: 'an own work with its forms open and an error',
    path: '/artworks/1',
    who: 'bo',
    first: async (page) => {
      for (const summary of await page.locator('main summary').all()) await summary.click();
      await page.locator('#body').fill('  ');
      await send(page, 'post_critique');
      await expect(page.locator('#body-error')).not.toBeEmpty();
    },
  },
];

/** A word that is wider than a phone. */
export const LONG = 'Unbroken'.repeat(15);

/** The console's messages about what the scenes provoke. */
export const PROVOKED = [
  status(404, /\/(nowhere|artworks\/abc|reset\/abc)$/),
  status(401, /\/notifications$/),
  status(401, /\/actions\/sign_in$/),
  status(422, /\/actions\/register$/),
];

/** Shows every scene and looks at it. */
export async function scenes(
  fixtures: { person: (name: string) => Promise<Person>; visit: (path: string, person?: Person, options?: object) => Promise<Page> },
  options: object,
  look: (page: Page, name: string) => Promise<void>,
  /** Runs once in each browser, before the scenes. */
  prepare: (page: Page) => Promise<void> = async () => {},
): Promise<void> {
  const [ann, bo] = [await fixtures.person('Ann'), await fixtures.person('Bo')];
  const work = await bo.post(LONG, 1, `Somewhere on https://example.org/${'path/'.repeat(30)} it is **said**.\n\n- one\n- two`);
  await bo.post('Second', 2);
  await ann.critique(work, `A critique with \`code\` and ${LONG}.`);
  await bo.critique(work, 'An answer.');
  const pages = { stranger: await fixtures.visit('/', undefined, options), bo: await fixtures.visit('/', bo, options) };
  for (const page of Object.values(pages)) await prepare(page);
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

/** The elements that reach out of a page that can be scrolled sideways, on either side. */
export function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const root = document.documentElement;
    const over = [...document.querySelectorAll('body *')]
      .filter((element) => {
        const { left, right } = element.getBoundingClientRect();
        return right > root.clientWidth + 1 || left < -1;
      })
      .map((element) => `${element.tagName}.${element.className}`);
    return root.scrollWidth > root.clientWidth ? over : [];
  });
}
