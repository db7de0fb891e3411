import type { Page } from '@playwright/test';
import { cutOut, png } from './support/picture';
import { expect, test } from './support/test';

/** Holds requests for pictures until the returned function is called. */
async function hold(page: Page): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/media/**', async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

/**
 * The box in which a picture or its placeholder is drawn, and how the picture is fitted into it.
 */
const drawn = (page: Page, which: string) =>
  page.locator(`.art .${which}`).first().evaluate((image: HTMLImageElement) => {
    const { x, y, width, height } = image.getBoundingClientRect();
    const { objectFit, objectPosition } = getComputedStyle(image);
    const ratio = Number(image.getAttribute('width')) / Number(image.getAttribute('height'));
    const natural = image.naturalWidth ? image.naturalWidth / image.naturalHeight : ratio;
    // Browsers round a picture's natural size to whole pixels.
    const fits = Math.abs(natural / ratio - 1) < 0.05;
    return { box: [x, y, width, height].map(Math.round), objectFit, objectPosition, fits };
  });

test('a stand-in has exactly the place and the shape of its picture', async ({ person, device }) => {
  const bo = await person('Bo');
  for (const [title, width, height] of [
    ['Upright', 211, 640],
    ['Broad', 1_003, 333],
    ['Strip', 200, 2_000],
    ['Panorama', 3_000, 300],
  ] as const) {
    const { id } = await bo.postPicture(title, png(1, width, height));
    for (const path of [`/artworks/${id}`, '/']) {
      const page = await (await device()).newPage();
      const release = await hold(page);
      await page.goto(path, { waitUntil: 'commit' });
      await expect.poll(() => page.locator('.art .blur').first().evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
      const before = await drawn(page, 'blur');
      release();
      await expect.poll(() => page.locator('.art .real').first().evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth > 0)).toBe(true);
      const after = await drawn(page, 'real');
      expect(before, `${title} on ${path}`).toEqual(after);
      await page.close();
    }
  }
});

test('behind a see-through picture its stand-in is gone once the picture is there', async ({ person, device }) => {
  const bo = await person('Bo');
  const { id } = await bo.postPicture('Cut out', cutOut());
  const page = await (await device()).newPage();
  const release = await hold(page);
  await page.goto(`/artworks/${id}`, { waitUntil: 'commit' });
  const standIn = page.locator('.art .blur');
  await expect(standIn).toBeVisible();
  release();
  await expect(standIn).toBeHidden();

  const plain = await (await device(undefined, { javaScriptEnabled: false })).newPage();
  await plain.goto(`/artworks/${id}`);
  await expect(plain.locator('.art .real')).toBeVisible();
  await expect(plain.locator('.art .blur')).toBeHidden();
});

test('a panorama is shown high enough to be looked at, and leads to all of it', async ({ person, visit }) => {
  const bo = await person('Bo');
  const { id } = await bo.postPicture('Panorama', png(1, 6_000, 300));
  const page = await visit(`/artworks/${id}`, bo);
  const picture = page.getByRole('img', { name: 'Panorama by Bo' });
  await expect(picture).toBeVisible();
  expect((await picture.boundingBox())?.height).toBeGreaterThan(250);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page itself does not scroll to the side').toBe(true);
  const whole = await page.getByRole('link', { name: /6000 × 300 pixels/ }).getAttribute('href');
  const answer = await page.request.get(whole ?? '');
  expect(answer.headers()['content-type']).toBe('image/jpeg');
  const size = await page.evaluate(async (src) => {
    const image = new Image();
    image.src = src;
    await image.decode();
    return [image.naturalWidth, image.naturalHeight];
  }, whole ?? '');
  expect(size).toEqual([6_000, 300]);
});

test('a file that is too large is refused before anything is sent', async ({ person, visit }) => {
  const bo = await person('Bo');
  const page = await visit('/artworks/new', bo);
  await page.waitForLoadState('networkidle');
  const sent: string[] = [];
  page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
  // The file is too large for Playwright to pass, so the page creates it.
  const choose = (size: number) =>
    page.getByLabel('Image').evaluate((field: HTMLInputElement, size) => {
      const files = new DataTransfer();
      files.items.add(new File([new Uint8Array(size)], 'work.png', { type: 'image/png' }));
      field.files = files.files;
      field.dispatchEvent(new Event('change', { bubbles: true }));
    }, size);
  await choose(110 * 1_024 * 1_024);
  await expect(page.locator('#image-error')).toHaveText('Please choose a picture of at most 20 MB.');
  await page.getByLabel('Title').fill('Far too large');
  await page.getByRole('button', { name: 'Publish' }).click();
  await expect(page.locator('#image-error')).toHaveText('Please choose a picture of at most 20 MB.');
  await expect(page.getByLabel('Title')).toHaveValue('Far too large');
  expect(sent).toEqual([]);
  await choose(1_000);
  await expect(page.locator('#image-error')).toBeEmpty();
});
