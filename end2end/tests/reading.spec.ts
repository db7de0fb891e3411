import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { bell, lines, panel, standing } from './support/bell';
import type { Person } from './support/people';
import { expect, test } from './support/test';

const NAME = 'لیلا نوری';
const TITLE = 'غروب (۲)';

/** Whether all of an element lies within the window. */
const wholly = (page: Page, selector: string) =>
  page.locator(selector).first().evaluate((element) => {
    const { top, bottom, left, right } = element.getBoundingClientRect();
    return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
  });

async function critiqued(person: (name: string) => Promise<Person>, times = 3) {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Dusk', 1);
  for (let n = 0; n < times; n++) await ann.critique(work, `Mind the edges, ${n}.`);
  return { ann, bo, work };
}

test('at 400 % zoom the open bell shows a notification', async ({ person, visit }) => {
  const { bo } = await critiqued(person);
  const page = await visit('/', bo, { viewport: { width: 320, height: 200 } });
  await standing(page, 'live');
  await bell(page).click();
  await expect(lines(page).first()).toBeVisible();
  expect(await wholly(page, '#bell-panel .line .line-words'), 'its words are in the window').toBe(true);
  // The panel's header and footer don't cover the notification that is scrolled to.
  await lines(page).nth(2).locator('.line-words').scrollIntoViewIfNeeded();
  const covered = await lines(page).nth(2).locator('.line-words').evaluate((element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return !element.contains(document.elementFromPoint(left + width / 3, top + height / 2));
  });
  expect(covered).toBe(false);
});

test('everything that is pressed is at least 24 pixels large', async ({ person, visit }) => {
  const { bo, work } = await critiqued(person);
  for (const width of [320, 1_200]) {
    const page = await visit('/', bo, { viewport: { width, height: 740 } });
    for (const path of ['/', `/artworks/${work.id}`, '/@bo', '/notifications', '/settings/sessions', '/login', '/artworks/new']) {
      await page.goto(path);
      if (path === '/') await bell(page).click();
      const { violations } = await new AxeBuilder({ page }).withRules(['target-size']).analyze();
      expect.soft(violations.flatMap(({ nodes }) => nodes.map(({ html }) => html)), `${path} at ${width} px`).toEqual([]);
    }
  }
});

test('titles and names are headings, each title is read once, and a button says whose critique it is about', async ({ person, visit }) => {
  const { ann, bo, work } = await critiqued(person, 2);
  for (const who of [undefined, bo]) {
    const page = await visit('/', who);
    await expect(page.getByRole('link', { name: 'Dusk', exact: true })).toHaveCount(1);
    await expect(page.getByRole('heading', { name: 'Dusk', level: 3 })).toBeVisible();
    await page.goto(`/artworks/${work.id}`);
    await expect(page.getByRole('heading', { name: 'Ann', level: 3 })).toHaveCount(2);
    const helpful = page.getByRole('article').first().getByRole(who ? 'button' : 'link', { name: 'Helpful', exact: true });
    await expect(helpful).toHaveAccessibleDescription('Ann');
    for (const path of ['/', `/artworks/${work.id}`, '/@bo', '/@ann', '/login']) {
      await page.goto(path);
      const levels = await page.locator('h1, h2, h3, h4').evaluateAll((headings) => headings.map((heading) => Number(heading.tagName[1])));
      expect(levels.filter((level) => level === 1), `${path} has one title`).toHaveLength(1);
      levels.forEach((level, n) => expect(level - (levels[n - 1] ?? 0), `${path}: no level is left out of ${levels.join()}`).toBeLessThanOrEqual(1));
    }
  }
  const page = await visit(`/artworks/${work.id}`, ann);
  await expect(page.getByRole('article').first().locator('summary').first()).toHaveAccessibleDescription(/^Ann just now$/);
});

test('the foot stands at the end of the window, and head, content and foot share their edges', async ({ person, visit }) => {
  await critiqued(person, 0);
  for (const width of [390, 2_560]) {
    const page = await visit('/login', undefined, { viewport: { width, height: 1_300 } });
    for (const path of ['/login', '/@bo']) {
      await page.goto(path);
      expect(await page.evaluate(() => innerHeight - (document.querySelector('footer')?.getBoundingClientRect().bottom ?? 0)), path).toBeLessThan(1);
    }
    await page.goto('/');
    const edges = await page.evaluate(() => {
      const left = (selector: string) => Math.round(document.querySelector(selector)?.getBoundingClientRect().left ?? -1);
      return [left('.brand'), left('.card'), left('footer p')];
    });
    expect(new Set(edges).size, edges.join()).toBe(1);
  }
});

test('what can not be pressed looks so', async ({ person, visit }) => {
  const { bo } = await critiqued(person, 1);
  const page = await visit('/', bo);
  await standing(page, 'live');
  await bell(page).click();
  const button = panel(page).getByRole('button', { name: 'Mark all as read' });
  const look = () => button.evaluate((element) => JSON.stringify([getComputedStyle(element).color, getComputedStyle(element).borderStyle]));
  const enabled = await look();
  await button.click();
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  expect(await look()).not.toBe(enabled);
  await button.hover();
  expect(await look()).not.toBe(enabled);
});

for (const javaScriptEnabled of [true, false]) {
  test(`edit and delete can be called off ${javaScriptEnabled ? '' : 'without JavaScript'}`, async ({ person, visit }) => {
    const { ann, bo, work } = await critiqued(person, 1);
    const page = await visit(`/artworks/${work.id}`, ann, { javaScriptEnabled });
    if (javaScriptEnabled) await standing(page, 'live');
    const article = page.getByRole('article');
    await article.getByText('Edit', { exact: true }).click();
    await article.getByLabel('Your words').fill('Other words.');
    await article.getByRole('link', { name: 'Cancel' }).click();
    await expect(article.getByLabel('Your words')).toBeHidden();
    if (javaScriptEnabled) await expect(article.getByText('Edit', { exact: true })).toBeFocused();
    await article.getByText('Edit', { exact: true }).click();
    await expect(article.getByLabel('Your words')).toHaveValue('Mind the edges, 0.');
    await article.getByText('Delete', { exact: true }).click();
    await article.locator('.confirm').getByRole('link', { name: 'Cancel' }).click();
    await expect(page.getByRole('button', { name: 'Delete for good' })).toBeHidden();

    const own = await visit(`/artworks/${work.id}`, bo, { javaScriptEnabled });
    if (javaScriptEnabled) await standing(own, 'live');
    await own.locator('.about summary').click();
    await own.getByRole('link', { name: 'Cancel' }).click();
    await expect(own.getByRole('button', { name: 'Delete for good' })).toBeHidden();
    await expect(page.getByRole('article')).toHaveCount(1);
  });
}

test('names and titles that run from right to left turn nothing around them, and stand where others do', async ({ person, site, visit, device }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const context = await device();
  const data = { handle: 'leila', display_name: NAME, email: 'leila@example.org', password: 'a long secret' };
  expect((await context.request.post(`${site.url}/api/accounts`, { data })).status()).toBe(201);
  const work = await bo.post(TITLE, 1);
  await ann.critique(work, 'Mind the edges.');
  await context.request.post(`${site.url}/api/artworks/${work.id}/critiques`, { data: { body: 'خوب است.' } });
  const page = await visit('/', bo);
  await standing(page, 'live');
  const left = (selector: string) => page.locator(selector).first().evaluate((element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return Math.round(range.getBoundingClientRect().left);
  });
  expect(await left('.card-title')).toBe(await left('.card-meta .person'));
  // In the sentence the name stays before the verb and the title after it.
  await bell(page).click();
  const places = await lines(page).first().locator('.line-words').evaluate((element) => {
    const spot = (needle: string) => {
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const at = node.textContent?.indexOf(needle) ?? -1;
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + needle.length);
        return range.getBoundingClientRect().left;
      }
      return -1;
    };
    return [spot('لیلا'), spot('critiqued'), spot('غروب'), spot('”')];
  });
  expect([...places].sort((a, b) => a - b), places.join()).toEqual(places);
  await page.goto(`/artworks/${work.id}`);
  expect(await left('h1')).toBe(await left('.about .by'));
  expect(await page.title(), 'the document’s title isolates it').toContain(`\u2068${TITLE}\u2069 by Bo`);
});

test('a page says what it is to those who link to it', async ({ person, visit, site }) => {
  const { work } = await critiqued(person, 1);
  const page = await visit('/');
  const content = (name: string) => page.locator(`head meta[property="${name}"], head meta[name="${name}"]`).getAttribute('content');
  const canonical = () => page.locator('link[rel=canonical]').getAttribute('href');
  expect(await canonical()).toBe(`${site.url}/`);
  expect(await content('description')).toBeTruthy();
  await page.getByRole('link', { name: 'Dusk' }).click();
  await expect(page).toHaveURL(`/artworks/${work.id}`);
  await expect.poll(canonical, 'what is shared is what is shown').toBe(`${site.url}/artworks/${work.id}`);
  await page.reload();
  expect(await canonical()).toBe(`${site.url}/artworks/${work.id}`);
  expect(await content('og:title')).toContain('Dusk by Bo');
  expect(await content('og:url')).toBe(`${site.url}/artworks/${work.id}`);
  expect(await content('twitter:card')).toBe('summary_large_image');
  const image = await page.request.get((await content('og:image')) ?? '');
  expect(image.headers()['content-type']).toMatch(/^image\/(jpeg|png)$/);
  for (const [path, type] of [['/manifest.webmanifest', 'application/manifest+json'], ['/apple-touch-icon.png', 'image/png'], ['/share.png', 'image/png']]) {
    const answer = await page.request.get(path ?? '');
    expect([answer.status(), answer.headers()['content-type']]).toEqual([200, type]);
  }
  const manifest = (await (await page.request.get('/manifest.webmanifest')).json()) as { icons: { src: string }[] };
  for (const { src } of manifest.icons) expect((await page.request.get(src)).status()).toBe(200);
});
