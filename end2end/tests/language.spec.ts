import type { Page } from '@playwright/test';
import { standing } from './support/bell';
import { LONG, PROVOKED, scenes, tooWide } from './support/scenes';
import { Site } from './support/site';
import { expect, test as english } from './support/test';

/** Tests on a site that also offers the language for tests, `en-XR`. */
const test = english.extend({
  site: async ({}, use, info) => {
    const site = await Site.start({ ARTCRITIQUE_PSEUDO_LOCALE: 'on' });
    await use(site);
    if (info.status !== info.expectedStatus) await info.attach('server log', { body: site.log });
    await site.remove();
  },
});

const root = (page: Page) => page.locator('html');
const footer = (page: Page) => page.locator('footer.site');

/** Chooses a language in the footer of the page. */
async function choose(page: Page, tag: string): Promise<void> {
  await footer(page).locator('select').selectOption(tag);
  await Promise.all([page.waitForEvent('load'), footer(page).locator('form.language button').click()]);
  await expect(root(page)).toHaveAttribute('lang', tag);
}

for (const javaScriptEnabled of [true, false]) {
  test(`the switch changes the language ${javaScriptEnabled ? 'with' : 'without'} JavaScript, and leads back to the page`, async ({ visit, person }) => {
    const bo = await person('Bo');
    const { id } = await bo.post('Dusk', 1);
    const page = await visit(`/artworks/${id}?sort=helpful`, undefined, { javaScriptEnabled });
    await expect(root(page)).toHaveAttribute('lang', 'en');
    await expect(root(page)).toHaveAttribute('dir', 'ltr');
    await expect(page.getByRole('link', { name: 'Sign in', exact: true })).toBeVisible();

    await choose(page, 'de');
    await expect(page).toHaveURL(`/artworks/${id}?sort=helpful`);
    await expect(root(page)).toHaveAttribute('dir', 'ltr');
    await expect(page.getByRole('link', { name: 'Anmelden', exact: true })).toBeVisible();
    await expect(page.getByRole('heading', { name: 'Dusk', level: 1 })).toBeVisible();
    await expect(footer(page).locator('select')).toHaveValue('de');

    await page.goto('/login');
    await expect(page, 'the next page has the language, too').toHaveTitle('Anmelden · ArtCritique');
    await choose(page, 'en-XR');
    await expect(root(page)).toHaveAttribute('dir', 'rtl');
    await choose(page, 'en');
    await expect(page).toHaveURL('/login');
    await expect(page).toHaveTitle('Sign in · ArtCritique');
  });
}

test('the switch leads back to the page that the router has moved on to', async ({ visit, person }) => {
  const { id } = await (await person('Bo')).post('Dusk', 1);
  const page = await visit('/');
  await expect(root(page)).toHaveAttribute('data-alive', '');
  await page.getByRole('link', { name: /Dusk/ }).click();
  await expect(page).toHaveURL(`/artworks/${id}`);
  await choose(page, 'de');
  await expect(page).toHaveURL(`/artworks/${id}`);
});

test('the account remembers the language, on every device', async ({ visit, person }) => {
  const bo = await person('Bo');
  const page = await visit('/settings', bo);
  await page.locator('#settings-language').selectOption('de');
  await Promise.all([page.waitForEvent('load'), page.locator('main form.language button').click()]);
  await expect(page.getByRole('heading', { name: 'Einstellungen' })).toBeVisible();
  await expect(page.getByText('Diese Website spricht jetzt Deutsch mit dir.')).toBeVisible();

  const other = await visit('/', bo);
  await expect(root(other)).toHaveAttribute('lang', 'de');
  const guest = await visit('/');
  await expect(root(guest)).toHaveAttribute('lang', 'en');
});

test('a browser that asks for German gets German', async ({ visit }) => {
  const page = await visit('/', undefined, { locale: 'de-AT' });
  await expect(root(page)).toHaveAttribute('lang', 'de');
  await expect(page.getByRole('link', { name: 'Anmelden', exact: true })).toBeVisible();
});

test('what happens on a German page happens in German', async ({ visit, person }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Dusk', 1);
  // New critiques are shown at once where there are none to read.
  await ann.critique(work, 'A calm sea.');
  const page = await visit(`/artworks/${work.id}`, bo, { locale: 'de-DE' });
  await standing(page, 'live');
  await ann.critique(work, 'A fine sky.');
  await expect(page.locator('.toasts')).toContainText('Ann hat eine Kritik zu „Dusk“ geschrieben');
  await expect(page.getByRole('button', { name: '1 neue Kritik' })).toBeVisible();
  await page.locator('#body').fill('  ');
  await page.locator('.write button[type=submit]').click();
  await expect(page.locator('#body-error')).toHaveText('Bitte gib deine Kritik ein.');
  await page.locator('#body').fill('x'.repeat(10_001));
  await expect(page.locator('#body-count')).toHaveText('1 Zeichen zu viel: 10.000 passen hinein.');
  await page.locator('#body').fill('Danke.');
  await page.locator('.write button[type=submit]').click();
  await expect(page.getByRole('heading', { name: '3 Kritiken' })).toBeVisible();
  await expect(page.getByRole('article').filter({ hasText: 'Danke.' }).locator('time')).toHaveText('gerade eben');
});

/** Text that people wrote, words of the API, and times, which the browser writes. */
const THEIRS = '[dir=auto], bdi, .prose, code, time';

interface Text {
  /** The element that has the text. */
  at: string;
  text: string;
}

/**
 * The texts of the page, in the order of the document, without those that people wrote: what it
 * shows, and what it tells assistive technology.
 */
function texts(page: Page): Promise<{ nodes: Text[]; attributes: Text[] }> {
  return page.evaluate((theirs) => {
    const nodes: Text[] = [];
    const attributes: Text[] = [{ at: 'title', text: document.title }];
    const walk = (element: Element): void => {
      if (element.matches('script, style, template, svg')) return;
      const at = `${element.tagName.toLowerCase()}.${element.className}`;
      for (const name of ['alt', 'aria-label', 'placeholder', 'title']) {
        const text = element.getAttribute(name);
        if (text && !element.matches('time')) attributes.push({ at: `${at}[${name}]`, text });
      }
      for (const node of element.childNodes) {
        if (node instanceof Element) walk(node);
        else if (node.nodeType === Node.TEXT_NODE && !element.closest(theirs)) nodes.push({ at, text: node.textContent ?? '' });
      }
    };
    walk(document.body);
    return { nodes, attributes };
  }, THEIRS);
}

/**
 * Names of the site's languages, of this site's people and of the program with which they signed in,
 * which no catalogue translates.
 */
const NAMES = /^(English|Deutsch|@?bo|@?ann|[BN]|Playwright\/.*)$/i;

/**
 * What of the texts does not come from the catalogue. In the language for tests a message stands in
 * ⟦ ⟧ and has no plain letters, and each of its parameters stands in directional isolates. A message
 * with an element of the page in it is several texts.
 */
function strays(texts: Text[]): Text[] {
  const open: string[] = [];
  const found: Text[] = [];
  for (const { at, text } of texts) {
    let outside = '';
    let plain = '';
    for (const c of text) {
      if (c === '⟦' || c === '\u2068') open.push(c);
      else if (c === '⟧' || c === '\u2069') open.pop();
      else if (open.length === 0) outside += c;
      else if (open.at(-1) === '⟦') plain += c;
    }
    if (/\p{L}/u.test(outside) && !NAMES.test(outside.trim())) found.push({ at, text: outside });
    if (/[A-Za-z]/.test(plain)) found.push({ at, text: plain });
  }
  if (open.length > 0) found.push({ at: 'the end', text: `Left open: ${open.join('')}` });
  return found;
}

test('every sentence of every page comes from the catalogue', async ({ person, visit, watch }) => {
  test.setTimeout(240_000);
  watch.allow(...PROVOKED);
  await scenes(
    { person, visit },
    { locale: 'en-GB' },
    async (page, name) => {
      await expect.soft(root(page), name).toHaveAttribute('lang', 'en-XR');
      const { nodes, attributes } = await texts(page);
      expect.soft([...strays(nodes), ...attributes.flatMap((attribute) => strays([attribute]))], name).toEqual([]);
    },
    (page) => choose(page, 'en-XR'),
  );
});

/** English words that no German sentence of the site has. */
const ENGLISH = /\b(the|your|and|with|of|you|sign|password|not|please|this|by|for|works?|critiques?|all|more)\b/iu;

test('the German pages have no English on them', async ({ person, visit, watch }) => {
  test.setTimeout(240_000);
  watch.allow(...PROVOKED);
  await scenes({ person, visit }, { locale: 'de-DE' }, async (page, name) => {
    await expect.soft(root(page), name).toHaveAttribute('lang', 'de');
    const { nodes, attributes } = await texts(page);
    const leftovers = [...nodes, ...attributes].filter(({ text }) => ENGLISH.test(text.replaceAll(LONG, '')));
    expect.soft(leftovers, name).toEqual([]);
  });
});

for (const tag of ['de', 'en-XR']) {
  for (const width of [390, 1_280]) {
    test(`no page scrolls sideways in ${tag} at ${width} px`, async ({ person, visit, watch }) => {
      test.setTimeout(240_000);
      watch.allow(...PROVOKED);
      await scenes(
        { person, visit },
        { viewport: { width, height: 800 } },
        async (page, name) => {
          await expect.soft(root(page), name).toHaveAttribute('lang', tag);
          expect.soft(await tooWide(page), `${name}: wider than the window`).toEqual([]);
        },
        (page) => choose(page, tag),
      );
    });
  }
}
