import type { Page } from '@playwright/test';
import { standing } from './support/bell';
import type { Person } from './support/people';
import { expect, test } from './support/test';

/** More than one page of works. */
const WORKS = 30;

async function hang(bo: Person, works = WORKS): Promise<void> {
  for (let n = 1; n <= works; n++) await bo.post(`Work ${n}`, n);
}

const titles = (page: Page) => page.locator('.card-title').allTextContents();
const newestFirst = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, n) => `Work ${from - n}`);

test('the gallery goes on by itself when its end comes near, each work once', async ({ person, visit }) => {
  const bo = await person('Bo');
  await hang(bo);
  const page = await visit('/', bo);
  await standing(page, 'live');
  expect(await titles(page)).toEqual(newestFirst(WORKS, WORKS - 23));
  await page.locator('.card').last().scrollIntoViewIfNeeded();
  await expect(page.locator('.card-title')).toHaveCount(WORKS);
  expect(await titles(page)).toEqual(newestFirst(WORKS, 1));
  await expect(page.getByRole('status').filter({ hasText: '6 more works' })).toBeAttached();
  await expect(page.getByRole('link', { name: 'Older work' })).toHaveCount(0);
});

test('the gallery goes on by itself after a navigation within the page, too', async ({ person, visit }) => {
  const bo = await person('Bo');
  await hang(bo);
  const page = await visit('/@bo', bo);
  await standing(page, 'live');
  await page.getByRole('link', { name: 'ArtCritique' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Gallery' })).toBeAttached();
  await expect(page.locator('.card-title')).toHaveCount(24);
  await page.locator('.card').last().scrollIntoViewIfNeeded();
  await expect(page.locator('.card-title')).toHaveCount(WORKS);
});

test('coming back from a work finds the list as far as it had gone, at the same place', async ({ person, visit }) => {
  const bo = await person('Bo');
  await hang(bo);
  const page = await visit('/', bo);
  await standing(page, 'live');
  await page.locator('.card').last().scrollIntoViewIfNeeded();
  await expect(page.locator('.card-title')).toHaveCount(WORKS);
  const oldest = page.locator('.card-link', { hasText: /^Work 2$/ });
  await oldest.scrollIntoViewIfNeeded();
  const scrolled = await page.evaluate(() => scrollY);
  await oldest.click();
  await expect(page.getByRole('heading', { level: 1, name: 'Work 2' })).toBeVisible();
  // Over a slow connection.
  await page.route('**/actions/list_artworks*', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await route.continue();
  });
  await page.goBack();
  await expect(page.locator('.card-title')).toHaveCount(WORKS);
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(scrolled);
  await expect(oldest).toBeInViewport();
  await page.getByRole('link', { name: 'ArtCritique' }).click();
  await expect.poll(() => page.evaluate(() => scrollY), 'a link leads to the top').toBe(0);
});

test('without JavaScript a link leads to the older works', async ({ person, visit }) => {
  const bo = await person('Bo');
  await hang(bo);
  for (const path of ['/', '/@bo']) {
    const page = await visit(path, undefined, { javaScriptEnabled: false });
    await expect(page.locator('.card-title')).toHaveCount(24);
    await page.getByRole('link', { name: 'Older work' }).click();
    await expect(page.locator('.card-title')).toHaveText(newestFirst(6, 1));
  }
});

test('nothing on the gallery moves while it loads', async ({ person, device }) => {
  const bo = await person('Bo');
  await hang(bo, 8);
  for (const who of [undefined, bo]) {
    const page = await (await device(who)).newPage();
    await page.addInitScript(() => {
      const state = Object.assign(window, { shift: 0, shifted: [] as string[] });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number; sources?: { node?: Node }[] })[]) {
          state.shift += entry.value;
          state.shifted.push(...(entry.sources ?? []).map(({ node }) => (node instanceof Element ? node.className : String(node?.nodeName))));
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto('/', { waitUntil: 'networkidle' });
    if (who) await standing(page, 'live');
    await expect.poll(() => page.evaluate(() => [...document.images].filter((image) => image.loading === 'eager').every((image) => image.complete))).toBe(true);
    const { shift, shifted } = await page.evaluate(() => ({ ...(window as unknown as { shift: number; shifted: string[] }) }));
    expect(shift, `moved: ${shifted?.join(', ')}`).toBeLessThan(0.02);
  }
});
