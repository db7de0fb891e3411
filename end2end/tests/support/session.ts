import { expect, type Page } from '@playwright/test';
import { standing } from './bell';
import type { Person } from './people';

/** Signs out by the account menu. */
export async function signOut(page: Page, person: Person): Promise<void> {
  await page.getByLabel(`Account of ${person.name}`).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('link', { name: 'Sign in', exact: true })).toBeVisible();
}

/** Submits the sign-in form that the page shows, and waits until the next page is hydrated. */
export async function signInHere(page: Page, person: Person): Promise<void> {
  await page.getByLabel('Handle').fill(person.handle);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByLabel(`Account of ${person.name}`)).toBeVisible();
  await standing(page, 'live');
}

/** Signs in, from any page. */
export async function signIn(page: Page, person: Person): Promise<void> {
  await page.goto('/login');
  await signInHere(page, person);
}

/**
 * Ends all other sessions of this person from the session that acts over REST, as from another
 * device.
 */
export async function endSessions(page: Page, person: Person): Promise<void> {
  await page.goto('/settings/sessions');
  await expect(page.getByLabel(`Account of ${person.name}`)).toBeVisible();
  const ends = page.getByRole('main').getByRole('button', { name: 'Sign out' });
  for (let left = await ends.count(); left > 0; left--) {
    await ends.first().click();
    await expect(ends).toHaveCount(left - 1);
  }
}
