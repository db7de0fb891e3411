import type { BrowserContext } from '@playwright/test';

/** A complaint that a test provokes on purpose. Both patterns have to match. */
export interface Expected {
  text: RegExp;
  /** The address the complaint is about. */
  url?: RegExp;
}

/** A refused request, as Chromium's console puts it. */
export const status = (code: number, url: RegExp): Expected => ({ text: new RegExp(`status of ${code}\\b`), url });

interface Said {
  text: string;
  url: string;
  page: string;
}

const fits = (said: Said) => ({ text, url }: Expected) => text.test(said.text) && (!url || url.test(said.url));

/** What a browser says while the server is down: of its socket, and of what it asked for meanwhile. */
export const serverDown: Expected[] = [
  { text: /^WebSocket connection to 'ws:\/\/127\.0\.0\.1:\d+\/ws\/notifications\?cursor=[^']+' failed: .*(ERR_CONNECTION_(REFUSED|RESET|CLOSED)|ERR_SOCKET_NOT_CONNECTED|ERR_EMPTY_RESPONSE)/ },
  { text: /net::ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|EMPTY_RESPONSE)/, url: /\/(api\/notifications\?after=|ws\/notifications)/ },
];

/** Listens to the consoles of all pages: an error or a warning that no test expects is a failure. */
export class Watch {
  private readonly expected: Expected[] = [];
  private readonly heard: Said[] = [];
  private listening = true;

  /** Names complaints that this test provokes. */
  allow(...expected: Expected[]): void {
    this.expected.push(...expected);
  }

  /** Listens to all pages of a browser; `expected` holds for this one alone. */
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

  /** The test is over: what pages say while they are closed one by one is nobody's concern. */
  stop(): void {
    this.listening = false;
  }

  /** What nobody expected, a line each. */
  complaints(): string[] {
    return this.heard.filter((said) => !this.expected.some(fits(said))).map((said) => `${said.text} (${said.url}) on ${said.page}`);
  }
}
