import type { BrowserContext, Page } from '@playwright/test';
import { bell, lines, panel, recordToasts, Sockets, standing, toastsShown, unread, withChance } from './support/bell';
import { expect, test } from './support/test';
import { serverDown } from './support/watch';

const SENTENCES = {
  live: 'Live: news arrives at once.',
  offline: 'Offline: news will arrive when the connection is back.',
  polling: 'Checking every half minute; live updates are blocked here.',
};

/**
 * Makes the handshake of every socket fail while `window.blocked` is set, like a proxy without
 * WebSocket support.
 */
async function blockSockets(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const Real = window.WebSocket;
    Object.assign(window, { blocked: true, refused: 0 });
    const state = window as unknown as { blocked: boolean; refused: number };
    window.WebSocket = new Proxy(Real, {
      construct(target, args: [string, string]) {
        if (!state.blocked) return new target(...args);
        state.refused += 1;
        const dead = { onopen: null, onmessage: null, onerror: null, close: () => undefined } as { onclose?: (event: CloseEvent) => void };
        queueMicrotask(() => dead.onclose?.(new CloseEvent('close', { code: 1006 })));
        return dead;
      },
    });
  });
}

async function unblockSockets(page: Page): Promise<void> {
  await page.evaluate(() => Object.assign(window, { blocked: false }));
}

test('the server is killed and started again: what happened meanwhile is there once, without a reload', async ({ site, person, device, watch }) => {
  watch.allow(...serverDown);
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Lighthouse');
  const context = await device(bo);
  await recordToasts(context);
  // The page reconnects after 1.5 s and again 3 s later, which leaves time to post before it is
  // back.
  await withChance(context, 0.3);
  const page = await context.newPage();
  const sockets = new Sockets(page);
  await page.goto('/');
  await standing(page, 'live');
  await page.evaluate(() => (window.alive = true));
  await bell(page).click();
  await expect(panel(page).getByText(SENTENCES.live)).toBeVisible();

  await site.stop('SIGKILL');
  await expect(bell(page), 'the page notices').not.toHaveAttribute('data-live', 'live');
  await standing(page, 'offline');
  await expect(panel(page).getByText(SENTENCES.offline)).toBeVisible();

  await site.restart();
  const critiques = [await ann.critique(work, 'First wave.'), await ann.critique(work, 'Second wave.')];
  expect(await bell(page).getAttribute('data-live'), 'both happened before the page was back').not.toBe('live');

  await standing(page, 'live');
  await unread(page, 2);
  await expect(panel(page).getByText(SENTENCES.live)).toBeVisible();
  const links = lines(page).getByRole('link');
  await expect(links).toHaveCount(2);
  await expect(links.nth(0), 'newest first').toContainText('Second wave.');
  await expect(links.nth(1)).toContainText('First wave.');
  expect(await links.nth(1).getAttribute('href')).toBe(`/artworks/${work.id}#critique-${critiques[0]?.id}`);

  await ann.critique(work, 'Third wave.');
  await unread(page, 3);
  await expect(links).toHaveCount(3);
  const told = (await toastsShown(page)).join('\n');
  for (const words of ['First wave.', 'Third wave.']) expect(told.split(words).length - 1, `${words} in ${told}`).toBeLessThanOrEqual(1);
  expect(told).toContain('Third wave.');
  expect(await page.evaluate(() => window.alive), 'no reload').toBe(true);
  expect(sockets.holders()).toHaveLength(1);
});

test('the server is stopped in an orderly way and replaced: the page comes back by itself', async ({ site, person, visit, watch }) => {
  // The page may reconnect while the old server is still closing other sockets.
  watch.allow(...serverDown, { text: /Unexpected response code: 503/ });
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Ferry');
  const page = await visit('/', bo);
  await standing(page, 'live');
  await page.evaluate(() => (window.alive = true));

  await site.stop('SIGTERM');
  await expect(bell(page)).not.toHaveAttribute('data-live', 'live');
  await site.restart();
  await ann.critique(work, 'Steady as she goes.');
  await standing(page, 'live', 45_000);
  await unread(page, 1);
  expect(await page.evaluate(() => window.alive), 'no reload').toBe(true);
});

test('the browser goes offline and comes back: what happened meanwhile is there', async ({ person, device, watch }) => {
  watch.allow({ text: /ERR_INTERNET_DISCONNECTED/ });
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Tunnel');
  const context = await device(bo);
  await recordToasts(context);
  const page = await context.newPage();
  await page.goto('/');
  await standing(page, 'live');

  await context.setOffline(true);
  await standing(page, 'offline');
  await ann.critique(work, 'Said in the tunnel.');
  await context.setOffline(false);
  await standing(page, 'live');
  await unread(page, 1);
  expect(await toastsShown(page)).toHaveLength(1);
});

test('where WebSockets are blocked the site polls and says so, and goes live once they are not', async ({ person, device }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Behind the proxy');
  const context = await device(bo);
  await recordToasts(context);
  await withChance(context, 0.01);
  await blockSockets(context);
  const page = await context.newPage();
  await page.clock.install();
  await page.goto('/');

  await standing(page, 'polling');
  const refused = () => page.evaluate(() => (window as unknown as { refused: number }).refused);
  expect(await refused(), 'three handshakes were tried').toBe(3);
  await bell(page).click();
  await expect(panel(page).getByText(SENTENCES.polling)).toBeVisible();

  await ann.critique(work, 'Heard by asking.');
  await page.clock.fastForward(30_000);
  await unread(page, 1);
  await expect(lines(page).getByRole('link')).toContainText('Heard by asking.');
  await standing(page, 'polling');

  await unblockSockets(page);
  await page.clock.fastForward(90_000);
  await standing(page, 'live');
  await ann.critique(work, 'Heard at once.');
  await unread(page, 2);
  await expect(panel(page).getByText(SENTENCES.live)).toBeVisible();
  const told = await toastsShown(page);
  expect(told.filter((words) => words.includes('Heard by asking.'))).toHaveLength(1);
  expect(told.filter((words) => words.includes('Heard at once.'))).toHaveLength(1);
});

test('what happens between the page and its socket is not missed', async ({ person, device }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('In between');
  const context = await device(bo);
  await recordToasts(context);
  const page = await context.newPage();
  let wake = (): void => undefined;
  const asleep = new Promise<void>((resolve) => (wake = resolve));
  await page.route('**/*.wasm', async (route) => {
    await asleep;
    await route.continue();
  });
  await page.goto('/', { waitUntil: 'commit' });
  await expect(bell(page)).toHaveAccessibleName('Notifications, none unread');
  await ann.critique(work, 'Before it woke.');
  wake();
  await standing(page, 'live');
  await unread(page, 1);
  expect(await toastsShown(page)).toEqual([expect.stringContaining('Before it woke.')]);
});

test('changing the password signs all other browsers out, and none of this one’s tabs', async ({ person, visit, device }) => {
  const bo = await person('Bo');
  const elsewhere = await visit('/', bo);
  await standing(elsewhere, 'live');
  const context = await device(bo);
  const [tab, page] = [await context.newPage(), await context.newPage()];
  await tab.goto('/');
  await page.goto('/settings');
  await Promise.all([standing(tab, 'live'), standing(page, 'live')]);
  await page.getByLabel('Current password').fill(bo.password);
  await page.getByLabel('New password').fill('an even longer secret');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('Your password is changed.')).toBeVisible();
  await expect(elsewhere.getByRole('link', { name: 'Sign in' })).toBeVisible();
  for (const mine of [tab, page]) {
    await standing(mine, 'live');
    await expect(mine.getByLabel('Account of Bo')).toBeVisible();
  }
});

test('a bell whose sessions end elsewhere becomes a signed-out page and asks no more', async ({ person, visit, device }) => {
  const bo = await person('Bo');
  const page = await visit('/', bo);
  await standing(page, 'live');
  const other = await (await device(bo)).newPage();
  await other.goto('/settings/sessions');
  await standing(other, 'live');
  // The list has this browser, the one opened above, and the one that registered.
  const ends = other.getByRole('main').getByRole('button', { name: 'Sign out' });
  await expect(ends).toHaveCount(2);
  for (let left = 2; left > 0; left--) {
    await ends.first().click();
    await expect(ends).toHaveCount(left - 1);
  }
  await expect(page.getByRole('link', { name: 'Sign in' })).toBeVisible();
  await expect(bell(page)).toHaveCount(0);
  await standing(other, 'live');
});
