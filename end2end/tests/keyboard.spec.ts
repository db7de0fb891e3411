import type { Locator, Page } from '@playwright/test';
import { bell, lines, panel, standing, unread } from './support/bell';
import { expect, test } from './support/test';

/** Presses Tab until the target has the focus. */
async function tabTo(page: Page, target: Locator, most = 40): Promise<void> {
  for (let presses = 0; presses < most; presses++) {
    await page.keyboard.press('Tab');
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`${target} could not be reached with ${most} presses of Tab`);
}

test('the skip link comes first and leads past the header', async ({ visit }) => {
  const page = await visit('/login');
  // Before hydration the browser moves the focus; after it, the page must not interfere.
  await page.waitForLoadState('networkidle');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.locator('#main')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('Handle')).toBeFocused();
});

test('keyboard only: sign in, open the bell, go to a critique, find it helpful, answer it', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Without a mouse');
  const critique = await ann.critique(work, 'Mind the edges.');
  const page = await visit('/login');

  await test.step('sign in', async () => {
    await tabTo(page, page.getByLabel('Handle'), 10);
    await page.keyboard.type(bo.handle);
    await page.keyboard.press('Tab');
    await page.keyboard.type(bo.password);
    await page.keyboard.press('Enter');
    await standing(page, 'live');
    await unread(page, 1);
  });

  await test.step('Enter and Space open the bell, Escape closes it and gives the focus back', async () => {
    await tabTo(page, bell(page));
    for (const key of ['Enter', 'Space']) {
      await expect(bell(page)).toHaveAttribute('aria-expanded', 'false');
      await page.keyboard.press(key);
      await expect(panel(page)).toBeVisible();
      await expect(bell(page)).toHaveAttribute('aria-expanded', 'true');
      await tabTo(page, lines(page).getByRole('link').first(), 5);
      await page.keyboard.press('Escape');
      await expect(panel(page)).toBeHidden();
      await expect(bell(page)).toBeFocused();
    }
  });

  await test.step('an item leads to its critique', async () => {
    await page.keyboard.press('Enter');
    await tabTo(page, lines(page).getByRole('link').first(), 5);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(`/artworks/${work.id}#critique-${critique.id}`);
    await expect(page.locator(`#critique-${critique.id}`)).toBeFocused();
    await unread(page, 0);
  });

  await test.step('Space toggles Helpful', async () => {
    const helpful = page.locator(`#critique-${critique.id}`).getByRole('button', { name: 'Helpful' });
    await tabTo(page, helpful, 5);
    for (const pressed of ['true', 'false', 'true']) {
      await page.keyboard.press('Space');
      await expect(helpful).toHaveAttribute('aria-pressed', pressed);
      await expect(helpful, 'keeps the focus').toBeFocused();
    }
  });

  await test.step('post a critique', async () => {
    await page.getByRole('heading', { name: '1 critique' }).focus();
    await tabTo(page, page.getByLabel('Your critique'), 3);
    await page.keyboard.type('Thank you, edges minded.');
    await tabTo(page, page.getByRole('button', { name: 'Post critique' }), 3);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('article')).toHaveCount(2);
    await expect(page.getByRole('article').first()).toContainText('Thank you, edges minded.');
    await expect(page.getByText('sending…')).toHaveCount(0);
  });
  expect((await ann.inbox()).items.map((item) => item.url)).toContain(`/artworks/${work.id}#critique-${critique.id}`);
});

for (const mark of ['Mark as read', 'Mark all as read'] as const) {
  test(`in the panel the focus stays in the panel after “${mark}”`, async ({ person, visit }) => {
    const [ann, bo] = [await person('Ann'), await person('Bo')];
    const work = await bo.post('Focus');
    for (const words of ['One.', 'Two.']) await ann.critique(work, words);
    const page = await visit('/', bo);
    await standing(page, 'live');
    await bell(page).focus();
    await page.keyboard.press('Enter');
    await tabTo(page, panel(page).getByRole('button', { name: new RegExp(`^${mark}`) }).first(), 6);
    await page.keyboard.press('Enter');
    await unread(page, mark === 'Mark as read' ? 1 : 0);
    await expect.poll(() => panel(page).evaluate((panel) => panel.contains(document.activeElement))).toBe(true);
  });
}

test('the account menu closes once it has led somewhere', async ({ person, visit }) => {
  const page = await visit('/', await person('Bo'));
  await standing(page, 'live');
  await page.getByLabel('Account of Bo').click();
  await page.getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByRole('heading', { name: 'Settings', level: 1 })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeHidden();
});

test('panel and menu close when the focus leaves them', async ({ person, visit }) => {
  const page = await visit('/', await person('Bo'));
  await standing(page, 'live');
  const menu = page.getByLabel('Account of Bo');
  await bell(page).focus();
  await page.keyboard.press('Enter');
  await expect(panel(page)).toBeVisible();
  await tabTo(page, menu, 10);
  await expect(panel(page)).toBeHidden();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  await tabTo(page, page.getByRole('main').getByRole('link').first(), 10);
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeHidden();
});

test('the focus is where one was after changing and after deleting a critique, and after following', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Second thoughts');
  const critique = await ann.critique(work, 'Mind the edges.');
  const page = await visit(`/artworks/${work.id}`, ann);
  await standing(page, 'live');
  const article = page.getByRole('article', { name: 'Critique by Ann' });

  await article.getByText('Edit', { exact: true }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Mind all edges.');
  await tabTo(page, article.getByRole('button', { name: 'Save' }), 4);
  await page.keyboard.press('Enter');
  await expect(article).toContainText('edited');
  await expect(article).toBeFocused();
  await expect(article).toHaveAttribute('id', `critique-${critique.id}`);

  await article.getByText('Delete', { exact: true }).focus();
  await page.keyboard.press('Enter');
  await tabTo(page, article.getByRole('button', { name: 'Delete for good' }), 4);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'No critiques yet' })).toBeFocused();

  await page.goto(`/@${bo.handle}`);
  await standing(page, 'live');
  await page.getByRole('button', { name: 'Follow' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Unfollow' })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Unfollow' })).toBeFocused();
});
