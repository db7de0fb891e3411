import { bell, recordToasts, Sockets, standing, toastsShown, unread } from './support/bell';
import { launchOptions } from './support/browser';
import { expect, test } from './support/test';

// Playwright turns the back/forward cache off; people have it on.
test.use({ launchOptions: { ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] } });

test('a page back from the back/forward cache has what happened meanwhile, and a socket again', async ({ person, device }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Looking back');
  const context = await device(bo);
  await recordToasts(context);
  await context.addInitScript(() => {
    window.addEventListener('pageshow', (event) => {
      if (event.persisted) window.alive = true;
    });
  });
  const page = await context.newPage();
  const sockets = new Sockets(page);
  await page.goto('/');
  await standing(page, 'live');

  await page.goto('/favicon.svg');
  await ann.critique(work, 'While you were away.');
  await page.evaluate(() => history.back());
  await expect(page).toHaveURL('/');
  await expect.poll(() => page.evaluate(() => window.alive), 'the page was kept').toBe(true);
  await standing(page, 'live');
  await unread(page, 1);
  expect(sockets.holders()).toHaveLength(1);
  expect(sockets.opened).toBe(2);

  await ann.critique(work, 'Now that you are back.');
  await unread(page, 2);
  expect((await toastsShown(page)).filter((words) => words.includes('Now that you are back.'))).toHaveLength(1);
  await bell(page).click();
  await expect(page.getByRole('region', { name: 'Notifications' }).getByRole('listitem')).toHaveCount(2);
});
