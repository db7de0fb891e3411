// Runs before the WASM, and without it: saves drafts, prevents showing one person's page to
// another, and reports when the WASM fails. Inlined in every page, without comments and
// indentation.
(() => {
  const page = document.documentElement;
  const language = page.dataset.language;
  // The texts of this script, in that language.
  const texts = JSON.parse(document.currentScript.dataset.words);
  // The page's viewer: a user id, or empty for a guest.
  const person = page.dataset.person ?? '';
  // Storage key: the viewer of the page loaded last in this browser.
  const PERSON = 'artcritique-person';
  // Storage key: how often that viewer changed.
  const TURN = 'artcritique-turn';
  const DRAFT = 'artcritique-draft:';
  // Storage key: the names of the drafts in the plain form that this tab sent last.
  const SENT = 'artcritique-sent';
  const storage = (name) => { try { return window[name]; } catch { return undefined; } };
  const [local, session] = [storage('localStorage'), storage('sessionStorage')];
  const keep = (key, value) => { try { value.trim() ? local.setItem(key, value) : local.removeItem(key); } catch {} };

  // Protects against another person pressing Back: a page from the browser's cache is shown only to
  // its own viewer, and restored form values are cleared once another person has signed in or out.
  const show = (shown) => { page.style.visibility = shown ? '' : 'hidden'; };
  const load = () => location.replace(location.pathname + location.search);
  const anew = () => { show(false); load(); };
  const same = () => local ? (local.getItem(PERSON) ?? person) === person : !person;
  const turn = () => local?.getItem(TURN) ?? '0';
  const clear = () => document.querySelectorAll('form input:not([type=hidden], [data-draft])').forEach((field) => { field.value = field.defaultValue; });
  const back = performance.getEntriesByType('navigation')[0]?.type === 'back_forward';
  const known = back ? history.state?.turn : undefined;
  if (back && local && !same()) anew();
  else if (!same()) try { local.setItem(PERSON, person); local.setItem(TURN, Number(turn()) + 1); } catch {}
  else try { local.setItem(PERSON, person); } catch {}
  const mine = turn();
  history.replaceState({ ...history.state, turn: mine }, '');
  addEventListener('pagehide', (event) => { if (person && event.persisted) show(false); });
  addEventListener('pageshow', (event) => {
    if (event.persisted && !same()) return anew();
    if (event.persisted ? turn() !== mine : back && known !== mine) clear();
    show(true);
  });
  addEventListener('storage', ({ key, newValue }) => {
    if (key !== PERSON || !person || newValue === null) return;
    if (newValue && newValue !== person) anew();
    else dispatchEvent(new CustomEvent(newValue ? 'artcritique:signed-in' : 'artcritique:signed-out'));
  });

  // Drafts are stored per person. Delete those in the older format without a user id.
  for (const key of Object.keys(local ?? {})) if (key.startsWith(DRAFT) && !/^\d+:/.test(key.slice(DRAFT.length))) local.removeItem(key);
  const draft = (name) => `${DRAFT}${person}:${name}`;
  addEventListener('input', ({ target }) => { if (person && target.dataset?.draft) keep(draft(target.dataset.draft), target.value); });
  addEventListener('click', ({ target }) => {
    target.closest?.('[data-cancel]')?.closest('form')?.querySelectorAll('[data-draft]').forEach((field) => keep(draft(field.dataset.draft), ''));
  });
  // A redirect means that the server accepted the plain form: delete its drafts. A rejected form is
  // shown without a redirect.
  if (performance.getEntriesByType('navigation')[0]?.redirectCount > 0) {
    for (const name of (session?.getItem(SENT) ?? '').split('\n')) [name, `${name}-attempt`].forEach((name) => local?.removeItem(draft(name)));
  }
  session?.removeItem(SENT);
  const sends = (event) => { if (!event.defaultPrevented) session?.setItem(SENT, [...event.target.querySelectorAll('[data-draft]')].map((field) => field.dataset.draft).join('\n')); };
  addEventListener('submit', sends);
  // The form that changes the language leads back to the page that is shown, to which the router may
  // have moved on.
  addEventListener('submit', ({ target }) => {
    const next = target.querySelector?.('[data-here]');
    if (next) next.value = location.pathname + location.search;
  });

  // Text over a field's limit is reported and blocks sending; it is not truncated.
  const plural = new Intl.PluralRules(language);
  const counted = (pair, n, max) => pair[plural.select(n) === 'one' ? 0 : 1]
    .replace('{n}', n.toLocaleString(language)).replace('{max}', max.toLocaleString(language));
  let pause;
  const measure = (field) => {
    const limit = Number(field.dataset.limit);
    const left = limit - [...field.value.trim()].length;
    const counter = document.getElementById(`${field.id}-count`);
    field.setCustomValidity(left < 0 ? counted(texts.shorten, -left, limit) : '');
    if (left < 0) field.setAttribute('aria-invalid', 'true');
    else if (counter?.classList.contains('error')) field.removeAttribute('aria-invalid');
    counter?.classList.toggle('error', left < 0);
    const words = left < 0 ? counted(texts.over, -left, limit) : left <= limit / 10 ? counted(texts.left, left, limit) : '';
    // Debounced, so that screen readers do not announce every key.
    clearTimeout(pause);
    pause = setTimeout(() => { if (counter) counter.textContent = words; }, 400);
  };
  addEventListener('input', ({ target }) => { if (target.dataset?.limit) measure(target); });
  addEventListener('DOMContentLoaded', () => document.querySelectorAll('[data-limit]').forEach((field) => { if (field.value) measure(field); }));

  // After a crash of the WASM, its event handlers must not block the browser's default actions.
  let dead = false;
  const say = (words) => {
    if (document.querySelector('.stopped')) return;
    const [note, button] = ['div', 'button'].map((tag) => document.createElement(tag));
    note.className = 'stopped bar';
    note.setAttribute('role', 'alert');
    button.type = 'button';
    button.className = 'quiet small';
    button.textContent = texts.reload;
    button.addEventListener('click', load);
    note.append(words, ' ', button);
    document.body.append(note);
  };
  const died = () => {
    dead = true;
    delete page.dataset.alive;
    say(texts.stopped);
  };
  const unstarted = () => { if (!('alive' in page.dataset)) say(texts.unstarted); };
  const fatal = (error) => { if (error instanceof (window.WebAssembly?.RuntimeError ?? Array)) died(); };
  addEventListener('error', (event) => fatal(event.error));
  addEventListener('unhandledrejection', (event) => fatal(event.reason));
  addEventListener('artcritique:failed', ({ detail }) => { fatal(detail); if (!dead) unstarted(); });
  addEventListener('load', () => setTimeout(unstarted, 60_000));
  const alone = (event) => {
    if (!dead || event.target.closest('.stopped')) return;
    event.stopImmediatePropagation();
    if (event.type === 'submit') sends(event);
  };
  for (const type of ['submit', 'click']) addEventListener(type, alone, true);
  addEventListener('popstate', () => { if (dead) load(); });
})();
