import type { Page } from '@playwright/test';
import { bell, panel, standing, toasts, unread } from './support/bell';
import { expect, test } from './support/test';
import { status } from './support/watch';

/** The text of the page's live regions. */
const said = (page: Page) => page.evaluate(() => [...document.querySelectorAll('[role=status], [aria-live]')].map((region) => region.textContent).join('\n'));

/** The time a toast stays, in milliseconds. */
const TOAST = 8_000;

for (const way of ['pointer', 'focus'] as const) {
  test(`a toast stays while it has the ${way}, and goes a while later`, async ({ person, device }) => {
    const [ann, bo] = [await person('Ann'), await person('Bo')];
    const work = await bo.post('Timing');
    const context = await device(bo);
    const page = await context.newPage();
    await page.clock.install();
    await page.goto('/');
    await standing(page, 'live');
    await ann.critique(work, 'Take your time.');
    const toast = toasts(page).getByRole('link');
    await expect(toast).toBeVisible();
    if (way === 'pointer') await toast.hover();
    else await toast.focus();
    for (let waited = 0; waited < 5 * TOAST; waited += TOAST) await page.clock.fastForward(TOAST);
    await expect(toast).toBeVisible();
    if (way === 'pointer') await page.mouse.move(1, 1);
    else await page.getByRole('link', { name: 'ArtCritique' }).focus();
    await page.clock.fastForward(TOAST / 2);
    await expect(toast, 'not at once').toBeVisible();
    await page.clock.fastForward(TOAST);
    await expect(toasts(page)).toBeEmpty();
  });
}

test('Escape and Dismiss close a toast, and no focus is lost', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Dismissed');
  const page = await visit('/', bo);
  await standing(page, 'live');
  const dismiss = toasts(page).getByRole('button', { name: 'Dismiss' });

  await ann.critique(work, 'One.');
  await dismiss.focus();
  await page.keyboard.press('Escape');
  await expect(toasts(page)).toBeEmpty();
  await expect(bell(page)).toBeFocused();

  await ann.critique(work, 'Two.');
  await dismiss.focus();
  await page.keyboard.press('Enter');
  await expect(toasts(page)).toBeEmpty();
  await expect(bell(page)).toBeFocused();

  await ann.critique(work, 'Three.');
  await dismiss.focus();
  await bo.markRead((await bo.inbox()).cursor);
  await expect(toasts(page), 'what it tells of was read elsewhere').toBeEmpty();
  await expect(bell(page)).toBeFocused();

  await ann.critique(work, 'Four.');
  await expect(dismiss).toBeVisible();
  await page.getByRole('link', { name: 'ArtCritique' }).focus();
  await page.keyboard.press('Escape');
  await expect(toasts(page)).toBeEmpty();
  await expect(page.getByRole('link', { name: 'ArtCritique' }), 'a focus elsewhere stays there').toBeFocused();
});

test('a posted critique is announced, and has the focus', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Announced');
  const page = await visit(`/artworks/${work.id}`, ann);
  await standing(page, 'live');
  await page.getByLabel('Your critique').fill('Heard by all.');
  await page.getByLabel('Your critique').press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('article').filter({ hasText: 'Heard by all.' })).toBeFocused();
  expect(await said(page)).toContain('Your critique is posted.');
  await expect(toasts(page), 'it is no news to its author').toBeEmpty();
});

test('going offline and coming back is announced once each, with the panel closed', async ({ person, device, watch }) => {
  watch.allow({ text: /ERR_INTERNET_DISCONNECTED/ });
  const bo = await person('Bo');
  const context = await device(bo);
  await context.addInitScript(() => {
    const heard: string[] = [];
    Object.assign(window, { heard });
    new MutationObserver(() => {
      for (const region of document.querySelectorAll('[role=status]')) {
        const words = region.textContent ?? '';
        if (words && heard.at(-1) !== words) heard.push(words);
      }
    }).observe(document, { subtree: true, childList: true, characterData: true });
  });
  const page = await context.newPage();
  await page.goto('/settings');
  await standing(page, 'live');
  const heard = () => page.evaluate(() => (window as unknown as { heard: string[] }).heard);
  expect(await heard(), 'nothing to tell').toEqual([]);
  await context.setOffline(true);
  await standing(page, 'offline');
  await expect.poll(heard).toEqual([expect.stringContaining('You are offline.')]);
  await expect(panel(page)).toBeHidden();
  await context.setOffline(false);
  await standing(page, 'live');
  await expect.poll(heard).toEqual([expect.stringContaining('You are offline.'), expect.stringContaining('Connected again.')]);
  await page.goto('/');
  await page.goBack();
  await standing(page, 'live');
  expect((await heard()).filter((words) => words.includes('offline'))).not.toContain('again');
});

for (const javaScriptEnabled of [true, false]) {
  test(`${javaScriptEnabled ? 'with' : 'without'} JavaScript: a refused form says so first in the title, and has the focus at what is wrong`, async ({ person, visit, watch }) => {
    watch.allow(status(401, /sign_in$/), status(422, /(register|edit_artwork|change_password)$/));
    const bo = await person('Bo');
    const work = await bo.post('Mine');
    const page = await visit('/login', undefined, { javaScriptEnabled });
    await page.getByLabel('Handle').fill('bo');
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveTitle(/^Error: Sign in/);
    await expect(page.getByRole('alert').filter({ hasText: /\w/ })).toBeFocused();

    await page.goto('/register');
    await page.getByLabel('Handle').fill('bo');
    await page.getByLabel('Display name').fill('Bo');
    await page.getByLabel('E-mail').fill('bo@second.example');
    await page.getByLabel('Password').fill('short');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page).toHaveTitle(/^Error: Join/);
    await expect(page.getByLabel('Password')).toBeFocused();
    await expect(page.getByLabel('Password')).toHaveAttribute('aria-invalid', 'true');

    const bos = await visit(`/artworks/${work.id}/edit`, bo, { javaScriptEnabled });
    await bos.getByLabel('Title').fill('   ');
    await bos.getByRole('button', { name: 'Save' }).click();
    await expect(bos).toHaveTitle(/^Error: Edit/);
    await expect(bos.getByLabel('Title')).toBeFocused();
  });
}

test('a count in the title and an error in it do not get in each other’s way', async ({ person, visit, watch }) => {
  watch.allow(status(422, /edit_artwork$/));
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Mine');
  await ann.critique(work, 'One.');
  const page = await visit(`/artworks/${work.id}/edit`, bo);
  await page.getByLabel('Title').fill('   ');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page).toHaveTitle('(1) Error: Edit · ArtCritique');
  await standing(page, 'live');
  await unread(page, 1);
});
