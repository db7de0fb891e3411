import AxeBuilder from '@axe-core/playwright';
import { PROVOKED, scenes, tooWide } from './support/scenes';
import { expect, test } from './support/test';

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing to complain of on any page, ${colorScheme}`, async ({ person, visit, watch }) => {
    test.setTimeout(240_000);
    watch.allow(...PROVOKED);
    await scenes({ person, visit }, { colorScheme, reducedMotion: 'reduce' }, async (page, name) => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, help, nodes }) => `${id}: ${help} ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`);
      expect.soft(found, name).toEqual([]);
    });
  });
}

for (const width of [360, 1_200]) {
  test(`no page scrolls sideways at ${width} px, and every image has its text`, async ({ person, visit, watch }) => {
    test.setTimeout(180_000);
    watch.allow(...PROVOKED);
    await scenes({ person, visit }, { viewport: { width, height: 740 } }, async (page, name) => {
      const mute = await page.evaluate(() => [...document.images].filter((image) => !image.hasAttribute('alt')).map((image) => image.src));
      expect.soft(await tooWide(page), `${name}: wider than the window`).toEqual([]);
      expect.soft(mute, `${name}: images without alt`).toEqual([]);
    });
  });
}
