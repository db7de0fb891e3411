import type { Page } from '@playwright/test';
import { standing } from './support/bell';
import { expect, test } from './support/test';

/** Inserts text at once, like a paste. */
const paste = (page: Page, text: string) => page.evaluate((text) => document.execCommand('insertText', false, text), text);

test('nothing is cut: what is too long is counted, said and not sent', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('At length');
  const page = await visit(`/artworks/${work.id}`, ann);
  await standing(page, 'live');
  let sent = 0;
  page.on('request', (request) => (sent += Number(request.url().includes('/actions/post_critique'))));
  const [field, post] = [page.getByLabel('Your critique'), page.getByRole('button', { name: 'Post critique' })];
  await field.focus();
  await paste(page, 'é'.repeat(10_012));
  await expect(page.getByText('12 characters too many: 10,000 fit.')).toBeVisible();
  expect((await field.inputValue()).length).toBe(10_012);
  await expect(field).toHaveAccessibleDescription(/12 characters too many/);
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await post.click();
  await expect(field, 'it says so').toBeFocused();
  expect(await field.evaluate((field: HTMLTextAreaElement) => field.validationMessage)).toBe('Please shorten this by 12 characters: 10,000 fit.');
  await expect(page.getByRole('article')).toHaveCount(0);
  expect((await field.inputValue()).length).toBe(10_012);
  expect(sent).toBe(0);

  await field.press('End');
  for (let n = 0; n < 13; n++) await field.press('Backspace');
  await expect(page.getByText('1 character left.')).toBeVisible();
  await expect(field).not.toHaveAttribute('aria-invalid');
  // Counts like the server: an emoji beyond the basic plane is one character, and surrounding white
  // space is not counted.
  await field.press('End');
  await paste(page, '🖼  \n');
  await expect(page.getByText('0 characters left.')).toBeVisible();
  await post.click();
  await expect(page.getByRole('article')).toHaveCount(1);
  await expect(page.getByText('sending…')).toHaveCount(0);
  expect(sent).toBe(1);
});

test('every other field for words says the same', async ({ person, visit }) => {
  const bo = await person('Bo');
  const work = await bo.post('At length');
  const page = await visit('/artworks/new', bo);
  await standing(page, 'live');
  await page.getByLabel('Title').fill('x'.repeat(121));
  await expect(page.getByText('1 character too many: 120 fit.')).toBeVisible();
  await page.getByLabel('Title').fill('x'.repeat(120));
  await expect(page.getByText('0 characters left.')).toBeVisible();
  await page.getByLabel('Description').fill('x'.repeat(5_003));
  await expect(page.getByText('3 characters too many: 5,000 fit.')).toBeVisible();
  await page.goto(`/artworks/${work.id}/edit`);
  await page.getByLabel('Description').fill('x'.repeat(5_004));
  await expect(page.getByText('4 characters too many: 5,000 fit.')).toBeVisible();
  await page.goto('/register');
});

test('far too much, sent past the page, is refused in words', async ({ person, visit, watch }) => {
  watch.allow({ text: /status of 422/ });
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Flood');
  const page = await visit(`/artworks/${work.id}`, ann);
  await standing(page, 'live');
  await page.getByLabel('Your critique').evaluate((field: HTMLTextAreaElement) => {
    field.value = 'x'.repeat(600_000);
    field.removeAttribute('data-limit');
  });
  await page.getByRole('button', { name: 'Post critique' }).click();
  await expect(page.getByLabel('Your critique')).toHaveAccessibleDescription(/10,000 characters; this has 600,000/);
  expect((await page.getByLabel('Your critique').inputValue()).length).toBe(600_000);
});
