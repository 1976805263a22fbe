// What the regions share: a small store, the prompt box, panels, keys, theme and the title.
window.fooocusLite = (() => {
  const values = new Map();
  const listeners = new Map();
  const TITLE = 'Fooocus Lite';
  const DRAFT = 'fooocus_lite_prompt';

  const get = (name) => values.get(name);

  function set(name, value) {
    values.set(name, value);
    (listeners.get(name) || []).forEach((listener) => listener(value));
  }

  // Calls at once with what is known, then at every change.
  function on(name, listener) {
    listeners.set(name, [...(listeners.get(name) || []), listener]);
    if (values.has(name)) listener(values.get(name));
  }

  const promptBox = () => document.querySelector('#fl-prompt textarea');

  // Svelte listens to the event; a plain assignment would pass it by.
  function write(box, text) {
    const setter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(box), 'value').set;
    setter.call(box, text);
    box.dispatchEvent(new Event('input', { bubbles: true }));
  }

  function writePrompt(text) {
    const box = promptBox();
    if (!box) return;
    write(box, text);
    box.focus();
  }

  function watchPrompt() {
    const box = promptBox();
    if (!box) {
      setTimeout(watchPrompt, 50);
      return;
    }
    box.dir = 'auto';
    box.setAttribute('aria-label', 'Prompt');
    let last = null;
    const look = () => {
      if (box.value === last) return;
      last = box.value;
      try { sessionStorage.setItem(DRAFT, last); } catch { /* private window */ }
      set('prompt', last);
    };
    let draft = '';
    try { draft = sessionStorage.getItem(DRAFT) || ''; } catch { /* private window */ }
    box.addEventListener('input', look);
    // Python writes without an event ("use these settings"); see it when the page is touched.
    new MutationObserver(look).observe(box, { attributes: true });
    setInterval(() => { if (!document.hidden) look(); }, 700);
    if (draft && !box.value) write(box, draft);
    look();
    if (window.matchMedia('(pointer: fine)').matches) box.focus();
  }

  const TITLES = { styles: 'Styles', advanced: 'Advanced', models: 'Models', queue: 'Queue', history: 'History' };

  function openPanel(name) {
    const isSame = get('panel') === name;
    const wanted = isSame ? '' : name;
    document.body.dataset.panel = wanted;
    document.querySelectorAll('[data-panel]').forEach((one) => {
      if (one.tagName === 'BUTTON') {
        one.setAttribute('aria-expanded', String(one.dataset.panel === wanted));
      }
    });
    const title = document.querySelector('#fl-side-title');
    if (title && wanted) title.textContent = TITLES[wanted];
    const before = get('panel');
    set('panel', wanted);
    if (wanted) {
      // Into the panel, which lies behind the page in the order of Tab.
      title?.focus({ preventScroll: true });
      if (window.matchMedia('(pointer: fine)').matches) {
        document.querySelector(`#fl-panel-${wanted} .fl-search`)?.focus({ preventScroll: true });
      }
    } else if (before) {
      document.querySelector(`button[data-panel="${before}"]`)?.focus();
    }
  }

  function busy(isBusy, frame, percent) {
    const wasBusy = Boolean(get('isBusy'));
    document.body.dataset.busy = isBusy ? 'yes' : 'no';
    document.title = isBusy
      ? `${frame.state === 'running' ? `${percent}%` : 'Waiting'} · ${TITLE}` : TITLE;
    set('frameAt', Date.now());
    const stands = `${frame.job} ${frame.state}`;
    if (get('stands') !== stands) set('stands', stands);
    if (wasBusy === isBusy) return;
    const active = document.activeElement;
    set('isBusy', isBusy);
    if (wasBusy) document.dispatchEvent(new CustomEvent('fl:done', { detail: frame }));
    // The button pressed is gone now; keep the keyboard where it was.
    if (active?.matches?.('#fl-generate, #fl-add-to-queue, #fl-skip, #fl-stop')) {
      document.querySelector(isBusy ? '#fl-stop' : '#fl-generate')?.focus();
    }
  }

  // Asks before something is lost; the answer is whether to `go` on. Esc means no.
  function ask({ title, text, keep, go }) {
    const dialog = document.createElement('dialog');
    dialog.className = 'fl-dialog fl-ask';
    dialog.setAttribute('aria-labelledby', 'fl-ask-title');
    dialog.innerHTML = '<form method="dialog"><h2 id="fl-ask-title"></h2><p></p>'
      + '<div><button value="" autofocus></button><button value="go" class="is-primary"></button></div></form>';
    // The words may name a file or a prompt: they are set as text.
    const parts = dialog.querySelectorAll('h2, p, button');
    [title, text, keep, go].forEach((words, place) => { parts[place].textContent = words; });
    document.body.append(dialog);
    dialog.showModal();
    return new Promise((resolve) => dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'go');
    }));
  }

  async function askToStop() {
    const question = { title: 'Stop making pictures?', text: 'Finished pictures stay.', keep: 'Keep going', go: 'Stop' };
    if (await ask(question)) document.querySelector('#fl-stop')?.click();
  }

  // Esc closes an open list and empties a search box first.
  function isMeantForTheBox(box) {
    return box.getAttribute?.('aria-expanded') === 'true' || (box.type === 'search' && box.value);
  }

  function onKey(event) {
    const isDialogOpen = Boolean(document.querySelector('dialog[open]'));
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !isDialogOpen) {
      event.preventDefault();
      // A key held down would fill the queue.
      if (!event.repeat) document.querySelector(get('isBusy') ? '#fl-add-to-queue' : '#fl-generate')?.click();
    }
    if (event.key !== 'Escape' || isDialogOpen || event.defaultPrevented) return;
    if (isMeantForTheBox(event.target)) return;
    if (get('isBusy')) {
      // Else the same press would close the dialog it opens.
      event.preventDefault();
      askToStop();
    } else if (get('panel')) {
      openPanel(get('panel'));
    }
  }

  function onClick(event) {
    const opener = event.target.closest?.('button[data-panel]');
    if (opener) openPanel(opener.dataset.panel);
    if (event.target.closest?.('[data-close-panel]')) openPanel(get('panel'));
  }

  function forceTheme() {
    const forced = window.fooocusLiteTheme;
    const asked = new URLSearchParams(window.location.search).get('__theme');
    if (forced === 'auto' || asked) return;
    const apply = () => document.body.classList.toggle('dark', forced === 'dark');
    apply();
    window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
  }

  document.documentElement.lang = 'en';
  document.body.dataset.busy = 'no';
  // While it comes down, before the box that has the focus acts on it.
  document.addEventListener('keydown', onKey, true);
  document.addEventListener('click', onClick);
  forceTheme();
  watchPrompt();
  return { get, set, on, promptBox, write, writePrompt, openPanel, busy, ask };
})();
