// Checks Lighthouse's mobile scores of the pages that guests visit first, and of one page when signed in: the median of three runs must
// be at least 95 in each category. Run by script/lighthouse with the site's URL.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const LEAST = 95;
const RUNS = Number(process.env.LIGHTHOUSE_RUNS ?? 3);
const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];
const CHROME = '--headless=new --no-sandbox --disable-gpu --disable-quic --disable-background-networking --disable-component-update';
const site = process.argv[2];
const folder = mkdtempSync(path.join(tmpdir(), 'artcritique-lighthouse-'));

const works = await (await fetch(`${site}/api/artworks`)).json();
const answer = await fetch(`${site}/api/session`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ handle: 'mirela_paints', password: 'artcritique' }),
});
const cookie = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ');
const pages = [
  ['the gallery', '/'],
  ['a work', `/artworks/${works.items[0].id}`],
  ['signing in', '/login'],
  ['the gallery, signed in', '/', cookie],
];

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const show = (report, id) => report.audits[id].displayValue ?? '';

let missed = false;
for (const [name, address, cookie] of pages) {
  const reports = Array.from({ length: RUNS }, (_, n) => {
    const file = path.join(folder, `${n}.json`);
    const headers = cookie ? [`--extra-headers=${JSON.stringify({ Cookie: cookie })}`] : [];
    const categories = `--only-categories=${CATEGORIES}`;
    const options = ['--quiet', '--output=json', `--output-path=${file}`, categories, `--chrome-flags=${CHROME}`, ...headers];
    execFileSync('lighthouse', [`${site}${address}`, ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
    return JSON.parse(readFileSync(file, 'utf8'));
  });
  const points = CATEGORIES.map((category) => Math.round(100 * median(reports.map((report) => report.categories[category].score))));
  const typical = reports.toSorted((a, b) => a.categories.performance.score - b.categories.performance.score)[Math.floor(RUNS / 2)];
  const times = [
    ['FCP', 'first-contentful-paint'],
    ['LCP', 'largest-contentful-paint'],
    ['TBT', 'total-blocking-time'],
    ['CLS', 'cumulative-layout-shift'],
    ['SI', 'speed-index'],
  ].map(([short, id]) => `${short} ${show(typical, id)}`);
  console.log(`${name}: ${CATEGORIES.map((category, n) => `${category} ${points[n]}`).join(', ')} (${times.join(', ')})`);
  if (points.every((point) => point >= LEAST)) continue;
  missed = true;
  for (const category of CATEGORIES) {
    const lacking = typical.categories[category].auditRefs.filter(({ id, weight }) => weight > 0 && (typical.audits[id].score ?? 1) < 0.9);
    for (const { id } of lacking) console.log(`  ${category}: ${typical.audits[id].title} ${show(typical, id)}`);
  }
}
rmSync(folder, { recursive: true });
if (missed) {
  console.error(`A page has less than ${LEAST} points.`);
  process.exit(1);
}
