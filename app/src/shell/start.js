// Fetches the program once the first picture is there, or the page where there is none, so that they do not share a slow line; at once
// when somebody begins to do something. Sent at the end of every page.
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
        // What could not be fetched, as where the page is being left, the network tells of by itself.
        if (!(detail instanceof TypeError)) reportError(detail);
      });
    bytes.catch(() => {});
  };
  for (const sign of signs) addEventListener(sign, begin, true);
  const first = document.querySelector('img[fetchpriority=high]');
  const seen = first ? first.decode().catch(() => {}) : new Promise((loaded) => addEventListener('load', loaded));
  // The frame after the next begins once the next was painted. A tab that nobody sees paints none.
  const painted = () => document.hidden || new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
  seen.then(painted).then(() => (window.requestIdleCallback ?? setTimeout)(begin, window.requestIdleCallback ? { timeout: 300 } : 50));
  // However slow the picture is, and should the tab be left meanwhile.
  setTimeout(begin, 4_000);
})();
