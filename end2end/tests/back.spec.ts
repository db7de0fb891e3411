import type { Page } from '@playwright/test';
import { standing } from './support/bell';
import { launchOptions } from './support/browser';
import { signIn, signOut } from './support/session';
import { expect, test } from './support/test';

// Playwright disables the back/forward cache; browsers have it enabled.
test.use({ launchOptions: { ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] } });

const SECRET = 'What Ann thinks of it';

/**
 * Presses Back through this tab's whole history, and runs `look` on each page once it has loaded.
 */
async function allTheWayBack(page: Page, look: () => Promise<void>): Promise<void> {
  const steps = await page.evaluate(() => history.length);
  for (let step = 1; step < steps; step++) {
    await page.evaluate(() => void setTimeout(() => history.back()));
    // No event reports that a cached page is shown; a page of another person then reloads itself.
    await page.waitForTimeout(300);
    await expect(async () => {
      expect(await page.evaluate(() => document.readyState)).toBe('complete');
      await look();
    }).toPass();
  }
}

for (const next of ['nobody', 'Cy'] as const) {
  test(`pressing Back after Ann signed out shows ${next === 'nobody' ? 'a guest' : 'the next person'} nothing that was hers`, async ({ person, device, watch }) => {
    watch.allow({ text: /status of 401/ }, { text: /HTTP Authentication failed/ });
    const [ann, bo, cy] = [await person('Ann'), await person('Bo'), await person('Cy')];
    const work = await bo.post('Back');
    const own = await ann.post('Of Ann');
    await bo.critique(own, 'Only Ann was told of this.');
    const page = await (await device()).newPage();
    await page.goto('/register');
    await page.getByLabel('E-mail').fill('ann@secret.example');
    await signIn(page, ann);
    await page.goto('/settings');
    await standing(page, 'live');
    await page.goto('/notifications');
    await standing(page, 'live');
    await page.goto('/artworks/new');
    await standing(page, 'live');
    await page.getByLabel('Title').fill(SECRET);
    await page.goto(`/artworks/${work.id}`);
    await standing(page, 'live');
    await page.getByLabel('Your critique').fill(SECRET);
    await page.waitForTimeout(1_000);
    await signOut(page, ann);
    if (next === 'Cy') await signIn(page, cy);

    await allTheWayBack(page, async () => {
      expect(await page.getByLabel('Account of Ann').count()).toBe(0);
      expect(await page.evaluate(() => getComputedStyle(document.documentElement).visibility)).toBe('visible');
      const shown = await page.evaluate(() => {
        const fields = [...document.querySelectorAll<HTMLInputElement>('input, textarea')].map((field) => field.value);
        return `${document.body.innerText}\n${fields.join('\n')}`;
      });
      for (const secret of [SECRET, 'ann@secret.example', 'Only Ann was told of this.']) expect(shown, page.url()).not.toContain(secret);
    });
  });
}

test('a page that is Ann’s is still hers on the way back, with what she typed', async ({ person, device }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Back');
  const page = await (await device(ann)).newPage();
  await page.goto(`/artworks/${work.id}`);
  await standing(page, 'live');
  await page.getByLabel('Your critique').fill(SECRET);
  await page.goto('/settings');
  await page.evaluate(() => history.back());
  await expect(page).toHaveURL(`/artworks/${work.id}`);
  await standing(page, 'live');
  await expect(page.getByLabel('Your critique')).toHaveValue(SECRET);
  await expect(page.getByLabel('Your critique')).toBeVisible();
});
