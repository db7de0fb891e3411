import { bell, lines, recordToasts, standing, toastsShown, unread } from './support/bell';
import { launchOptions } from './support/browser';
import { expect, test } from './support/test';

declare global {
  interface Window {
    /** Every WebSocket this document made. */
    sockets: WebSocket[];
    /** How often this document came back from the cache. */
    returns: number;
  }
}

// Playwright turns the back/forward cache off; people have it on.
test.use({ launchOptions: { ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] } });

test('a page back from the back/forward cache has what happened meanwhile, and one socket again', async ({ person, device }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Looking back');
  const context = await device(bo);
  await recordToasts(context);
  await context.addInitScript(() => {
    Object.assign(window, { sockets: [], returns: 0 });
    // A page in the cache is deaf to the test's own listeners, so the page itself keeps count.
    window.WebSocket = new Proxy(window.WebSocket, {
      construct(target, args: [string, string]) {
        const socket = new target(...args);
        window.sockets.push(socket);
        return socket;
      },
    });
    window.addEventListener('pageshow', (event) => {
      if (event.persisted) window.returns += 1;
    });
  });
  const page = await context.newPage();
  await page.goto('/');
  await standing(page, 'live');

  // The browser keeps no page that it still compiles code of, which nothing tells the end of.
  await page.waitForTimeout(1_000);

  for (const visit of [1, 2]) {
    await page.goto('/robots.txt');
    await ann.critique(work, `While you were away, ${visit}.`);
    await page.evaluate(() => history.back());
    await expect(page).toHaveURL('/');
    await expect.poll(() => page.evaluate(() => window.returns), 'the page was kept').toBe(visit);
    await standing(page, 'live');
    await unread(page, visit);
    const states = await page.evaluate(() => window.sockets.map((socket) => socket.readyState));
    expect(states.length, 'sockets ever made').toBe(1 + visit);
    expect(states.filter((state) => state === 1), 'open ones').toHaveLength(1);
  }

  await ann.critique(work, 'Now that you are back.');
  await unread(page, 3);
  const told = await toastsShown(page);
  expect(told.filter((words) => words.includes('Now that you are back.'))).toHaveLength(1);
  for (const visit of [1, 2]) expect(told.filter((words) => words.includes(`While you were away, ${visit}.`))).toHaveLength(1);
  await bell(page).click();
  await expect(lines(page)).toHaveCount(3);
});
