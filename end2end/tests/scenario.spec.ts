import type { Page } from '@playwright/test';
import { bell, lines, panel, recordToasts, standing, toasts, toastsShown, unread } from './support/bell';
import { pictureFile } from './support/picture';
import { expect, test } from './support/test';

async function join(page: Page, name: string): Promise<void> {
  await page.goto('/register');
  await page.getByLabel('Handle').fill(name.toLowerCase());
  await page.getByLabel('Display name').fill(name);
  await page.getByLabel('E-mail').fill(`${name.toLowerCase()}@example.org`);
  await page.getByLabel('Password').fill(`a long secret of ${name}`);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page).toHaveURL('/');
  await standing(page, 'live');
}

test('three people: a critique and a helpful mark each reach the right person at once, and one click leads there', async ({ device }) => {
  const [anns, bos, cys] = [await device(), await device(), await device()];
  await recordToasts(anns);
  await recordToasts(bos);
  const [ann, bo, cy] = [await anns.newPage(), await bos.newPage(), await cys.newPage()];
  await Promise.all([join(ann, 'Ann'), join(bo, 'Bo'), join(cy, 'Cy')]);

  await test.step('Bo posts a work', async () => {
    await bo.getByRole('navigation', { name: 'Site' }).getByRole('link', { name: 'Post a work' }).click();
    await bo.getByLabel('Title').fill('Harbour at dusk');
    await bo.getByLabel('Image').setInputFiles(pictureFile());
    await bo.getByLabel('Description').fill('Is the *light* believable?');
    await bo.getByRole('button', { name: 'Publish' }).click();
    await expect(bo.getByRole('heading', { name: 'Harbour at dusk', level: 1 })).toBeVisible();
    await expect(bo.getByRole('img', { name: 'Harbour at dusk by Bo' })).toBeVisible();
  });
  const work = new URL(bo.url()).pathname;

  // Bo is on another page, with a second tab and a second device open.
  await bo.getByRole('link', { name: 'ArtCritique' }).click();
  await expect(bo).toHaveURL('/');
  const secondTab = await bos.newPage();
  await secondTab.goto('/settings');
  const phone = await (await device()).newPage();
  await phone.goto('/login');
  await phone.getByLabel('Handle').fill('bo');
  await phone.getByLabel('Password').fill('a long secret of Bo');
  await phone.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
  await Promise.all([bo, secondTab, phone].map((page) => standing(page, 'live')));
  await expect(toasts(bo), 'the live region is there before the first toast').toBeAttached();
  await expect(toasts(bo)).toBeEmpty();

  await test.step('Ann critiques it', async () => {
    await ann.goto(work);
    await standing(ann, 'live');
    await ann.getByLabel('Your critique').fill('The water **glows**, the quay does not.');
    await ann.getByRole('button', { name: 'Post critique' }).click();
    await expect(ann.getByRole('article').filter({ hasText: 'the quay does not' }).locator('strong')).toHaveText('glows');
    await expect(ann.getByLabel('Your critique')).toHaveValue('');
  });
  const article = ann.getByRole('article').filter({ hasText: 'the quay does not' });
  await expect(article).toHaveAttribute('id', /^critique-\d+$/);
  const critique = (await article.getAttribute('id')) ?? '';

  await test.step('Bo hears of it everywhere at once', async () => {
    for (const page of [bo, secondTab, phone]) await unread(page, 1);
    const words = (await toastsShown(bo, secondTab)).join('\n');
    expect(words).toContain('Ann critiqued “Harbour at dusk”');
    expect(await toastsShown(bo, secondTab)).toHaveLength(1);
  });

  await test.step('one click lands on the critique, which is read everywhere', async () => {
    const speaker = (await toastsShown(bo)).length === 1 ? bo : secondTab;
    await toasts(speaker).getByRole('link', { name: /Ann critiqued “Harbour at dusk”/ }).click();
    await expect(speaker).toHaveURL(`${work}#${critique}`);
    await expect(speaker.locator(`#${critique}`)).toBeFocused();
    await expect(speaker.locator(`#${critique}`)).toBeInViewport();
    for (const page of [bo, secondTab, phone]) await unread(page, 0);
  });

  await test.step('Cy finds it helpful, and Ann hears of that', async () => {
    await cy.goto(work);
    await standing(cy, 'live');
    const helpful = cy.locator(`#${critique}`).getByRole('button', { name: 'Helpful' });
    await expect(helpful).toHaveAttribute('aria-pressed', 'false');
    await helpful.click();
    await expect(helpful).toHaveAttribute('aria-pressed', 'true');
    await expect(cy.locator(`#${critique} .count`)).toContainText('1');

    await unread(ann, 1);
    expect(await toastsShown(ann)).toEqual([expect.stringContaining('Cy found your critique of “Harbour at dusk” helpful')]);
    await bell(ann).click();
    await expect(panel(ann).getByText('Live: news arrives at once.')).toBeVisible();
    await expect(lines(ann)).toHaveCount(1);
    await lines(ann).getByRole('link', { name: /^Unread: Cy found your critique/ }).click();
    await expect(ann).toHaveURL(`${work}#${critique}`);
    await expect(ann.locator(`#${critique}`)).toBeFocused();
    await unread(ann, 0);
  });

  await test.step('nobody was told of their own doing', async () => {
    await unread(cy, 0);
    await unread(bo, 0);
    expect(await toastsShown(bo, secondTab)).toHaveLength(1);
    expect(await toastsShown(ann)).toHaveLength(1);
  });
});

test('what is taken back leaves the bell and the count', async ({ person, visit }) => {
  const [ann, bo, cy] = [await person('Ann'), await person('Bo'), await person('Cy')];
  const work = await bo.post('Still life');
  const page = await visit('/', bo);
  await standing(page, 'live');
  const critique = await ann.critique(work, 'Too even a light.');
  await unread(page, 1);
  await ann.takeBack(critique);
  await unread(page, 0);
  await bell(page).click();
  await expect(lines(page)).toHaveCount(0);

  const second = await ann.critique(work, 'Second thoughts.');
  await unread(page, 1);
  const anns = await visit('/', ann);
  await standing(anns, 'live');
  await cy.helpful(second);
  await unread(anns, 1);
  await cy.notHelpful(second);
  await unread(anns, 0);
});

test('mark all as read takes what stood there, on every device; one line can be unread again', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Triptych');
  for (const words of ['Left', 'Middle', 'Right']) await ann.critique(work, words);
  const [desk, phone] = [await visit('/', bo), await visit('/notifications', bo)];
  await Promise.all([standing(desk, 'live'), standing(phone, 'live')]);
  await unread(desk, 3);
  await expect(phone.getByRole('main').getByRole('listitem').filter({ hasText: 'Unread:' })).toHaveCount(3);

  await bell(desk).click();
  await expect(lines(desk)).toHaveCount(3);
  await panel(desk).getByRole('button', { name: 'Mark all as read' }).click();
  for (const page of [desk, phone]) await unread(page, 0);
  await expect(phone.getByRole('main').getByRole('listitem').filter({ hasText: 'Unread:' })).toHaveCount(0);
  await expect(panel(desk), 'the panel stays open').toBeVisible();

  await lines(desk).filter({ hasText: 'Middle' }).getByRole('button', { name: /^Mark as unread/ }).click();
  for (const page of [desk, phone]) await unread(page, 1);
  await expect(lines(desk).filter({ hasText: 'Unread:' })).toHaveCount(1);
  await expect(lines(desk).filter({ hasText: 'Unread:' })).toContainText('Middle');
});

test('somebody looking at a work sees new critiques come without a reload', async ({ person, visit }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Nocturne');
  const page = await visit(`/artworks/${work.id}`, bo);
  await standing(page, 'live');
  await page.evaluate(() => (window.alive = true));
  await expect(page.getByRole('heading', { name: 'No critiques yet' })).toBeVisible();
  await ann.critique(work, 'More contrast at the left.');
  await expect(page.getByRole('article').getByText('More contrast at the left.')).toBeVisible();
  await expect(page.getByRole('heading', { name: '1 critique' })).toBeVisible();
  expect(await page.evaluate(() => window.alive)).toBe(true);
});

for (const way of ['a click', 'Enter'] as const) {
  test(`following a line of the panel with ${way} closes the panel and leads there`, async ({ person, visit }) => {
    const [ann, bo] = [await person('Ann'), await person('Bo')];
    const work = await bo.post('Follow me');
    const critique = await ann.critique(work, 'Here.');
    const page = await visit('/', bo);
    await standing(page, 'live');
    await bell(page).click();
    const link = lines(page).getByRole('link');
    await (way === 'Enter' ? link.press('Enter') : link.click());
    await expect(page.locator(`#critique-${critique.id}`)).toBeFocused();
    await unread(page, 0);
    await expect(panel(page)).toBeHidden();
  });
}

test('a link to a critique, opened cold, leads to that very critique', async ({ person, visit, device }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Deep link');
  for (let n = 1; n < 12; n++) await ann.critique(work, `Note ${n}.\n\nAnd more of it.`);
  const critique = await ann.critique(work, 'The one.');
  const stranger = await visit(`/artworks/${work.id}#critique-${critique.id}`);
  await expect(stranger.locator(`#critique-${critique.id}`)).toBeFocused();
  await expect(stranger.locator(`#critique-${critique.id}`)).toBeInViewport();
  // The address of a notification also marks it as read when its recipient has no page open.
  const page = await (await device(bo)).newPage();
  const newest = (await bo.inbox()).items[0];
  await page.goto(`/notifications/${newest?.id}`);
  await expect(page).toHaveURL(`/artworks/${work.id}#critique-${critique.id}`);
  await expect(page.locator(`#critique-${critique.id}`)).toBeFocused();
  await standing(page, 'live');
  await unread(page, 11);
});

test('somebody who follows an artist is told of the next work, and led to it', async ({ device, person }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const anns = await device(ann);
  await recordToasts(anns);
  const page = await anns.newPage();
  await page.goto('/@bo');
  await page.getByRole('button', { name: 'Follow', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Unfollow' })).toBeVisible();
  await expect(page.getByText('1 follower', { exact: true })).toBeVisible();
  await standing(page, 'live');
  const work = await bo.post('Winter light');
  await expect.poll(() => toastsShown(page)).toEqual([expect.stringContaining('posted “Winter light”')]);
  await unread(page, 1);
  await bell(page).click();
  await lines(page).first().getByRole('link').click();
  await expect(page).toHaveURL(new RegExp(`/artworks/${work.id}$`));
  await unread(page, 0);
});
