// What comes with a picture, a pasted text or a link: settings are read by the server and shown, then used
// if wanted; a picture may also be what the next one starts from.
(() => {
  const lite = window.fooocusLite;
  const PICTURES = ['image/png', 'image/jpeg', 'image/webp'];
  const LIMITS = { picture: 20_000_000, text: 2_000_000 };
  const dialog = document.createElement('dialog');
  dialog.className = 'fl-dialog fl-found';
  dialog.setAttribute('aria-labelledby', 'fl-found-title');
  // Nothing here comes from a person; what was found is set as text below.
  dialog.innerHTML = `
    <form method="dialog">
      <div class="fl-found-head"><img alt="" hidden><div><h2 id="fl-found-title"></h2><p class="fl-source"></p></div></div>
      <div class="fl-found-body" tabindex="0" role="group" aria-label="What was found">
        <p class="fl-problem"></p>
        <dl></dl>
        <h3>Worth knowing</h3>
        <ul></ul>
      </div>
      <div class="fl-found-buttons"><button value="close"></button><button value="input">Use as input</button><button value="use" class="is-primary"></button></div>
    </form>`;
  const find = (selector) => dialog.querySelector(selector);
  const veil = document.createElement('div');
  veil.className = 'fl-veil';
  veil.hidden = true;
  veil.innerHTML = '<p>Drop a picture to start from it, or to use its settings</p>';
  const chooser = document.createElement('input');
  chooser.type = 'file';
  chooser.accept = [...PICTURES, '.json'].join(',');
  chooser.hidden = true;

  let found = null;
  let shownFile = null;
  let asked = 0;

  const say = (kind, text) => {
    document.dispatchEvent(new CustomEvent('fl:say', { detail: { kind, text } }));
  };

  // `is_read`: the notes were shown in the dialog.
  const use = (settings, isRead) => {
    document.dispatchEvent(new CustomEvent('fl:use-found', { detail: { settings, is_read: isRead } }));
    lite.promptBox()?.focus();
  };

  function element(kind, text) {
    const made = document.createElement(kind);
    made.textContent = text;
    if (kind === 'dd') made.dir = 'auto';
    return made;
  }

  // The answer to whatever was asked last; an earlier one that comes late is dropped.
  async function ask(body, isText) {
    asked += 1;
    const mine = asked;
    try {
      const headers = { 'content-type': isText ? 'text/plain' : 'application/octet-stream' };
      const answer = await fetch('inspect', { method: 'POST', headers, body });
      const read = await answer.json();
      return mine === asked ? read : null;
    } catch {
      if (mine === asked) say('error', 'That could not be read now. Try once more.');
      return null;
    }
  }

  function show(answer, words, file) {
    found = answer;
    shownFile = file;
    const image = find('img');
    image.hidden = !file;
    if (file) image.src = URL.createObjectURL(file);
    find('h2').textContent = words.title;
    find('.fl-source').textContent = answer.source ? `Written by ${answer.source}` : '';
    find('.fl-problem').textContent = answer.problem;
    find('.fl-problem').hidden = !answer.problem;
    find('dl').replaceChildren(
      ...answer.rows.flatMap(([name, value]) => [element('dt', name), element('dd', value)]),
    );
    find('ul').replaceChildren(...answer.notes.map((note) => element('li', note)));
    find('h3').hidden = answer.notes.length === 0;
    find('[value="use"]').textContent = words.use;
    find('[value="use"]').hidden = !answer.settings;
    const wanted = answer.settings ? 'use' : file ? 'input' : 'close';
    find('[value="input"]').hidden = !file;
    find('[value="input"]').classList.toggle('is-primary', wanted === 'input');
    find('[value="close"]').textContent = answer.settings ? words.close : 'Close';
    if (!dialog.open) dialog.showModal();
    find(`[value="${wanted}"]`).focus();
    find('.fl-found-body').scrollTop = 0;
  }

  async function look(file) {
    if (file.name.toLowerCase().endsWith('.txt')) {
      document.dispatchEvent(new CustomEvent('fl:prompts', { detail: file }));
      return;
    }
    const isPicture = PICTURES.includes(file.type);
    if (!isPicture && !file.name.toLowerCase().endsWith('.json')) {
      say('info', 'Only PNG, JPEG and WebP pictures and recipe files can be read here.');
      return;
    }
    const limit = isPicture ? LIMITS.picture : LIMITS.text;
    if (file.size > limit) {
      say('info', `That file is too large: at most ${limit / 1_000_000} MB can be read here.`);
      return;
    }
    const answer = await ask(isPicture ? file : await file.text(), !isPicture);
    if (!answer) return;
    if (!isPicture && !answer.source && !answer.problem) answer.problem = 'This file holds no settings known here.';
    const nothing = isPicture && !answer.settings ? 'This picture' : 'Settings of this picture';
    const title = isPicture ? nothing : 'Settings of this file';
    show(answer, { title, use: 'Use its settings', close: 'Close' }, isPicture ? file : null);
  }

  // Cheap signs; whether it really is one, the server says.
  const isLikely = (text) => text.length <= LIMITS.text && (
    /^\s*\{[^]*"[^]*\}\s*$/.test(text) || /^\s*\S*#r=[\w-]+\s*$/.test(text) || /(^|\n)[^\n]*Steps: ?\d/.test(text)
  );

  async function lookAtText(text) {
    const answer = await ask(text, true);
    if (!answer || !(answer.settings || answer.problem)) return;
    show(answer, { title: 'This looks like settings', use: 'Use them', close: 'Keep as text' }, null);
  }

  // An opened link fills an empty page at once; words already written are never lost without asking.
  async function readAddress() {
    const link = window.location.hash;
    if (!link.startsWith('#r=')) return;
    window.history.replaceState(null, '', window.location.pathname + window.location.search);
    const answer = await ask(link, true);
    if (!answer) return;
    if (!answer.settings) say('error', answer.problem || 'This link holds no settings.');
    else if (lite.promptBox()?.value.trim()) {
      show(answer, { title: 'Settings of the link', use: 'Use them', close: 'Keep mine' }, null);
    } else use(answer.settings, false);
  }

  const filesOf = (transfer) => [...(transfer?.files || [])];
  const isFileDrag = (event) => [...(event.dataTransfer?.types || [])].includes('Files');
  const isBusyElsewhere = () => Boolean(document.querySelector('dialog[open]:not(.fl-found)'));

  function onDrag(event) {
    if (!isFileDrag(event) || isBusyElsewhere()) return;
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = 'copy';
    veil.hidden = false;
  }

  function onLeave(event) {
    if (event.relatedTarget === null) veil.hidden = true;
  }

  function onDrop(event) {
    veil.hidden = true;
    if (!isFileDrag(event) || isBusyElsewhere()) return;
    event.preventDefault();
    event.stopPropagation();
    const [file] = filesOf(event.dataTransfer);
    if (file) look(file);
  }

  function onPaste(event) {
    if (isBusyElsewhere()) return;
    const picture = filesOf(event.clipboardData).find((file) => PICTURES.includes(file.type));
    const text = event.clipboardData?.getData('text/plain') || '';
    if (picture && !text) {
      event.preventDefault();
      look(picture);
    } else if (event.target === lite.promptBox() && isLikely(text)) lookAtText(text);
  }

  dialog.addEventListener('close', () => {
    const image = find('img');
    if (image.src) URL.revokeObjectURL(image.src);
    image.removeAttribute('src');
    if (dialog.returnValue === 'use' && found?.settings) use(found.settings, true);
    if (dialog.returnValue === 'input' && shownFile) {
      document.dispatchEvent(new CustomEvent('fl:start-from', { detail: shownFile }));
    }
    dialog.returnValue = '';
    found = null;
    shownFile = null;
  });
  chooser.addEventListener('change', () => {
    const [file] = chooser.files;
    if (file) look(file);
    chooser.value = '';
  });
  document.addEventListener('click', (event) => {
    if (event.target.closest?.('[data-open-picture]')) chooser.click();
  });
  // While it comes down: Gradio's own boxes would take the file or the text for themselves.
  document.addEventListener('dragenter', onDrag, true);
  document.addEventListener('dragover', onDrag, true);
  document.addEventListener('dragleave', onLeave, true);
  document.addEventListener('drop', onDrop, true);
  document.addEventListener('paste', onPaste, true);
  window.addEventListener('hashchange', readAddress);
  lite.on('bridge', readAddress);
  document.body.append(dialog, veil, chooser);
})();
