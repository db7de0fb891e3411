import { standing, unread } from './support/bell';
import { pictureFile } from './support/picture';
import { expect, test } from './support/test';
import { status } from './support/watch';

test('Helpful flips at once, and is put back with a message when the server refuses', async ({ person, device, watch }) => {
  watch.allow({ text: /net::ERR_FAILED/, url: /\/actions\/set_helpful$/ }, status(500, /\/actions\/set_helpful$/));
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Optimist');
  const critique = await ann.critique(work, 'Brighter.');
  const context = await device(bo);
  const page = await context.newPage();
  await page.goto(`/artworks/${work.id}`);
  await standing(page, 'live');
  const article = page.locator(`#critique-${critique.id}`);
  const helpful = article.getByRole('button', { name: 'Helpful' });

  for (const refuse of ['no answer', 'a fault'] as const) {
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    await page.route('**/actions/set_helpful', async (route) => {
      await held;
      if (refuse === 'no answer') await route.abort();
      else await route.fulfill({ status: 500, contentType: 'text/plain', body: 'Out of paint' });
    });
    await helpful.click();
    await expect(helpful, 'at once').toHaveAttribute('aria-pressed', 'true');
    await expect(article.locator('.count')).toContainText('1 found this helpful');
    answer();
    await expect(helpful, 'put back').toHaveAttribute('aria-pressed', 'false');
    await expect(article.locator('.count')).toContainText('0 found this helpful');
    await expect(article.getByRole('alert')).toHaveText(/try again|back/i);
    await page.unroute('**/actions/set_helpful');
  }
  expect((await ann.inbox()).items).toHaveLength(0);

  await helpful.click();
  await expect(helpful).toHaveAttribute('aria-pressed', 'true');
  await expect(article.getByRole('alert'), 'the message goes with the next try').toBeEmpty();
  await expect.poll(async () => (await ann.inbox()).items.length).toBe(1);
  await page.reload();
  await expect(helpful).toHaveAttribute('aria-pressed', 'true');
});

test('quick clicks on Helpful end in what was clicked last, with one notice at most', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Fidget');
  const critique = await ann.critique(work, 'Restless.');
  const [page, anns] = [await visit(`/artworks/${work.id}`, bo), await visit('/', ann)];
  await Promise.all([standing(page, 'live'), standing(anns, 'live')]);
  const helpful = page.locator(`#critique-${critique.id}`).getByRole('button', { name: 'Helpful' });
  for (let n = 0; n < 7; n++) await helpful.click();
  await expect(helpful).toHaveAttribute('aria-pressed', 'true');
  await unread(anns, 1);
  expect((await ann.inbox()).items).toHaveLength(1);
  await expect(page.locator(`#critique-${critique.id} .count`)).toContainText('1 found this helpful');
});

test('a critique that could not be sent keeps its words: in the field, over a reload, over signing in again; then the draft goes', async ({ person, device, watch }) => {
  watch.allow({ text: /net::ERR_FAILED/, url: /\/actions\/post_critique$/ });
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Draft');
  const context = await device(ann);
  const page = await context.newPage();
  await page.goto(`/artworks/${work.id}`);
  await standing(page, 'live');
  const field = page.getByLabel('Your critique');
  const words = 'Words that took\n\nan hour to find.';

  await page.route('**/actions/post_critique', (route) => route.abort());
  await field.fill(words);
  await page.getByRole('button', { name: 'Post critique' }).click();
  await expect(page.getByRole('alert').filter({ hasText: "The site can't be reached." })).toBeVisible();
  await expect(field).toHaveValue(words);
  await expect(field).toBeFocused();
  await expect(page.getByRole('article'), 'the stand-in is gone').toHaveCount(0);
  await page.unroute('**/actions/post_critique');

  await page.reload();
  await standing(page, 'live');
  await expect(field).toHaveValue(words);

  await page.getByLabel('Account of Ann').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('link', { name: 'Sign in' })).toBeVisible();
  await page.goto(`/artworks/${work.id}`);
  await page.getByRole('link', { name: 'Sign in to write a critique' }).click();
  await page.getByLabel('Handle').fill(ann.handle);
  await page.getByLabel('Password').fill(ann.password);
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
  await standing(page, 'live');
  await expect(page).toHaveURL(`/artworks/${work.id}#write`);
  await expect(field).toHaveValue(words);

  await page.getByRole('button', { name: 'Post critique' }).click();
  await expect(page.getByRole('article')).toHaveCount(1);
  await expect(page.getByText('sending…')).toHaveCount(0);
  await expect(field).toHaveValue('');
  await page.reload();
  await standing(page, 'live');
  await expect(page.getByRole('article')).toHaveCount(1);
  await expect(field, 'the draft is gone').toHaveValue('');
});

test('a critique whose answer was lost is posted once, though its words are sent again', async ({ person, device, watch }) => {
  watch.allow({ text: /net::ERR_FAILED/, url: /\/actions\/post_critique$/ });
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Lost answer');
  const context = await device(ann);
  const page = await context.newPage();
  await page.goto(`/artworks/${work.id}`);
  await standing(page, 'live');
  const field = page.getByLabel('Your critique');
  const words = 'Said once,\n\nwhatever the network does.';
  await page.route('**/actions/post_critique', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await field.fill(words);
  await page.getByRole('button', { name: 'Post critique' }).click();
  await expect(page.getByRole('alert').filter({ hasText: "The site can't be reached." })).toBeVisible();
  await expect(field).toHaveValue(words);

  await page.unroute('**/actions/post_critique');
  await page.reload();
  await standing(page, 'live');
  await expect(page.getByRole('article'), 'it had been posted').toHaveCount(1);
  await expect(field).toHaveValue(words);
  await page.getByRole('button', { name: 'Post critique' }).click();
  await expect(field).toHaveValue('');
  await expect(page.getByText('sending…')).toHaveCount(0);
  await expect(page.getByRole('article')).toHaveCount(1);

  await field.fill(words);
  await page.getByRole('button', { name: 'Post critique' }).click();
  await expect(page.getByRole('article'), 'the same words said again are another critique').toHaveCount(2);
  await expect(page.getByText('sending…')).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole('article')).toHaveCount(2);
});

test('of two critiques under way at once, the one whose answer was lost is posted once', async ({ person, visit, watch }) => {
  watch.allow({ text: /net::ERR_FAILED/, url: /\/actions\/post_critique$/ });
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Two at once');
  const page = await visit(`/artworks/${work.id}`, ann);
  await standing(page, 'live');
  let lose = (): void => undefined;
  const lost = new Promise<void>((resolve) => (lose = resolve));
  await page.route('**/actions/post_critique', async (route) => {
    if (!route.request().postData()?.includes('Lost')) return route.continue();
    await route.fetch();
    await lost;
    await route.abort();
  });
  const [field, send] = [page.getByLabel('Your critique'), page.getByRole('button', { name: 'Post critique' })];
  await field.fill('Lost.');
  await send.click();
  await field.fill('Heard.');
  await send.click();
  await expect(page.getByRole('article').filter({ hasText: 'Heard.' }).getByText('sending…')).toHaveCount(0);
  lose();
  await expect(field).toHaveValue('Lost.');
  await page.unroute('**/actions/post_critique');
  await send.click();
  await expect(field).toHaveValue('');
  await expect(page.getByText('sending…')).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole('article')).toHaveCount(2);
  expect((await bo.inbox()).items).toHaveLength(2);
});

test('an upload that is refused says where, and one whose answer was lost is one work', async ({ person, visit, watch }) => {
  watch.allow(status(415, /\/artworks\/new\?send$/), { text: /net::ERR_FAILED/, url: /\/artworks\/new\?send$/ });
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  await ann.follow(bo);
  const page = await visit('/artworks/new', bo);
  const [image, publish] = [page.getByLabel('Image'), page.getByRole('button', { name: 'Publish' })];
  await page.getByLabel('Title').fill('Once');
  await image.setInputFiles({ name: 'work.png', mimeType: 'image/png', buffer: Buffer.from('no picture at all') });
  await publish.click();
  await expect(image).toBeFocused();
  await expect(image).toHaveAttribute('aria-invalid', 'true');
  await expect(image).toHaveAccessibleDescription(/Please choose a JPEG/);

  await page.route(/\/artworks\/new\?send$/, async (route) => {
    await route.fetch();
    await route.abort();
  });
  await image.setInputFiles(pictureFile());
  await publish.click();
  await expect(page.getByRole('alert').filter({ hasText: 'No answer came.' })).toBeVisible();
  await expect(image).not.toHaveAttribute('aria-invalid');
  await page.unroute(/\/artworks\/new\?send$/);
  await publish.click();
  await expect(page.getByRole('heading', { name: 'Once', level: 1 })).toBeVisible();
  await page.goto(`/@${bo.handle}`);
  await expect(page.getByRole('link', { name: /Once/ })).toHaveCount(1);
  expect((await ann.inbox()).items).toHaveLength(1);
});

test('a critique stands there while it is under way, and words typed meanwhile are kept', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Slow post');
  const page = await visit(`/artworks/${work.id}`, ann);
  await standing(page, 'live');
  let send = (): void => undefined;
  const held = new Promise<void>((resolve) => (send = resolve));
  await page.route('**/actions/post_critique', async (route) => {
    await held;
    await route.continue();
  });
  const field = page.getByLabel('Your critique');
  await field.fill('First part.');
  await page.getByRole('button', { name: 'Post critique' }).click();
  await expect(page.getByRole('article')).toContainText('First part.');
  await expect(page.getByRole('article')).toContainText('sending…');
  await field.fill('Second part, not sent yet.');
  send();
  await expect(page.getByText('sending…')).toHaveCount(0);
  await expect(page.getByRole('article')).toHaveCount(1);
  await expect(field).toHaveValue('Second part, not sent yet.');
  await page.reload();
  await standing(page, 'live');
  await expect(field).toHaveValue('Second part, not sent yet.');
});

test('a critique is edited and deleted in place; a refused deletion brings it back', async ({ person, visit, watch }) => {
  watch.allow({ text: /net::ERR_FAILED/, url: /\/actions\/delete_critique$/ });
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('In place');
  await ann.critique(work, 'Frist draft.');
  const page = await visit(`/artworks/${work.id}`, ann);
  await standing(page, 'live');
  await page.evaluate(() => (window.alive = true));
  const article = page.getByRole('article');
  await article.locator('summary', { hasText: 'Edit' }).click();
  await article.getByLabel('Your words').fill('First draft.');
  await article.getByRole('button', { name: 'Save' }).click();
  await expect(article.locator('.prose')).toHaveText('First draft.');
  await expect(article.getByText('edited')).toBeVisible();

  await page.route('**/actions/delete_critique', (route) => route.abort());
  const said = new Promise<string>((resolve) => page.once('dialog', (dialog) => dialog.accept().then(() => resolve(dialog.message()))));
  await article.locator('summary', { hasText: 'Delete' }).click();
  await article.getByRole('button', { name: 'Delete for good' }).click();
  expect(await said).toContain("The site can't be reached.");
  await expect(article).toHaveCount(1);
  await page.unroute('**/actions/delete_critique');
  await article.locator('summary', { hasText: 'Delete' }).click();
  await article.getByRole('button', { name: 'Delete for good' }).click();
  await expect(article).toHaveCount(0);
  expect(await page.evaluate(() => window.alive), 'no reload').toBe(true);
});
