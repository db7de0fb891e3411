import type { Page } from '@playwright/test';
import { standing } from './support/bell';
import { endSessions, signIn, signInHere, signOut } from './support/session';
import { expect, test } from './support/test';

const field = (page: Page) => page.getByLabel('Your critique');

test('a draft left at sign-out is shown to nobody else in the same browser, and again to whoever typed it', async ({ person, device }) => {
  const [ann, bo, cy] = [await person('Ann'), await person('Bo'), await person('Cy')];
  const work = await bo.post('Shared laptop');
  const own = await ann.post('My own');
  const page = await (await device(ann)).newPage();
  await page.goto('/artworks/new');
  await standing(page, 'live');
  await page.getByLabel('Title').fill('A title of Ann’s');
  await page.getByLabel('Description').fill('A description of Ann’s');
  await page.goto(`/artworks/${own.id}/edit`);
  await standing(page, 'live');
  await page.getByLabel('Title').fill('My own, renamed');
  await page.goto(`/artworks/${work.id}`);
  await standing(page, 'live');
  await field(page).fill('What Ann thinks of it');
  await signOut(page, ann);

  await page.goto(`/artworks/${work.id}`);
  await expect(page.getByRole('link', { name: 'Sign in to write a critique' })).toBeVisible();
  await signIn(page, cy);
  for (const [path, label] of [[`/artworks/${work.id}`, 'Your critique'], ['/artworks/new', 'Title'], ['/artworks/new', 'Description']] as const) {
    await page.goto(path);
    await standing(page, 'live');
    await expect(page.getByLabel(label), `${label} for Cy`).toHaveValue('');
  }
  await page.goto(`/artworks/${work.id}`);
  await standing(page, 'live');
  await field(page).fill('What Cy thinks of it');
  await signOut(page, cy);

  await signIn(page, ann);
  await page.goto(`/artworks/${work.id}`);
  await standing(page, 'live');
  await expect(field(page)).toHaveValue('What Ann thinks of it');
  await page.goto('/artworks/new');
  await standing(page, 'live');
  await expect(page.getByLabel('Title')).toHaveValue('A title of Ann’s');
  await expect(page.getByLabel('Description')).toHaveValue('A description of Ann’s');
  await page.goto(`/artworks/${own.id}/edit`);
  await standing(page, 'live');
  await expect(page.getByLabel('Title')).toHaveValue('My own, renamed');
});

test('a draft from before drafts had an owner is shown to nobody', async ({ person, device }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Old habits');
  const context = await device(ann);
  const page = await context.newPage();
  await page.goto('/robots.txt');
  await page.evaluate((id) => localStorage.setItem(`artcritique-draft:critique-${id}`, 'Whose was this?'), work.id);
  await page.goto(`/artworks/${work.id}`);
  await standing(page, 'live');
  await expect(field(page)).toHaveValue('');
  expect(await page.evaluate((id) => localStorage.getItem(`artcritique-draft:critique-${id}`), work.id)).toBeNull();
});

test('when another person signs in in another tab, words that stand in a field are gone from it', async ({ person, device, watch }) => {
  watch.allow({ text: /HTTP Authentication failed/ }, { text: /status of 401/ });
  const [ann, bo, cy] = [await person('Ann'), await person('Bo'), await person('Cy')];
  const work = await bo.post('Two tabs');
  const context = await device(ann);
  const [tab, other] = [await context.newPage(), await context.newPage()];
  await tab.goto(`/artworks/${work.id}`);
  await standing(tab, 'live');
  await field(tab).fill('What Ann thinks of it');
  await other.goto('/');
  await standing(other, 'live');
  await signOut(other, ann);
  await signIn(other, cy);
  await expect(tab.getByLabel('Account of Cy')).toBeVisible();
  await standing(tab, 'live');
  await expect(field(tab)).toHaveValue('');
  await expect(tab.getByText('What Ann thinks of it')).toHaveCount(0);
});

for (const path of ['a work', 'a new work'] as const) {
  test(`a session that ends elsewhere while somebody types leaves the words to them: ${path}`, async ({ person, device, visit, watch }) => {
    watch.allow({ text: /HTTP Authentication failed/ }, { text: /status of 401/ });
    const [ann, bo, cy] = [await person('Ann'), await person('Bo'), await person('Cy')];
    const work = await bo.post('Overlong');
    const address = path === 'a work' ? `/artworks/${work.id}` : '/artworks/new';
    const label = path === 'a work' ? 'Your critique' : 'Description';
    const context = await device(ann);
    const page = await context.newPage();
    await page.goto(address);
    await standing(page, 'live');
    await page.evaluate(() => (window.alive = true));
    await page.getByLabel(label).fill('Words that took an hour');
    await endSessions(await visit('/', ann), ann);

    await expect(page.getByText('You are signed out. Your text is kept.')).toBeVisible();
    await expect(page.getByLabel(label)).toHaveValue('Words that took an hour');
    await page.getByLabel(label).press('End');
    await page.getByLabel(label).pressSequentially(', and more');
    expect(await page.evaluate(() => window.alive), 'no reload').toBe(true);

    await page.getByRole('link', { name: 'Sign in', exact: true }).last().click();
    await signInHere(page, ann);
    expect(new URL(page.url()).pathname).toBe(address);
    await expect(page.getByLabel(label)).toHaveValue('Words that took an hour, and more');

    await endSessions(await visit('/', ann), ann);
    await page.getByRole('link', { name: 'Sign in', exact: true }).last().click();
    await signInHere(page, cy);
    expect(new URL(page.url()).pathname).toBe(address);
    await expect(page.getByLabel(label), 'somebody else signed in').toHaveValue('');
  });
}

test('a critique that is sent signed out keeps its words, and says where to sign in once', async ({ person, device, watch }) => {
  watch.allow({ text: /status of 401/ }, { text: /HTTP Authentication failed/ });
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Expired');
  const context = await device(ann);
  const page = await context.newPage();
  await page.goto(`/artworks/${work.id}`);
  await standing(page, 'live');
  await field(page).fill('Too late');
  await context.clearCookies();
  await page.getByRole('button', { name: 'Post critique' }).click();
  await expect(page.getByText('You are signed out. Your text is kept.')).toHaveCount(1);
  await expect(field(page)).toHaveValue('Too late');
  await expect(page.getByRole('article')).toHaveCount(0);
});

test('words under edit come back, with the form open, until they are saved or cancelled', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Unfinished');
  await ann.critique(work, 'First words.');
  const page = await visit(`/artworks/${work.id}`, ann);
  await standing(page, 'live');
  const words = page.getByRole('article').getByLabel('Your words');
  await page.getByRole('article').locator('summary', { hasText: 'Edit' }).click();
  await words.fill('Better words.');
  await page.reload();
  await standing(page, 'live');
  await expect(words).toBeVisible();
  await expect(words).toHaveValue('Better words.');
  await page.getByRole('article').getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('article').locator('.prose')).toHaveText('Better words.');
  await page.reload();
  await standing(page, 'live');
  await expect(words).toBeHidden();

  await page.getByRole('article').locator('summary', { hasText: 'Edit' }).click();
  await words.fill('No, worse.');
  await page.getByRole('article').getByRole('link', { name: 'Cancel' }).click();
  await page.reload();
  await standing(page, 'live');
  await expect(words, 'what was cancelled').toBeHidden();
  await expect(words).toHaveValue('Better words.');
});

test('a form that goes the plain way ends its draft when it is taken, and keeps it when it is not', async ({ person, device, watch }) => {
  watch.allow({ text: /net::ERR_FAILED/, url: /\.wasm|post_critique/ }, { text: /preloaded using link preload but not used/ });
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Plain');
  const page = await (await device(ann)).newPage();
  await page.route('**/*.wasm', (route) => route.abort());
  await page.goto(`/artworks/${work.id}`);
  await field(page).fill('Sent without the program.');
  await page.route('**/actions/post_critique', (route) => route.abort());
  await Promise.all([
    page.waitForEvent('requestfailed', (request) => request.url().includes('post_critique')),
    page.getByRole('button', { name: 'Post critique' }).click({ noWaitAfter: true }),
  ]);
  await page.unroute('**/actions/post_critique');
  await page.unroute('**/*.wasm');
  await page.goto(`/artworks/${work.id}`);
  await standing(page, 'live');
  await expect(field(page), 'it was not taken').toHaveValue('Sent without the program.');

  await page.route('**/*.wasm', (route) => route.abort());
  await page.reload();
  await field(page).fill('Sent without the program.');
  await page.getByRole('button', { name: 'Post critique' }).click();
  await expect(page.getByRole('article').locator('.prose')).toHaveText('Sent without the program.');
  await page.unroute('**/*.wasm');
  await page.reload();
  await standing(page, 'live');
  await expect(field(page)).toHaveValue('');
});

test('words follow their work over a navigation within the page, and no other', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const [one, two] = [await bo.post('One'), await bo.post('Two')];
  const page = await visit(`/artworks/${one.id}`, ann);
  await standing(page, 'live');
  await field(page).fill('Of the first.');
  await page.locator('.about').getByRole('link', { name: 'Bo' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Bo' })).toBeVisible();
  await page.goBack();
  await expect(field(page), 'over another page').toHaveValue('Of the first.');

  // From work to work the same field may serve.
  await page.evaluate((path) => {
    const link = Object.assign(document.createElement('a'), { href: path, textContent: 'On to the second' });
    document.querySelector('.about')?.append(link);
  }, `/artworks/${two.id}`);
  await page.getByRole('link', { name: 'On to the second' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Two' })).toBeVisible();
  await expect(field(page), 'another work').toHaveValue('');
  await field(page).fill('Of the second.');
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'One' })).toBeVisible();
  await expect(field(page), 'back at the first').toHaveValue('Of the first.');
});
