import { request, type APIRequestContext, type APIResponse, type BrowserContext } from '@playwright/test';
import { png } from './picture';
import type { Site } from './site';

export interface Artwork {
  id: number;
  title: string;
}

export interface Critique {
  id: number;
  artwork_id: number;
}

export interface Counts {
  cursor: string;
  unseen: number;
  unread: number;
}

export interface Inbox extends Counts {
  items: { id: number; url: string; read: boolean; excerpt: string }[];
}

async function said<T>(response: APIResponse, status: number): Promise<T> {
  if (response.status() !== status) {
    throw new Error(`${response.url()} answered ${response.status()}, not ${status}: ${await response.text()}`);
  }
  return (status === 204 ? undefined : await response.json()) as T;
}

/**
 * A person with an account, acting over REST with a session of its own; browsers get other
 * sessions.
 */
export class Person {
  private constructor(
    readonly name: string,
    readonly handle: string,
    readonly password: string,
    private readonly api: APIRequestContext,
  ) {}

  /**
   * Creates an account over REST, which is faster than the form; the form has a test of its own.
   */
  static async register(site: Site, name: string): Promise<Person> {
    const person = new Person(name, name.toLowerCase(), `a long secret of ${name}`, await request.newContext({ baseURL: site.url }));
    const { handle, password } = person;
    await said(
      await person.api.post('/api/accounts', { data: { handle, display_name: name, email: `${handle}@example.org`, password } }),
      201,
    );
    return person;
  }

  /** Signs a browser in, as a separate device. */
  async signIn(context: BrowserContext): Promise<void> {
    const { handle, password } = this;
    await said(await context.request.post('/api/session', { data: { handle, password } }), 200);
  }

  async post(title: string, tint = 0, description = ''): Promise<Artwork> {
    return this.postPicture(title, png(tint), description);
  }

  async postPicture(title: string, buffer: Buffer, description = ''): Promise<Artwork> {
    const image = { name: 'work.png', mimeType: 'image/png', buffer };
    return said(await this.api.post('/api/artworks', { multipart: { title, description, image } }), 201);
  }

  async critique(artwork: Artwork, body: string): Promise<Critique> {
    return said(await this.api.post(`/api/artworks/${artwork.id}/critiques`, { data: { body } }), 201);
  }

  async helpful(critique: Critique): Promise<void> {
    await said(await this.api.put(`/api/critiques/${critique.id}/helpful`), 204);
  }

  async notHelpful(critique: Critique): Promise<void> {
    await said(await this.api.delete(`/api/critiques/${critique.id}/helpful`), 204);
  }

  async follow(artist: Person): Promise<void> {
    await said(await this.api.put(`/api/people/${artist.handle}/follow`), 204);
  }

  async edit(critique: Critique, body: string): Promise<void> {
    await said(await this.api.patch(`/api/critiques/${critique.id}`, { data: { body } }), 200);
  }

  async takeBack(critique: Critique): Promise<void> {
    await said(await this.api.delete(`/api/critiques/${critique.id}`), 204);
  }

  async inbox(): Promise<Inbox> {
    return said(await this.api.get('/api/notifications'), 200);
  }

  async markRead(through: string): Promise<Counts> {
    return said(await this.api.post('/api/notifications/read', { data: { through } }), 200);
  }

  async dispose(): Promise<void> {
    await this.api.dispose();
  }
}
