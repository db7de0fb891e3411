import { standing } from './support/bell';
import { png } from './support/picture';
import { expect, test } from './support/test';

/** The budget for the WASM of the first visit, in bytes over the wire. */
const WASM_MAX = 260_000;

test('the first load brings the WASM in brotli, within its budget', async ({ device, person }) => {
  const page = await (await device(await person('Bo'))).newPage();
  const came = page.waitForResponse((response) => response.url().endsWith('.wasm'));
  await page.goto('/');
  const wasm = await came;
  await standing(page, 'live');
  const headers = await wasm.allHeaders();
  expect(headers['content-encoding']).toBe('br');
  expect(headers['content-type']).toBe('application/wasm');
  expect(headers['cache-control']).toContain('immutable');
  const size = (await wasm.request().sizes()).responseBodySize;
  console.log(`WASM over the wire: ${size} bytes of at most ${WASM_MAX}`);
  expect(size).toBeLessThanOrEqual(WASM_MAX);
});

test('what is loaded is loaded once, and nothing from elsewhere', async ({ device, person, site }) => {
  const bo = await person('Bo');
  await bo.post('Own pixels');
  const page = await (await device(bo)).newPage();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto('/');
  await standing(page, 'live');
  await page.waitForLoadState('networkidle');
  const web = asked.filter((url) => !url.startsWith('data:'));
  expect(web.filter((url) => !url.startsWith(`${site.url}/`))).toEqual([]);
  expect(web.length, web.join(' ')).toBe(new Set(web).size);
});

test('the content policy holds: nothing of ours offends it, and a planted script does not run', async ({ device, person }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const hostile = '<script>document.title = "owned"</script><img src=x onerror="document.title=\'owned\'">[x](javascript:alert(1))';
  const work = await bo.post('Bait', 1, hostile);
  await ann.critique(work, hostile);
  const context = await device(bo);
  await context.addInitScript(() => {
    const state = Object.assign(window, { offences: [] as string[] });
    document.addEventListener('securitypolicyviolation', (event) => state.offences.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  const page = await context.newPage();
  for (const path of ['/', `/artworks/${work.id}`, `/artworks/${work.id}/edit`, '/@bo', '/notifications', '/settings', '/artworks/new']) {
    const response = await page.goto(path);
    const policy = (await response?.allHeaders())?.['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'nonce-[^']{16,}' 'strict-dynamic' 'wasm-unsafe-eval'/);
    await standing(page, 'live');
    expect(await page.evaluate(() => (window as unknown as { offences: string[] }).offences), path).toEqual([]);
    expect(await page.title()).not.toBe('owned');
    await expect(page.locator('a[href^="javascript:"]')).toHaveCount(0);
  }
  const [one, two] = await Promise.all([page.request.get('/'), page.request.get('/')]);
  const nonce = (policy = '') => /nonce-([^']+)/.exec(policy)?.[1];
  expect(nonce(one.headers()['content-security-policy'])).not.toBe(nonce(two.headers()['content-security-policy']));
});

test('a title or a name is text wherever it stands, also in the head', async ({ device, site, request }) => {
  const markup = '</title><meta name="planted">';
  const [name, handle] = ['Bo </title><meta name=planted>', 'bo'];
  const answer = await request.post(`${site.url}/api/accounts`, {
    data: { handle, display_name: name, email: 'bo@example.org', password: 'a long secret of Bo' },
  });
  expect(answer.status()).toBe(201);
  const image = { name: 'work.png', mimeType: 'image/png', buffer: png() };
  const posted = await request.post(`${site.url}/api/artworks`, { multipart: { title: markup, image } });
  expect(posted.status()).toBe(201);
  const { id } = (await posted.json()) as { id: number };
  for (const javaScriptEnabled of [false, true]) {
    const page = await (await device(undefined, { javaScriptEnabled })).newPage();
    for (const [path, title] of [[`/artworks/${id}`, `${markup} by ${name} · ArtCritique`], ['/@bo', `${name} · ArtCritique`]] as const) {
      await page.goto(path, { waitUntil: 'networkidle' });
      await expect(page.locator('meta[name=planted]'), path).toHaveCount(0);
      await expect(page).toHaveTitle(title);
    }
  }
});
