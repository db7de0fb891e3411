// Draws the icons and the picture for link previews from the site's mark (public/favicon.svg), with the system's Chromium.
// Run by script/icons.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { chromium } from '@playwright/test';

const PUBLIC = new URL('../public/', import.meta.url);
const [WALL, INK] = ['#f8f6f2', '#1f1b17'];
const mark = readFileSync(new URL('favicon.svg', PUBLIC), 'utf8');

/** A square icon: the mark at `share` percent of the width, on the WALL background. */
const icon = (size, share, radius = 0) => ({
  width: size,
  height: size,
  html: `<div class="icon" style="border-radius:${radius}%"><div style="inline-size:${share}%">${mark}</div></div>`,
});

const PICTURES = {
  // Unmasked icons have rounded corners; a mask keeps at least the middle 80% (W3C Web Application Manifest, "icon masks").
  'icon-192.png': icon(192, 72, 18),
  'icon-512.png': icon(512, 72, 18),
  'icon-maskable-512.png': icon(512, 54),
  'apple-touch-icon.png': icon(180, 66),
  'share.png': {
    width: 1200,
    height: 630,
    html: `<div class="share"><div class="sign">${mark}</div><h1>ArtCritique</h1><p>Show work. Get critique worth having.</p></div>`,
  },
};

const STYLE = `
  * { margin: 0; box-sizing: border-box }
  html, body { block-size: 100%; background: transparent; color: ${INK} }
  svg { display: block; inline-size: 100% }
  .icon, .share { display: grid; place-content: center; justify-items: center; block-size: 100%; background: ${WALL} }
  .icon { grid-template-columns: 100% }
  .sign { inline-size: 190px }
  h1 { margin-block: 36px 12px; font: 500 104px/1 "P052", "URW Palladio L", Georgia, serif; letter-spacing: -0.02em }
  p { font: 400 40px/1.3 "P052", "URW Palladio L", Georgia, serif; color: #635b51 }
`;

const executablePath = process.env.CHROMIUM ?? execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim();
const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] });
for (const [name, { width, height, html }] of Object.entries(PICTURES)) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: 'light' });
  await page.setContent(`<style>${STYLE}</style>${html}`);
  writeFileSync(new URL(name, PUBLIC), await page.screenshot({ omitBackground: true }));
  await page.close();
}
await browser.close();
