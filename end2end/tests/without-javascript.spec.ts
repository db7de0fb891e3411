import type { Page, Response } from '@playwright/test';
import { bell } from './support/bell';
import { pictureFile } from './support/picture';
import { expect, test } from './support/test';
import { status } from './support/watch';

const PLAIN = { javaScriptEnabled: false };

/** Runs an action that leads to a page, and returns that page's response. */
async function leadsTo(page: Page, act: () => Promise<void>): Promise<Response> {
  const [response] = await Promise.all([
    page.waitForResponse((response) => response.request().isNavigationRequest() && response.status() !== 303),
    act(),
  ]);
  return response;
}

const click = (page: Page, name: string) => () => page.getByRole('main').getByRole('button', { name, exact: true }).click();

test('without JavaScript: register, publish, edit, delete, sign out and in', async ({ visit }) => {
  const page = await visit('/', undefined, PLAIN);
  await page.getByRole('link', { name: 'Join' }).click();
  await page.getByLabel('Handle').fill('bo');
  await page.getByLabel('Display name').fill('Bo');
  await page.getByLabel('E-mail').fill('bo@example.org');
  await page.getByLabel('Password').fill('a long secret of Bo');
  expect((await leadsTo(page, click(page, 'Create account'))).status()).toBe(200);
  await expect(page).toHaveURL('/');
  await expect(page.getByLabel('Account of Bo')).toBeVisible();

  await page.getByRole('navigation', { name: 'Site' }).getByRole('link', { name: 'Post a work' }).click();
  await page.getByLabel('Title').fill('Plain');
  await page.getByLabel('Image').setInputFiles(pictureFile());
  await page.getByLabel('Description').fill('No **script** at all.');
  await leadsTo(page, click(page, 'Publish'));
  await expect(page).toHaveURL(/\/artworks\/\d+$/);
  await expect(page.getByRole('heading', { name: 'Plain', level: 1 })).toBeVisible();
  await expect(page.getByRole('img', { name: 'Plain by Bo' })).toBeVisible();
  const work = page.url();

  await page.getByRole('link', { name: 'Edit' }).click();
  await page.getByLabel('Title').fill('Plainer');
  await leadsTo(page, click(page, 'Save'));
  await expect(page).toHaveURL(work);
  await expect(page.getByRole('heading', { name: 'Plainer', level: 1 })).toBeVisible();

  await page.getByLabel('Account of Bo').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL('/');
  await page.getByRole('link', { name: /Plainer/ }).click();
  await page.getByRole('link', { name: 'Sign in to write a critique' }).click();
  await page.getByLabel('Handle').fill('bo');
  await page.getByLabel('Password').fill('a long secret of Bo');
  await leadsTo(page, click(page, 'Sign in'));
  await expect(page, 'back where the sign-in began').toHaveURL(`${work}#write`);

  await page.locator('summary', { hasText: 'Delete' }).click();
  await leadsTo(page, click(page, 'Delete for good'));
  await expect(page).toHaveURL('/@bo');
  await expect(page.getByText('No works here yet.')).toBeVisible();
});

test('without JavaScript: critique, edit it, find one helpful, take that back, delete', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Plain');
  const path = `/artworks/${work.id}`;
  const anns = await visit(path, ann, PLAIN);
  await anns.getByLabel('Your critique').fill('Lines too *straight*.');
  await leadsTo(anns, click(anns, 'Post critique'));
  await expect(anns).toHaveURL(/\/artworks\/\d+#critique-\d+$/);
  const article = anns.getByRole('article');
  await expect(article).toContainText('Lines too straight.');
  await expect(article.getByRole('button', { name: 'Helpful' }), 'nobody finds their own helpful').toHaveCount(0);

  await article.locator('summary', { hasText: 'Edit' }).click();
  await article.getByLabel('Your words').fill('Lines a little too straight.');
  await leadsTo(anns, click(anns, 'Save'));
  await expect(article).toContainText('Lines a little too straight.');
  await expect(article.getByText('edited')).toBeVisible();

  const bos = await visit(path, bo, PLAIN);
  const helpful = bos.getByRole('article').getByRole('button', { name: 'Helpful' });
  for (const [pressed, words] of [['true', '1 found this helpful'], ['false', '0 found this helpful']] as const) {
    await leadsTo(bos, () => helpful.click());
    await expect(helpful).toHaveAttribute('aria-pressed', pressed);
    await expect(bos.getByRole('article').locator('.count')).toContainText(words);
  }

  await article.locator('summary', { hasText: 'Delete' }).click();
  await leadsTo(anns, click(anns, 'Delete for good'));
  await expect(anns.getByRole('article')).toHaveCount(0);
  await expect(anns.getByRole('heading', { name: 'No critiques yet' })).toBeVisible();
});

test('without JavaScript: the bell leads to the list; a link marks as read, a button marks the rest', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Plain');
  const critique = await ann.critique(work, 'First thoughts.');
  await ann.critique(work, 'Second thoughts.');
  const page = await visit('/', bo, PLAIN);
  await expect(page).toHaveTitle('(2) ArtCritique');
  await expect(bell(page)).toHaveAccessibleName('Notifications, 2 unread');
  await bell(page).click();
  await expect(page).toHaveURL(/\/notifications\??$/);
  const items = page.getByRole('main').getByRole('list').last().getByRole('listitem');
  await expect(items).toHaveCount(2);
  await expect(items.nth(0)).toContainText('Second thoughts.');
  await items.nth(1).getByRole('link', { name: /^Unread: Ann critiqued “Plain”/ }).click();
  await expect(page).toHaveURL(`/artworks/${work.id}#critique-${critique.id}`);
  await expect(bell(page)).toHaveAccessibleName('Notifications, 1 unread');

  await page.goto('/notifications?filter=unread');
  await expect(items).toHaveCount(1);
  await leadsTo(page, click(page, 'Mark all as read'));
  await expect(page).toHaveURL('/notifications?filter=unread');
  await expect(page.getByText('Nothing unread.')).toBeVisible();
  await expect(bell(page)).toHaveAccessibleName('Notifications, none unread');
  await page.getByRole('link', { name: 'All', exact: true }).click();
  await leadsTo(page, () => items.nth(0).getByRole('button', { name: /^Mark as unread/ }).click());
  await expect(bell(page)).toHaveAccessibleName('Notifications, 1 unread');
});

// With JavaScript too: these are plain forms in both cases, and the page shown again has to
// hydrate.
for (const script of [false, true]) {
  const options = { javaScriptEnabled: script };
  const way = script ? 'with' : 'without';

  test(`${way} JavaScript: a refused registration keeps what was typed and says beside each field what is wrong`, async ({ person, visit, watch }) => {
    watch.allow(status(422, /\/actions\/register$/));
    await person('Bo');
    const page = await visit('/register', undefined, options);
    await page.getByLabel('Handle').fill('bo');
    await page.getByLabel('Display name').fill('Bo the “Second” <b>');
    await page.getByLabel('E-mail').fill('second@example.org');
    await page.getByLabel('Password').fill('short');
    expect((await leadsTo(page, click(page, 'Create account'))).status()).toBe(422);
    await page.waitForLoadState('networkidle');
    await expect(page.getByLabel('Password')).toHaveAccessibleDescription(/at least 8 characters/);
    await expect(page.getByLabel('Password')).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByLabel('Password')).toHaveValue('');
    await expect(page.getByLabel('Display name')).toHaveValue('Bo the “Second” <b>');
    await expect(page.getByLabel('E-mail')).toHaveValue('second@example.org');

    await page.getByLabel('Password').fill('long enough for anybody');
    expect((await leadsTo(page, click(page, 'Create account'))).status()).toBe(422);
    await expect(page.getByLabel('Handle')).toHaveAccessibleDescription(/That handle is taken/);
    await expect(page.getByLabel('Handle')).toHaveValue('bo');
    await page.getByLabel('Handle').fill('second');
    await page.getByLabel('Password').fill('long enough for anybody');
    await leadsTo(page, click(page, 'Create account'));
    await expect(page).toHaveURL('/');
  });

  test(`${way} JavaScript: a refused sign-in says so, keeps the handle, and still leads where it was to lead`, async ({ person, visit, watch }) => {
    watch.allow(status(401, /\/actions\/sign_in$/));
    const bo = await person('Bo');
    const work = await bo.post('Behind the door');
    const page = await visit(`/login?next=/artworks/${work.id}`, undefined, options);
    await page.getByLabel('Handle').fill('bo');
    await page.getByLabel('Password').fill('not the secret');
    expect((await leadsTo(page, click(page, 'Sign in'))).status()).toBe(401);
    await page.waitForLoadState('networkidle');
    await expect(page.getByRole('alert').filter({ hasText: "That handle and password don't match." })).toBeVisible();
    await expect(page.getByLabel('Handle')).toHaveValue('bo');
    await expect(page.getByLabel('Password')).toHaveValue('');
    await page.getByLabel('Password').fill(bo.password);
    await leadsTo(page, click(page, 'Sign in'));
    await expect(page).toHaveURL(`/artworks/${work.id}`);
  });

  test(`${way} JavaScript: a refused edit of a work keeps what was typed`, async ({ person, visit, watch }) => {
    watch.allow(status(422, /\/actions\/edit_artwork$/));
    const bo = await person('Bo');
    const work = await bo.post('Named');
    const page = await visit(`/artworks/${work.id}/edit`, bo, options);
    await page.getByLabel('Title').fill('   ');
    await page.getByLabel('Description').fill('Kept </textarea><b>words</b>');
    expect((await leadsTo(page, click(page, 'Save'))).status()).toBe(422);
    await page.waitForLoadState('networkidle');
    await expect(page.getByLabel('Title')).toHaveAccessibleDescription(/Please enter a title/);
    await expect(page.getByLabel('Description')).toHaveValue('Kept </textarea><b>words</b>');
    await page.getByLabel('Title').fill('Renamed');
    await leadsTo(page, click(page, 'Save'));
    await expect(page.getByRole('heading', { name: 'Renamed', level: 1 })).toBeVisible();
  });

  test(`${way} JavaScript: an upload that is no picture is refused beside the field, with title and description kept`, async ({ person, visit, watch }) => {
    watch.allow(status(415, /\/artworks\/new\?send$/));
    const page = await visit('/artworks/new', await person('Bo'), options);
    await page.getByLabel('Title').fill('Not a picture');
    await page.getByLabel('Description').fill('Only words.');
    await page.getByLabel('Image').setInputFiles({ name: 'work.png', mimeType: 'image/png', buffer: Buffer.from('no picture at all') });
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.request().method() === 'POST'),
      page.getByRole('button', { name: 'Publish' }).click(),
    ]);
    expect(answer.status()).toBe(415);
    await expect(page.getByLabel('Image')).toHaveAccessibleDescription(/Please choose a JPEG, PNG, WebP or GIF picture/);
    await expect(page.getByLabel('Title')).toHaveValue('Not a picture');
    await expect(page.getByLabel('Description')).toHaveValue('Only words.');
    await page.getByLabel('Image').setInputFiles(pictureFile());
    await page.getByRole('button', { name: 'Publish' }).click();
    await expect(page.getByRole('heading', { name: 'Not a picture', level: 1 })).toBeVisible();
  });
}

test('without JavaScript: a critique whose button is pressed twice is posted once', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Pressed twice');
  const page = await visit(`/artworks/${work.id}`, ann, PLAIN);
  const attempt = await page.locator('#write').locator('[name=attempt]').inputValue();
  await page.getByLabel('Your critique').fill('Once.');
  await leadsTo(page, click(page, 'Post critique'));
  const form = { artwork_id: work.id, attempt, body: 'Once.' };
  const again = await page.request.post('/actions/post_critique', { form, headers: { accept: 'text/html', origin: new URL(page.url()).origin } });
  expect(again.status()).toBe(200);
  await page.goto(`/artworks/${work.id}`);
  await expect(page.getByRole('article')).toHaveCount(1);
  expect((await bo.inbox()).items).toHaveLength(1);
});

test('without JavaScript: a refused critique keeps its words beside the reason', async ({ person, visit, watch }) => {
  watch.allow(status(422, /\/actions\/(post|edit)_critique(#[\w-]+)?$/));
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Plain');
  await ann.critique(work, 'Something.');
  const page = await visit(`/artworks/${work.id}`, ann, PLAIN);
  await page.getByLabel('Your critique').fill('   ');
  expect((await leadsTo(page, click(page, 'Post critique'))).status()).toBe(422);
  await expect(page.getByLabel('Your critique')).toHaveAccessibleDescription(/Please enter your critique/);
  await expect(page.getByLabel('Your critique')).toHaveValue('   ');

  await page.goto(`/artworks/${work.id}`);
  await page.locator('summary', { hasText: 'Edit' }).click();
  await page.getByLabel('Your words').fill('  ');
  expect((await leadsTo(page, click(page, 'Save'))).status()).toBe(422);
  await expect(page.getByLabel('Your words'), 'the form is open again').toBeVisible();
  await expect(page.getByLabel('Your words')).toHaveAccessibleDescription(/Please enter your critique/);
  await expect(page.getByLabel('Your critique'), 'the other form is not to blame').not.toHaveAttribute('aria-invalid', 'true');
});

for (const options of [{ javaScriptEnabled: true }, PLAIN]) {
  test(`${options.javaScriptEnabled ? 'with' : 'without'} JavaScript: pages that are not there, or not for everyone, say so with the right status`, async ({ person, visit, watch }) => {
    watch.allow(status(404, /\/(nowhere|artworks\/99|@nobody)/), status(401, /\/(notifications|settings)/), status(403, /\/edit$/));
    const [ann, bo] = [await person('Ann'), await person('Bo')];
    const work = await bo.post('Mine');
    const [stranger, anns] = [await visit('/', undefined, options), await visit('/', ann, options)];
    for (const [page, path, code, words] of [
      [stranger, '/nowhere', 404, 'Not here'],
      [stranger, '/nowhere/at/all', 404, 'Not here'],
      [stranger, '/artworks/99', 404, 'Not here'],
      [stranger, '/@nobody', 404, 'Not here'],
      [stranger, '/notifications', 401, 'Please sign in'],
      [stranger, '/settings', 401, 'Please sign in'],
      [stranger, '/settings/sessions', 401, 'Please sign in'],
      [anns, `/artworks/${work.id}/edit`, 403, 'Not yours to change'],
    ] as const) {
      const response = await page.goto(path);
      expect(response?.status(), path).toBe(code);
      if (options.javaScriptEnabled) await page.waitForLoadState('networkidle');
      await expect(page.getByRole('heading', { name: words, level: 1 })).toBeVisible();
    }
  });
}
