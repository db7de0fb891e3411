// Rewrites times as elapsed time, then as the date, in the reader's time zone, with the exact time
// on hover. Without this script the server's UTC remains. Inlined at the end of every page, to run
// before the first paint.
(() => {
  const { language } = document.documentElement.dataset;
  const { now } = document.currentScript.dataset;
  const locale = navigator.languages?.find((theirs) => theirs.startsWith(language)) ?? (language === 'en' ? 'en-GB' : language);
  const ago = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  const exact = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long' });
  const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
  const midnight = (moment) => new Date(moment).setHours(0, 0, 0, 0);

  const words = (datetime, day) => {
    const at = new Date(datetime);
    const passed = Date.now() - at;
    if (Number.isNaN(passed)) return datetime;
    // A time more than a minute in the future means that the local clock is behind, so the elapsed
    // time is unknown.
    if (day || passed < -MINUTE) return date.format(at);
    if (passed < MINUTE) return now;
    if (passed < HOUR) return ago.format(-Math.floor(passed / MINUTE), 'minute');
    if (passed < DAY) return ago.format(-Math.floor(passed / HOUR), 'hour');
    const days = Math.round((midnight(Date.now()) - midnight(at)) / DAY);
    return days < 7 ? ago.format(-days, 'day') : date.format(at);
  };

  const written = new WeakMap();
  const write = (time) => {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) return;
    time.title = exact.format(at);
    // A change would make screen readers announce the toast again.
    if (time.closest('[role=status]')) return;
    const text = words(time.dateTime, 'day' in time.dataset);
    // Keeps a translator's version of an unchanged text.
    if (written.get(time) === text) return;
    written.set(time, text);
    // Hydration expects the nodes that the server sent: a text node, followed by a comment.
    const node = time.firstChild;
    if (node?.nodeType === Node.TEXT_NODE && time.childElementCount === 0) node.data = text;
    else time.textContent = text;
  };

  const all = (within) => within.querySelectorAll?.('time[datetime]').forEach(write);
  const refresh = () => { if (!document.hidden) all(document); };
  all(document);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) node.matches?.('time[datetime]') ? write(node) : all(node);
  }).observe(document.body, { childList: true, subtree: true });
  setInterval(refresh, MINUTE / 2);
  addEventListener('pageshow', refresh);
  document.addEventListener('visibilitychange', refresh);
  window.artcritiqueWhen = words;
})();
