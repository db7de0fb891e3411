import type { Page } from '@playwright/test';
import { Sockets, standing } from './support/bell';
import { expect, test } from './support/test';
import { status } from './support/watch';

/** The timeout for a change to show; the page promises one second. */
const soon = { timeout: 1_500 };

/** The distance of an article from the top of the window. */
const top = (page: Page, id: number): Promise<number> => page.locator(`#critique-${id}`).evaluate((article) => article.getBoundingClientRect().top);

test('guests and people in several tabs see what happens to a work while they look, without moving what they read', async ({ person, device }) => {
  const [ann, bo, cy] = [await person('Ann'), await person('Bo'), await person('Cy')];
  const work = await bo.post('Watched');
  const critiques = [];
  for (let n = 0; n < 12; n++) critiques.push(await ann.critique(work, `Number ${n}. ${'Long enough to be read for a while. '.repeat(12)}`));
  const [guests, bos] = [await device(), await device(bo)];
  const sockets = [new Sockets(guests), new Sockets(bos)];
  const pages: Page[] = [];
  for (const context of [guests, bos, bos]) {
    const page = await context.newPage();
    await page.goto(`/artworks/${work.id}`);
    pages.push(page);
  }
  await standing(pages[1] as Page, 'live');
  await expect.poll(() => sockets.map(({ opened }) => opened), { message: 'one socket a browser' }).toEqual([1, 1]);
  // Gives the server time to register the watches.
  for (const page of pages) await page.waitForTimeout(1_200);

  const read = critiques[5]?.id ?? 0;
  const places: number[] = [];
  for (const page of pages) {
    await page.locator(`#critique-${read}`).evaluate((article) => article.scrollIntoView({ block: 'center' }));
    await page.waitForTimeout(200);
    places.push(await top(page, read));
  }
  const unmoved = async (after: string) => {
    for (const [n, page] of pages.entries()) {
      await expect.poll(async () => Math.abs((await top(page, read)) - (places[n] ?? 0)), { message: `page ${n}: ${after}`, timeout: 1_000 }).toBeLessThan(1);
    }
  };

  const fresh = await cy.critique(work, 'Just arrived.');
  for (const page of pages) await expect(page.getByRole('button', { name: '1 new critique', exact: true })).toBeVisible(soon);
  await unmoved('a critique arrived');
  await cy.critique(work, 'And another.');
  for (const page of pages) {
    const button = page.getByRole('button', { name: '2 new critiques', exact: true });
    await expect(button).toBeVisible(soon);
    // Not `click`, which scrolls to the button.
    await button.dispatchEvent('click');
    await expect(page.locator(`#critique-${fresh.id}`)).toContainText('Just arrived.');
    await expect(button).toHaveCount(0);
  }
  await unmoved('what arrived was shown');

  const above = critiques[8];
  if (!above) throw new Error('twelve were posted');
  await ann.edit(above, 'Much shorter now.');
  for (const page of pages) await expect(page.locator(`#critique-${above.id}`)).toContainText('Much shorter now.', soon);
  await unmoved('one above was edited');
  await cy.helpful(above);
  for (const page of pages) await expect(page.locator(`#critique-${above.id} .count`)).toContainText('1 found this helpful', soon);
  await ann.takeBack(above);
  for (const page of pages) await expect(page.locator(`#critique-${above.id}`)).toHaveCount(0, soon);
  await unmoved('one above was deleted');
  expect(sockets.map(({ opened }) => opened), 'still one socket a browser').toEqual([1, 1]);
});

test('a critique that is edited elsewhere is not overwritten from an editor that is open', async ({ person, visit, watch }) => {
  watch.allow(status(409, /\/actions\/edit_critique$/));
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Two tabs');
  const critique = await ann.critique(work, 'As it was.');
  const page = await visit(`/artworks/${work.id}`, ann);
  await standing(page, 'live');
  const article = page.locator(`#critique-${critique.id}`);
  await article.locator('summary', { hasText: 'Edit' }).click();
  await article.getByLabel('Your words').fill('Typed here.');
  await ann.edit(critique, 'Saved elsewhere.');
  await expect(article.locator('.prose').first()).toHaveText('Saved elsewhere.');
  await expect(article.getByLabel('Your words'), 'what was typed stays').toHaveValue('Typed here.');
  await article.getByRole('button', { name: 'Save' }).click();
  await expect(article.getByRole('alert')).toContainText('changed elsewhere');
  await expect(article.locator('blockquote')).toHaveText('Saved elsewhere.');
  await expect(article.getByLabel('Your words')).toHaveValue('Typed here.');
  await article.getByRole('button', { name: 'Save' }).click();
  await expect(article.locator('.prose').first()).toHaveText('Typed here.');
});

test('a long list goes on without a reload, and a link to the far end of it leads there', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Much discussed');
  const critiques = [];
  for (let n = 0; n < 60; n++) critiques.push(await ann.critique(work, `Number ${n}.`));
  const page = await visit(`/artworks/${work.id}`);
  await page.waitForLoadState('networkidle');
  await expect(page.getByRole('article')).toHaveCount(50);
  await expect(page.getByRole('heading', { name: '60 critiques' })).toBeVisible();
  await page.getByRole('link', { name: 'Older critiques' }).click();
  await expect(page.getByRole('article')).toHaveCount(60);
  const oldest = critiques[0]?.id ?? 0;
  const stranger = await visit(`/artworks/${work.id}#critique-${oldest}`);
  await expect(stranger.locator(`#critique-${oldest}`)).toBeFocused();
  const lost = await visit(`/artworks/${work.id}#critique-999999`);
  await expect(lost.getByText('no longer here')).toBeVisible();
});
