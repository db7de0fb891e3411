import type { BrowserContext, Page } from '@playwright/test';
import { bell, lines, panel, recordToasts, standing, toastsShown, unread } from './support/bell';
import { expect, test } from './support/test';
import { status } from './support/watch';

declare global {
  interface Window {
    /** The number of changes by the simulated translator or extension. */
    changes: number;
  }
}

/**
 * Keeps replacing every text on the page by `<font><font>text</font></font>`, as browsers'
 * translators do.
 */
async function translate(context: BrowserContext, early: boolean): Promise<void> {
  await context.addInitScript((early) => {
    window.changes = 0;
    const skipped = 'script, style, textarea, input, svg, font, [translate=no]';
    const wrap = () => {
      const texts: Text[] = [];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const text = walker.currentNode as Text;
        if (text.data.trim() && !text.parentElement?.closest(skipped)) texts.push(text);
      }
      for (const text of texts) {
        const [outer, inner] = [document.createElement('font'), document.createElement('font')];
        inner.append(text.data);
        outer.append(inner);
        text.replaceWith(outer);
        window.changes += 1;
      }
    };
    const begin = () => {
      wrap();
      new MutationObserver(wrap).observe(document.body, { subtree: true, childList: true, characterData: true });
    };
    if (early) document.addEventListener('DOMContentLoaded', begin);
    else new MutationObserver((_, observer) => {
      if (!document.documentElement.hasAttribute('data-alive')) return;
      observer.disconnect();
      begin();
    }).observe(document, { subtree: true, attributes: true });
  }, early);
}

for (const early of [false, true]) {
  test(`a page that is translated ${early ? 'before' : 'after'} it came alive goes on being right`, async ({ person, device }) => {
    const [ann, bo] = [await person('Ann'), await person('Bo')];
    const work = await bo.post('Harbour');
    const context = await device(bo);
    await recordToasts(context);
    await translate(context, early);
    const page = await context.newPage();
    await page.goto(`/artworks/${work.id}`);
    await standing(page, 'live');
    await expect.poll(() => page.evaluate(() => window.changes)).toBeGreaterThan(5);
    await expect(page.getByRole('heading', { name: 'No critiques yet' })).toBeVisible();

    for (const [n, words] of ['One.', 'Two.', 'Three.'].entries()) {
      await ann.critique(work, words);
      await unread(page, n + 1);
      await expect.poll(async () => (await toastsShown(page)).at(-1)).toContain(words);
    }
    await expect(page.locator('.toasts').getByText('Three.')).toBeVisible();
    await bell(page).click();
    await expect(panel(page).getByText('Live: news arrives at once.')).toBeVisible();
    await expect(lines(page)).toHaveCount(3);
    await expect(lines(page).filter({ hasText: 'Unread:' })).toHaveCount(3);
    await panel(page).getByRole('button', { name: 'Mark all as read' }).click();
    await unread(page, 0);
    await expect(lines(page).filter({ hasText: 'Unread:' })).toHaveCount(0);
    await ann.critique(work, 'Four.');
    await unread(page, 1);
    await expect(lines(page)).toHaveCount(4);
    await expect(lines(page).first()).toContainText('Four.');

    // The title, too, after the translator has changed it.
    await page.evaluate(() => (document.title = '（١） Hafen'));
    await ann.critique(work, 'Five.');
    await unread(page, 2);
    await expect(page).toHaveTitle(/^\(2\) .?Harbour.? by .?Bo.? · ArtCritique$/);
    await page.keyboard.press('Escape');

    const field = page.getByLabel('Your critique');
    await field.fill('A note of my own.');
    await page.getByRole('button', { name: 'Post critique' }).click();
    await expect(page.getByRole('article').filter({ hasText: 'A note of my own.' })).toHaveCount(1);
    await expect(page.getByText('sending…')).toHaveCount(0);
    await expect(field).toHaveValue('');
  });
}

/**
 * Changes that extensions make to a page before hydration. Each runs in the page, so it must be
 * self-contained.
 */
const EXTENSIONS: Record<string, () => void> = {
  'puts an element beside each field': () => document.querySelectorAll('textarea').forEach((field) => field.after(document.createElement('grammarly-extension'))),
  'wraps each field': () => document.querySelectorAll('textarea').forEach((field) => {
    const around = document.createElement('div');
    field.replaceWith(around);
    around.append(field);
  }),
  'puts a bar into the page': () => document.querySelector('main')?.prepend(Object.assign(document.createElement('div'), { textContent: 'Coupons!' })),
  'puts a <div> first in the body': () => document.body.prepend(document.createElement('div')),
  'wraps words': () => document.querySelectorAll('h1, h2, p, label, button, a').forEach((element) => {
    for (const text of [...element.childNodes].filter((node): node is Text => node.nodeType === 3 && !!node.nodeValue?.trim())) {
      const mark = document.createElement('mark');
      text.replaceWith(mark);
      mark.append(text);
    }
  }),
  'splits texts': () => document.querySelectorAll('h1, p, button').forEach((element) => {
    for (const text of [...element.childNodes].filter((node): node is Text => node.nodeType === 3 && node.nodeValue!.length > 3)) text.splitText(2);
  }),
  'removes comments': () => {
    const walker = document.createTreeWalker(document, NodeFilter.SHOW_COMMENT);
    const comments: Comment[] = [];
    while (walker.nextNode()) comments.push(walker.currentNode as Comment);
    comments.forEach((comment) => comment.remove());
  },
  'removes white space': () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const blanks: Text[] = [];
    while (walker.nextNode()) if (!(walker.currentNode as Text).data.trim()) blanks.push(walker.currentNode as Text);
    blanks.forEach((blank) => blank.remove());
  },
  'sets attributes': () => document.querySelectorAll<HTMLElement>('html, body, input, textarea, button, main, div').forEach((element) => {
    element.setAttribute('data-extension', '1');
    element.classList.add('extension');
    element.style.setProperty('--extension', '1');
  }),
  'takes pictures away': () => document.querySelectorAll('main img, main figure').forEach((element) => element.remove()),
  'puts an element into lists and the bell': () => document.querySelectorAll('ul, .bell, .bell-button, form').forEach((element) => element.prepend(document.createElement('span'))),
  'takes the form away': () => document.querySelector('form.write')?.remove(),
};

for (const [what, change] of Object.entries(EXTENSIONS)) {
  test(`an extension that ${what} takes nothing down`, async ({ person, device }) => {
    const [ann, bo] = [await person('Ann'), await person('Bo')];
    const work = await bo.post('Extended', 0, 'What of the *light*?');
    await ann.critique(work, 'It is **right**.');
    const context = await device(bo);
    await recordToasts(context);
    await context.addInitScript(`document.addEventListener('DOMContentLoaded', ${change.toString()})`);
    const page = await context.newPage();

    await page.goto('/');
    await standing(page, 'live');
    await unread(page, 1);
    await page.getByRole('link', { name: /^Extended/ }).first().click();
    await expect(page.getByRole('heading', { name: 'Extended', level: 1 })).toBeVisible();

    await page.goto(`/artworks/${work.id}`);
    await standing(page, 'live');
    await expect(page.getByRole('article')).toHaveCount(1);
    await ann.critique(work, 'News.');
    await unread(page, 2);
    await expect.poll(() => toastsShown(page)).toEqual([expect.stringContaining('News.')]);
    await page.getByRole('button', { name: '1 new critique' }).click();
    await expect(page.getByRole('article').getByText('News.').first()).toBeVisible();
    await page.getByLabel('Your critique').fill('Posted at the first press.');
    await page.getByRole('button', { name: 'Post critique' }).click();
    await expect(page.getByRole('article').filter({ hasText: 'Posted at the first press.' })).toHaveCount(1);
    await expect(page.getByText('sending…')).toHaveCount(0);
    await expect(page.getByLabel('Your critique')).toHaveValue('');
    await page.reload();
    await expect(page.getByRole('article').filter({ hasText: 'Posted at the first press.' })).toHaveCount(1);
  });
}

test('a page that nobody changed is hydrated as it was sent', async ({ person, visit, watch }) => {
  watch.allow(status(404, /@nobody$/));
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const markdown = '# Head\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\n\ncode <b>\n```\n\n- one\n  - two\n\n> quoted **bold** <i>x</i> `a`\n\n![p](/x "a > b") [l](https://example.org "t</div>")\n\nline  \nbreak & <br> &lt;';
  const work = await bo.post('Quotes " and <tags> & ‘more’', 0, markdown);
  await ann.critique(work, markdown);
  await bo.critique(work, markdown);
  for (const page of [await visit('/'), await visit('/', ann), await visit('/', bo)]) {
    for (const path of ['/', `/artworks/${work.id}`, '/@bo', '/@ann', '/?before=1', '/@nobody']) {
      await page.goto(path);
      await expect(page.locator('#site'), path).toHaveAttribute('data-alive', 'hydrated');
    }
  }
});

test('what was typed before a page was rendered anew is still there', async ({ person, device }) => {
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Early bird');
  const context = await device(ann);
  await context.addInitScript(`document.addEventListener('DOMContentLoaded', ${EXTENSIONS['puts a bar into the page']!.toString()})`);
  const page = await context.newPage();
  let wake = (): void => undefined;
  const asleep = new Promise<void>((resolve) => (wake = resolve));
  await page.route('**/*.wasm', async (route) => {
    await asleep;
    await route.continue();
  });
  await page.goto(`/artworks/${work.id}`, { waitUntil: 'commit' });
  const field = page.getByLabel('Your critique');
  await field.pressSequentially('Typed early');
  wake();
  await standing(page, 'live');
  await expect(page.locator('#site')).toHaveAttribute('data-alive', 'rendered');
  await expect(field).toHaveValue('Typed early');
  await expect(field).toBeFocused();
});

/** Makes the page believe that the WASM has died. */
const die = (page: Page) => page.evaluate(() => void setTimeout(() => { throw new WebAssembly.RuntimeError('unreachable'); }));

test('a program that died says so, and leaves links and forms to the browser', async ({ person, device, watch }) => {
  watch.allow({ text: /unreachable/ });
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Undertow');
  const page = await (await device(ann)).newPage();
  await page.goto(`/artworks/${work.id}`);
  await standing(page, 'live');
  await page.evaluate(() => (window.alive = true));
  await die(page);
  await expect(page.getByRole('alert').filter({ hasText: 'Live updates stopped on this page. Reload to get them back; forms still work.' })).toBeVisible();
  await page.getByLabel('Your critique').fill('Sent by the browser itself.');
  await page.getByRole('button', { name: 'Post critique' }).click();
  await expect(page.getByRole('article').filter({ hasText: 'Sent by the browser itself.' })).toHaveCount(1);
  expect(await page.evaluate(() => window.alive), 'a page of its own').toBeUndefined();
  await standing(page, 'live');
  await expect(page.getByLabel('Your critique')).toHaveValue('');

  await die(page);
  await bell(page).click();
  await expect(page).toHaveURL(/\/notifications/);
  await page.goto('/');
  await standing(page, 'live');
  await page.evaluate(() => (window.alive = true));
  await die(page);
  await page.getByRole('link', { name: /^Undertow/ }).first().click();
  await expect(page.getByRole('heading', { name: 'Undertow', level: 1 })).toBeVisible();
  expect(await page.evaluate(() => window.alive)).toBeUndefined();
});

test('a program that can not be loaded leaves a page that works and says so', async ({ person, device, watch }) => {
  watch.allow({ text: /net::ERR_FAILED/, url: /\.wasm/ }, { text: /preloaded using link preload but not used/ });
  const [ann, bo] = [await person('Ann'), await person('Bo')];
  const work = await bo.post('Dry dock');
  const page = await (await device(ann)).newPage();
  await page.route('**/*.wasm', (route) => route.abort());
  await page.goto(`/artworks/${work.id}`);
  await expect(page.getByRole('alert').filter({ hasText: 'Live updates could not start on this page.' })).toBeVisible();
  await page.getByLabel('Your critique').fill('Sent without it.');
  await page.getByRole('button', { name: 'Post critique' }).click();
  await expect(page.getByRole('article').filter({ hasText: 'Sent without it.' })).toHaveCount(1);
  const reload = page.getByRole('alert').getByRole('button', { name: 'Reload' });
  await expect(reload).toBeVisible();
  await page.unroute('**/*.wasm');
  await reload.click();
  await standing(page, 'live');
  await expect(page.getByRole('alert').filter({ hasText: 'Live updates' })).toHaveCount(0);
});

test('the bell goes on when the page around it has died', async ({ person, visit, watch }) => {
  watch.allow({ text: /unreachable|injected/ });
  const [ann, bo, cy] = [await person('Ann'), await person('Bo'), await person('Cy')];
  const work = await bo.post('Breakwater');
  const page = await visit(`/artworks/${work.id}`, bo);
  await standing(page, 'live');
  // Elements that the program makes fail, as in the middle of showing a critique.
  await page.evaluate(() => {
    const make = Document.prototype.createElement;
    const clone = Node.prototype.cloneNode;
    const failing = (error: Error) => error.stack?.includes('wasm');
    Document.prototype.createElement = function (this: Document, ...rest: Parameters<typeof make>) {
      const error = new Error('injected');
      if (failing(error)) throw error;
      return make.apply(this, rest);
    } as typeof make;
    Node.prototype.cloneNode = function (this: Node, ...rest: Parameters<typeof clone>) {
      const error = new Error('injected');
      if (failing(error)) throw error;
      return clone.apply(this, rest);
    };
  });
  await ann.critique(work, 'The one that breaks it.');
  await expect(page.getByRole('alert').filter({ hasText: 'Live updates stopped on this page.' })).toBeVisible();
  await unread(page, 1);
  await cy.critique(work, 'And another.');
  await unread(page, 2);
});
