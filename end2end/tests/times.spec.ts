import type { Page } from '@playwright/test';
import { bell, panel, standing, toasts } from './support/bell';
import { expect, test } from './support/test';

const EAST = { timezoneId: 'Pacific/Auckland' };
const critique = (page: Page) => page.locator('article.critique');

test('a moment is told as the time that has passed, exactly on hover, and stays fresh', async ({ person, device }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Dusk', 1);
  await ann.critique(work, 'Mind the edges.');
  const context = await device(bo, EAST);
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(`/artworks/${work.id}`);
  const times = page.locator('main time');
  await expect(times).toHaveText(['just now', 'just now']);
  const at = await times.first().getAttribute('datetime');
  expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  // In the reader's time zone.
  expect(await times.first().getAttribute('title')).toMatch(/\d{1,2}:\d\d:\d\d (GMT\+1[23]|NZ[DS]T)/);
  await standing(page, 'live');
  await expect(times, 'the program changes none of it').toHaveText(['just now', 'just now']);
  await page.clock.fastForward('03:00');
  await expect(times).toHaveText(['3 minutes ago', '3 minutes ago']);
  await page.clock.fastForward('05:00:00');
  await expect(times.first()).toHaveText('5 hours ago');
  await page.clock.fastForward('24:00:00');
  await expect(times.first()).toHaveText(/^(yesterday|2 days ago)$/);
  await page.clock.fastForward(10 * 86_400_000);
  const day = await page.evaluate((at) => new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' }).format(new Date(at ?? '')), at);
  await expect(times.first()).toHaveText(day);
});

test('news is told as it came: in the toast, in the panel, on its page', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Dusk', 1);
  const page = await visit('/', bo, EAST);
  await standing(page, 'live');
  await ann.critique(work, 'Mind the edges.');
  await expect(toasts(page).locator('time')).toHaveText('just now');
  await bell(page).click();
  await expect(panel(page).locator('time')).toHaveText('just now');
  await page.goto('/notifications');
  await expect(page.locator('main time')).toHaveText('just now');
  await page.goto('/settings/sessions');
  await expect(page.locator('main time').first()).toHaveText(/just now|minutes? ago/);
  await page.goto('/@bo');
  await expect(page.locator('main time')).toHaveText(await page.evaluate(() => new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' }).format()));
});

test('without JavaScript a moment names its zone', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Dusk', 1);
  await ann.critique(work, 'Mind the edges.');
  for (const path of [`/artworks/${work.id}`, '/notifications', '/settings/sessions', '/@bo']) {
    const page = await visit(path, bo, { javaScriptEnabled: false, ...EAST });
    const texts = await page.locator('main time').allTextContents();
    expect(texts.length, path).toBeGreaterThan(0);
    for (const text of texts) expect(text, path).toMatch(/^\d{1,2} [A-Z][a-z]{2} \d{4}(, \d\d:\d\d UTC| \(UTC\))$/);
  }
});

test('what was edited says when', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Dusk', 1);
  await ann.critique(work, 'Mind the edges.');
  const page = await visit(`/artworks/${work.id}`, ann);
  await standing(page, 'live');
  await critique(page).getByText('Edit', { exact: true }).click();
  await critique(page).getByLabel('Your words').fill('Mind the corners.');
  await critique(page).getByRole('button', { name: 'Save' }).click();
  await expect(critique(page).getByText(/^edited just now$/)).toBeVisible();
});
