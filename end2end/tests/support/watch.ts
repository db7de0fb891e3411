import type { BrowserContext } from '@playwright/test';

/** A console message that a test provokes on purpose. Both patterns have to match. */
export interface Expected {
  text: RegExp;
  /** The address that the message is about. */
  url?: RegExp;
}

/** Chromium's console message for a refused request. */
export const status = (code: number, url: RegExp): Expected => ({ text: new RegExp(`status of ${code}\\b`), url });

interface Said {
  text: string;
  url: string;
  page: string;
}

const fits = (said: Said) => ({ text, url }: Expected) => text.test(said.text) && (!url || url.test(said.url));

/** The console messages while the server is down: about the socket and about other requests. */
export const serverDown: Expected[] = [
  { text: /^WebSocket connection to 'ws:\/\/127\.0\.0\.1:\d+\/ws\/notifications\?cursor=[^']+' failed: .*(ERR_CONNECTION_(REFUSED|RESET|CLOSED)|ERR_SOCKET_NOT_CONNECTED|ERR_EMPTY_RESPONSE)/ },
  { text: /net::ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|EMPTY_RESPONSE)/, url: /\/(api\/notifications\?after=|ws\/notifications)/ },
];

/** Records the console errors and warnings of all pages; the test fails on an unexpected one. */
export class Watch {
  private readonly expected: Expected[] = [];
  private readonly heard: Said[] = [];
  private listening = true;

  /** Allows messages that this test provokes. */
  allow(...expected: Expected[]): void {
    this.expected.push(...expected);
  }

  /** Listens to all pages of a browser; `expected` applies to this browser only. */
  over(context: BrowserContext, ...expected: Expected[]): void {
    const note = (text: string, page = '', url = '') => {
      const said = { text, url, page };
      if (this.listening && !expected.some(fits(said))) this.heard.push(said);
    };
    context.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      note(message.text(), message.page()?.url(), message.location().url);
    });
    context.on('weberror', (error) => {
      const fault = error.error();
      note(`Uncaught ${fault.stack ?? fault.message}`, error.page()?.url());
    });
    context.on('page', (page) => page.on('crash', () => note('The page crashed', page.url())));
  }

  /** Stops recording at the end of a test, before its pages are closed. */
  stop(): void {
    this.listening = false;
  }

  /** The unexpected messages, one string each. */
  complaints(): string[] {
    return this.heard.filter((said) => !this.expected.some(fits(said))).map((said) => `${said.text} (${said.url}) on ${said.page}`);
  }
}
