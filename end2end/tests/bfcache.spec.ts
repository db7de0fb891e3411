import { bell, lines, recordToasts, standing, toastsShown, unread } from './support/bell';
import { launchOptions } from './support/browser';
import { expect, test } from './support/test';

declare global {
  interface Window {
    /** Every WebSocket that this document opened. */
    sockets: WebSocket[];
    /** How often this document came back from the cache. */
    returns: number;
  }
}

// Playwright disables the back/forward cache; browsers have it enabled.
test.use({ launchOptions: { ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] } });

test('a page back from the back/forward cache has what happened meanwhile, and one socket again', async ({ person, device }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Looking back');
  const context = await device(bo);
  await recordToasts(context);
  await context.addInitScript(() => {
    Object.assign(window, { sockets: [], returns: 0 });
    // Playwright's listeners don't reach a cached page, so the page itself counts.
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
  let [page, said] = [await context.newPage(), 0];

  /**
   * Leaves the page, has Ann post a critique, and goes back. Returns whether the page came from the
   * cache.
   */
  const thereAndBack = async (): Promise<boolean> => {
    // A page is not cached while its WASM is being compiled, and no event reports the end of that.
    await page.waitForTimeout(1_000);
    const visit = 1 + (await page.evaluate(() => window.returns));
    await page.goto('/robots.txt');
    said += 1;
    await ann.critique(work, `While you were away, ${said}.`);
    await page.evaluate(() => history.back());
    await expect(page).toHaveURL('/');
    await standing(page, 'live');
    await unread(page, said);
    return (await page.evaluate(() => window.returns)) === visit;
  };

  // The browser chooses which pages it caches. A page that was loaded anew tests nothing here, so
  // the test tries another.
  let visits = 0;
  for (let tries = 0; visits < 2 && tries < 4; tries += 1) {
    await page.close();
    page = await context.newPage();
    await page.goto('/');
    await standing(page, 'live');
    for (visits = 0; visits < 2 && (await thereAndBack()); visits += 1);
  }
  expect(visits, 'visits for which the page was kept').toBe(2);
  const states = await page.evaluate(() => window.sockets.map((socket) => socket.readyState));
  expect(states.length, 'sockets ever made').toBe(3);
  expect(states.filter((state) => state === 1), 'open ones').toHaveLength(1);

  await ann.critique(work, 'Now that you are back.');
  await unread(page, said + 1);
  const told = await toastsShown(page);
  for (const words of [`While you were away, ${said - 1}.`, `While you were away, ${said}.`, 'Now that you are back.'])
    expect(told.filter((toast) => toast.includes(words)), words).toHaveLength(1);
  await bell(page).click();
  await expect(lines(page)).toHaveCount(said + 1);
});
