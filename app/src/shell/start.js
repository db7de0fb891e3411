// Fetches the WASM after the first picture has loaded, or the page if it has no priority picture,
// so that they do not compete for bandwidth; immediately on the first user input. Inlined at the
// end of every page.
(() => {
  const { js, wasm } = document.currentScript.dataset;
  const signs = ['pointerdown', 'keydown', 'focusin'];
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    for (const sign of signs) removeEventListener(sign, begin, true);
    const bytes = fetch(wasm, { priority: 'low' });
    import(js)
      .then((program) => program.default({ module_or_path: bytes }).then(program.hydrate))
      .catch((detail) => {
        dispatchEvent(new CustomEvent('artcritique:failed', { detail }));
        // A TypeError is a failed fetch, as when leaving the page; the browser already reports it.
        if (!(detail instanceof TypeError)) reportError(detail);
      });
    bytes.catch(() => {});
  };
  for (const sign of signs) addEventListener(sign, begin, true);
  const first = document.querySelector('img[fetchpriority=high]');
  const seen = first ? first.decode().catch(() => {}) : new Promise((loaded) => addEventListener('load', loaded));
  // The second animation frame begins after the first was painted. A hidden tab paints none.
  const painted = () => document.hidden || new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
  seen.then(painted).then(() => (window.requestIdleCallback ?? setTimeout)(begin, window.requestIdleCallback ? { timeout: 300 } : 50));
  // Starts at the latest after this time, even if the picture is slow or the tab is hidden.
  setTimeout(begin, 4_000);
})();
