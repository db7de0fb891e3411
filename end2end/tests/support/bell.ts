import { expect, type BrowserContext, type Locator, type Page, type WebSocket } from '@playwright/test';

declare global {
  interface Window {
    /** Every text the toast region has shown, in order. */
    toasts: string[];
    /** Set by a test; missing after a reload. */
    alive?: boolean;
  }
}

/** The bell's button, with any count. */
export const bell = (page: Page): Locator => page.getByRole('button', { name: /^Notifications, / });

/** The panel that the bell opens. */
export const panel = (page: Page): Locator => page.getByRole('region', { name: 'Notifications' });

/** The notifications in the panel. */
export const lines = (page: Page): Locator => panel(page).getByRole('listitem');

/** The live region that toasts appear in. */
export const toasts = (page: Page): Locator => page.locator('.toasts[role=status]');

export type LiveWord = 'live' | 'catching-up' | 'polling' | 'offline';

/** Waits until the page, in any language, is hydrated and its connection is in this state. */
export async function standing(page: Page, word: LiveWord, timeout?: number): Promise<void> {
  await expect(page.locator('#bell-button')).toHaveAttribute('data-live', word, timeout === undefined ? {} : { timeout });
}

/** Checks the count in the bell's name, the badge and the title. */
export async function unread(page: Page, count: number): Promise<void> {
  const name = count === 0 ? 'Notifications, none unread' : `Notifications, ${count} unread`;
  await expect(page.getByRole('button', { name, exact: true })).toBeVisible();
  await expect(bell(page).locator('.badge')).toHaveText(count === 0 ? [] : [String(count)]);
  await expect(page).toHaveTitle(count === 0 ? /^[^(]/ : new RegExp(`^\\(${count}\\) `));
}

/** Records every toast that pages of this browser show, for `toastsShown`. */
export async function recordToasts(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    window.toasts = [];
    let shown = '';
    new MutationObserver(() => {
      const now = document.querySelector('.toasts')?.textContent ?? '';
      if (now !== shown && now !== '') window.toasts.push(now);
      shown = now;
    }).observe(document, { subtree: true, childList: true, characterData: true });
  });
}

/** The toasts that these pages have shown so far. */
export async function toastsShown(...pages: Page[]): Promise<string[]> {
  const shown = await Promise.all(pages.map((page) => page.evaluate(() => window.toasts)));
  return shown.flat();
}

/** Fixes the random part of a page's waits at `chance`; tabs still get different ids. */
export async function withChance(context: BrowserContext, chance: number): Promise<void> {
  await context.addInitScript((chance) => {
    const random = Math.random.bind(Math);
    Math.random = () => chance + random() / 1e6;
  }, chance);
}

/** Counts the live sockets that pages open and hold. */
export class Sockets {
  private readonly held = new Map<WebSocket, Page>();
  /** The number of sockets opened so far. */
  opened = 0;

  constructor(...watched: (BrowserContext | Page)[]) {
    for (const one of watched) {
      if ('newPage' in one) {
        one.pages().forEach((page) => this.watch(page));
        one.on('page', (page) => this.watch(page));
      } else this.watch(one);
    }
  }

  /** The pages with an open socket, one entry for each socket. */
  holders(): Page[] {
    return [...this.held.values()];
  }

  private watch(page: Page): void {
    page.on('close', () => this.held.forEach((holder, socket) => holder === page && this.held.delete(socket)));
    page.on('websocket', (socket) => {
      if (!/\/ws\/(notifications|watch)/.test(socket.url())) return;
      this.opened += 1;
      this.held.set(socket, page);
      socket.on('close', () => this.held.delete(socket));
      socket.on('socketerror', () => this.held.delete(socket));
    });
  }
}
