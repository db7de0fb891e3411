import type { BrowserContext, Page } from '@playwright/test';
import { bell, recordToasts, Sockets, standing, toastsShown, unread } from './support/bell';
import { expect, test } from './support/test';
import { status } from './support/watch';

async function open(context: BrowserContext, tabs: number): Promise<Page[]> {
  const pages: Page[] = [];
  for (let n = 0; n < tabs; n++) {
    const page = await context.newPage();
    await page.goto('/');
    pages.push(page);
  }
  for (const page of pages) await standing(page, 'live');
  return pages;
}

test('eight tabs hold one socket and show one toast; when the one that holds it closes, another takes over', async ({ person, device }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Polyptych');
  const context = await device(bo);
  await recordToasts(context);
  const sockets = new Sockets(context);
  const tabs = await open(context, 8);
  expect(sockets.opened, 'sockets ever opened').toBe(1);
  expect(sockets.holders()).toHaveLength(1);

  await ann.critique(work, 'To all tabs.');
  for (const tab of tabs) await unread(tab, 1);
  expect(await toastsShown(...tabs)).toEqual([expect.stringContaining('To all tabs.')]);

  const [leader] = sockets.holders();
  await leader?.close();
  await expect.poll(() => sockets.holders().length, { message: 'another takes over', timeout: 3_000, intervals: [50] }).toBe(1);
  const rest = tabs.filter((tab) => tab !== leader);
  expect(rest).toHaveLength(7);
  const before = await toastsShown(...rest);
  await ann.critique(work, 'To those left.');
  for (const tab of rest) await unread(tab, 2);
  expect((await toastsShown(...rest)).slice(before.length)).toEqual([expect.stringContaining('To those left.')]);
  for (const tab of rest) await standing(tab, 'live');
  expect(sockets.opened).toBe(2);

  const [reader, ...others] = rest;
  if (!reader) throw new Error('no tab left');
  await bell(reader).click();
  await reader.getByRole('region', { name: 'Notifications' }).getByRole('button', { name: 'Mark all as read' }).click();
  for (const tab of [reader, ...others]) await unread(tab, 0);
});

test('an event while the leading tab goes away is neither lost nor told twice', async ({ person, device }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Relay');
  const context = await device(bo);
  await recordToasts(context);
  const sockets = new Sockets(context);
  const tabs = await open(context, 3);
  const [leader] = sockets.holders();
  const rest = tabs.filter((tab) => tab !== leader);
  await Promise.all([leader?.close(), ann.critique(work, 'Passed on.')]);
  for (const tab of rest) await unread(tab, 1);
  await ann.critique(work, 'And on.');
  for (const tab of rest) await unread(tab, 2);
  const told = (await toastsShown(...rest)).filter((words) => words.includes('Passed on.'));
  expect(told.length, 'the leader may have told of it before it closed').toBeLessThanOrEqual(1);
});

for (const [missing, remove] of [
  ['Web Locks', () => Reflect.deleteProperty(Navigator.prototype, 'locks')],
  ['BroadcastChannel', () => Reflect.deleteProperty(window, 'BroadcastChannel')],
] as const) {
  test(`without ${missing} every tab is on its own and as correct`, async ({ person, device }) => {
    const [ann, bo] = [await person('Ann'), await person('Bo')];
    const work = await bo.post('Solo');
    const context = await device(bo);
    await recordToasts(context);
    await context.addInitScript(remove);
    const sockets = new Sockets(context);
    const tabs = await open(context, 3);
    expect(sockets.holders()).toHaveLength(3);
    await ann.critique(work, 'To each.');
    for (const tab of tabs) {
      await unread(tab, 1);
      expect(await toastsShown(tab)).toEqual([expect.stringContaining('To each.')]);
    }
    const [first] = tabs;
    if (!first) throw new Error('no tab');
    await bell(first).click();
    await first.getByRole('region', { name: 'Notifications' }).getByRole('button', { name: 'Mark all as read' }).click();
    for (const tab of tabs) await unread(tab, 0);
  });
}

test('signing out in one tab makes signed-out pages of the others, which then leave the server alone', async ({ person, device, watch }) => {
  // If the tab that signs out held the socket, the next leader learns of it by being refused.
  watch.allow({ text: /^WebSocket connection to .* failed: HTTP Authentication failed/ }, status(401, /\/api\/notifications\?after=/));
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Exit');
  await ann.critique(work, 'Private to Bo.');
  const context = await device(bo);
  await context.clock.install();
  const tabs = await open(context, 3);
  const [first, ...others] = tabs;
  if (!first) throw new Error('no tab');
  for (const tab of others) {
    await bell(tab).click();
    await expect(tab.getByText('Private to Bo.')).toBeVisible();
  }
  const asked: string[] = [];
  const live = (url: string) => /\/(ws|api)\/|\/actions\/(?!sign_out)/.test(url) && asked.push(url);
  for (const tab of tabs) {
    tab.on('request', (request) => live(request.url()));
    tab.on('websocket', (socket) => live(socket.url()));
  }
  await first.getByLabel('Account of Bo').click();
  await first.getByRole('button', { name: 'Sign out' }).click();
  await expect(first.getByRole('link', { name: 'Sign in' })).toBeVisible();
  for (const tab of others) {
    await expect(tab.getByRole('link', { name: 'Sign in' }), 'within a few seconds').toBeVisible({ timeout: 5_000 });
    await expect(bell(tab)).toHaveCount(0);
    await expect(tab.getByText('Private to Bo.')).toHaveCount(0);
    await expect(tab).toHaveTitle('ArtCritique');
  }
  expect(asked.length, `one look each at most: ${asked.join(' ')}`).toBeLessThanOrEqual(4);

  // In the next ten minutes of the tabs' clock they send no further request.
  asked.length = 0;
  await context.clock.fastForward(600_000);
  for (const tab of tabs) await tab.evaluate(() => fetch('/healthz').then((answer) => answer.text()));
  expect(asked).toEqual([]);
});

test('what one person saw is gone when another signs in on the same browser', async ({ person, device, watch }) => {
  watch.allow({ text: /^WebSocket connection to .* failed: HTTP Authentication failed/ }, status(401, /\/api\/notifications\?after=/));
  const [ann, bo, cy] = [await person('Ann'), await person('Bo'), await person('Cy')];
  const work = await bo.post('Shared laptop');
  await ann.critique(work, 'Private to Bo.');
  const context = await device(bo);
  const [first, second] = await open(context, 2);
  if (!first || !second) throw new Error('no tabs');
  await unread(second, 1);
  await first.getByLabel('Account of Bo').click();
  await first.getByRole('button', { name: 'Sign out' }).click();
  await first.getByRole('link', { name: 'Sign in' }).click();
  await first.getByLabel('Handle').fill(cy.handle);
  await first.getByLabel('Password').fill(cy.password);
  await first.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
  await standing(first, 'live');
  await unread(first, 0);
  await ann.critique(work, 'Also private to Bo.');
  const cys = await cy.post('Still here');
  await ann.critique(cys, 'For Cy.');
  await unread(first, 1);
  await expect(first.getByText('Also private to Bo.')).toHaveCount(0);
  await expect(second.getByText('Private to Bo.')).toHaveCount(0);
  await expect(second.getByLabel('Account of Bo')).toHaveCount(0);
});
