import { standing } from './support/bell';
import { expect, test } from './support/test';
import { status } from './support/watch';

test('a page that is asked for offline offers to try again, and comes by itself when the network is back', async ({ person, device, watch }) => {
  watch.allow({ text: /ERR_INTERNET_DISCONNECTED/ });
  const bo = await person('Bo');
  await bo.post('Tunnel');
  const context = await device(bo);
  const page = await context.newPage();
  await page.goto('/');
  await standing(page, 'live');
  await context.setOffline(true);
  await page.getByRole('link', { name: /^Tunnel/ }).first().click();
  await expect(page.getByRole('heading', { name: 'One moment' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Retry' })).toBeVisible();
  await expect(page.getByRole('main')).not.toContainText(/\d{3}/);
  await context.setOffline(false);
  await expect(page.getByRole('heading', { name: 'Tunnel', level: 1 })).toBeVisible();
  await standing(page, 'live');
});

test('a page whose server went away comes by itself when the server is back', async ({ site, person, visit, watch }) => {
  watch.allow({ text: /ERR_CONNECTION|ERR_EMPTY|ERR_SOCKET|WebSocket connection/ });
  const bo = await person('Bo');
  await bo.post('Restart');
  const page = await visit('/', bo);
  await standing(page, 'live');
  await site.stop('SIGKILL');
  await page.getByRole('link', { name: /^Restart/ }).first().click();
  await expect(page.getByRole('link', { name: 'Retry' })).toBeVisible();
  await site.restart();
  await expect(page.getByRole('heading', { name: 'Restart', level: 1 })).toBeVisible();
});

test('pages that could not be shown greet in words', async ({ person, visit, watch }) => {
  watch.allow(status(404, /nowhere|abc/), status(401, /settings|notifications/), status(403, /edit/), status(405, /healthz/));
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Locked');
  const [guest, anns] = [await visit('/'), await visit('/', ann)];
  for (const [page, path, heading] of [
    [guest, '/nowhere', 'Not here'],
    [guest, '/settings?changed=1', 'Please sign in'],
    [guest, '/notifications', 'Please sign in'],
    [anns, `/artworks/${work.id}/edit`, 'Not yours to change'],
  ] as const) {
    await page.goto(path);
    await expect(page.getByRole('heading', { name: heading, exact: true })).toBeVisible();
    await expect(page.getByRole('main')).not.toContainText(/\b[45]\d\d\b/);
  }
  await guest.goto('/settings?changed=1');
  await guest.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
  await expect(guest).toHaveURL('/login?next=/settings%3Fchanged=1');
});

for (const javaScriptEnabled of [true, false]) {
  test(`${javaScriptEnabled ? 'with' : 'without'} JavaScript: signing in leads on whoever is signed in already`, async ({ person, visit }) => {
    const bo = await person('Bo');
    const page = await visit('/login', bo, { javaScriptEnabled });
    await expect(page).toHaveURL('/');
    for (const [from, to] of [
      ['/register', '/'],
      ['/login?next=/settings', '/settings'],
      ['/register?next=/artworks/new', '/artworks/new'],
      ['/login?next=//evil.example', '/'],
      ['/login?next=https://evil.example', '/'],
    ] as const) {
      await page.goto(from);
      await expect(page).toHaveURL(to);
    }
  });
}
