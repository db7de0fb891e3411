import type { Page } from '@playwright/test';
import { pictureFile } from './picture';
import { expect, test } from './test';

/**
 * Presses Back. `page.goBack` would wait for a load, and a page from the back/forward cache has
 * none.
 */
async function back(page: Page): Promise<void> {
  const from = page.url();
  await page.evaluate(() => history.back()).catch(() => undefined);
  await expect(page).not.toHaveURL(from);
}

/** Going back to a form keeps its idempotency key: sending the same text again changes nothing. */
export function formsThatAreGoneBackTo(): void {
  for (const script of [true, false]) {
    const way = script ? 'with' : 'without';

    test(`${way} JavaScript: a work published again from the form that was gone back to is the same work`, async ({ person, visit }) => {
      const bo = await person('Bo');
      const page = await visit('/artworks/new', bo, { javaScriptEnabled: script });
      if (script) await page.waitForLoadState('networkidle');
      const publish = async (title: string) => {
        await page.getByLabel('Title').fill(title);
        await page.getByLabel('Image').setInputFiles(pictureFile());
        await page.getByRole('button', { name: 'Publish' }).click();
        await expect(page.getByRole('heading', { name: title, level: 1 })).toBeVisible();
        return page.url();
      };
      const first = await publish('Once');
      await back(page);
      if (script) await page.waitForLoadState('networkidle');
      expect(await publish('Once'), 'the same attempt is the same thing').toBe(first);
      await back(page);
      if (script) await page.waitForLoadState('networkidle');
      expect(await publish('Something else'), 'other content is another work').not.toBe(first);
      await page.goto('/artworks/new');
      if (script) await page.waitForLoadState('networkidle');
      expect(await publish('Once'), 'a fresh form is another attempt').not.toBe(first);
    });
  }

  test('without JavaScript: a critique posted again from the form that was gone back to is the same critique', async ({ person, visit }) => {
    const [ann, bo] = [await person('Ann'), await person('Bo')];
    const work = await bo.post('Gone back to');
    const page = await visit(`/artworks/${work.id}`, ann, { javaScriptEnabled: false });
    const post = async (words: string) => {
      await page.getByLabel('Your critique').fill(words);
      await page.getByRole('button', { name: 'Post critique' }).click();
      await expect(page).toHaveURL(/#critique-\d+$/);
    };
    await post('Only once.');
    await back(page);
    await expect(page).not.toHaveURL(/#critique/);
    await post('Only once.');
    await expect(page.getByRole('article')).toHaveCount(1);
    await back(page);
    await post('Other words.');
    await expect(page.getByRole('article')).toHaveCount(2);
    await page.goto(`/artworks/${work.id}`);
    await post('Only once.');
    await expect(page.getByRole('article')).toHaveCount(3);
  });
}
