// The large view of a picture: zoom, next and previous, download, seed, and its settings to use again.
(() => {
  const lite = window.fooocusLite;
  const dialog = document.createElement('dialog');
  dialog.className = 'fl-dialog fl-viewer';
  dialog.setAttribute('aria-label', 'Picture');
  // Nothing here comes from a person; their words are set as text below.
  dialog.innerHTML = `
    <div class="fl-look" tabindex="0" role="group" aria-label="Picture, zoom with 1, 2 and 0"><img alt=""></div>
    <button type="button" class="fl-step is-previous" aria-label="Previous picture"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M12.500 4l-6 6 6 6"/></svg></button>
    <button type="button" class="fl-step is-next" aria-label="Next picture"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M7.500 4l6 6-6 6"/></svg></button>
    <aside>
      <div class="fl-viewer-head">
        <span class="fl-place"></span>
        <button type="button" class="fl-icon fl-close" aria-label="Close"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 5l10 10M15 5L5 15"/></svg></button>
      </div>
      <p class="fl-kept" aria-live="assertive" hidden></p>
      <p class="fl-unsaved" hidden>Not saved on disk. Download it to keep it.</p>
      <h2>Prompt</h2>
      <p class="fl-words" dir="auto"></p>
      <div class="fl-used"></div>
      <dl></dl>
      <details class="fl-asked"><summary>What the model was asked</summary><pre dir="auto" tabindex="0" aria-label="What the model was asked"></pre><button type="button" class="fl-copy">Copy</button></details>
      <div class="fl-zoom" role="group" aria-label="Zoom">
        <button type="button" data-zoom="fit">Fit</button><button type="button" data-zoom="1">100 %</button><button type="button" data-zoom="2">200 %</button>
      </div>
      <div class="fl-share"><a class="fl-download" download>Download</a><button type="button" class="fl-use-image" title="The next picture starts from this one">Use as input</button></div>
      <div class="fl-share"><button type="button" class="fl-copy-link" title="Opens with these settings in another Fooocus Lite">Copy link</button><a class="fl-recipe-file" download>Recipe file</a></div>
      <input class="fl-link" readonly hidden aria-label="Recipe link">
      <button type="button" class="fl-use">Use these settings</button>
      <button type="button" class="fl-delete">Delete</button>
    </aside>`;
  const find = (selector) => dialog.querySelector(selector);
  const image = find('img');
  let pictures = [];
  let place = 0;
  let zoom = 'fit';

  function fact(name, value, copied) {
    if (value === '' || value === null || value === undefined) return [];
    const term = document.createElement('dt');
    term.textContent = name;
    const text = document.createElement('dd');
    text.textContent = String(value);
    if (copied) {
      const copy = document.createElement('button');
      copy.type = 'button';
      copy.className = 'fl-copy';
      copy.textContent = 'Copy';
      copy.setAttribute('aria-label', `Copy ${name.toLowerCase()}`);
      copy.addEventListener('click', () => copyText(String(value), copy));
      text.append(copy);
    }
    return [term, text];
  }

  async function copyText(text, button) {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Select it and press Ctrl+C';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  }

  function setZoom(wanted) {
    zoom = wanted;
    const picture = pictures[place];
    const look = find('.fl-look');
    look.dataset.zoom = zoom;
    image.style.width = zoom === 'fit' ? '' : `${picture.width * Number(zoom)}px`;
    image.style.height = zoom === 'fit' ? '' : `${picture.height * Number(zoom)}px`;
    dialog.querySelectorAll('[data-zoom]').forEach((one) => {
      if (one.tagName === 'BUTTON') one.setAttribute('aria-pressed', String(one.dataset.zoom === zoom));
    });
  }

  function paint() {
    const picture = pictures[place];
    image.src = picture.url;
    image.alt = picture.alt;
    image.style.setProperty('--ratio', String(picture.width / picture.height));
    find('.fl-place').textContent = `${place + 1} of ${pictures.length}`;
    find('.fl-words').textContent = picture.prompt;
    find('.fl-unsaved').hidden = picture.saved;
    find('.fl-kept').hidden = true;
    find('.fl-used').replaceChildren(...picture.styles.map((name) => {
      const chip = document.createElement('span');
      chip.textContent = name;
      return chip;
    }));
    find('dl').replaceChildren(
      ...fact('Seed', picture.seed, true),
      ...fact('Size', `${picture.width} × ${picture.height}`),
      ...fact('Avoid', picture.negative),
      ...fact('Starts from', picture.strength && `another picture, changed ${Math.round(100 * picture.strength)}\u00a0%`),
      ...fact('Steps', picture.steps),
      ...fact('Guidance', picture.guidance),
      ...fact('Scheduler', picture.scheduler),
      ...fact('Model', picture.model),
      ...fact('Made', new Date(picture.created * 1000).toLocaleString()),
    );
    find('.fl-asked pre').textContent = picture.asked;
    find('.fl-download').href = picture.download;
    find('.fl-recipe-file').href = `pictures/${picture.id}/recipe`;
    find('.fl-link').hidden = true;
    find('.is-previous').disabled = place === 0;
    find('.is-next').disabled = place === pictures.length - 1;
    setZoom(zoom);
  }

  function move(by) {
    const there = place + by;
    if (there < 0 || there >= pictures.length) return;
    place = there;
    paint();
  }

  // The clipboard is closed to pages without https; then the link stands there to be copied by hand.
  async function copyLink(event) {
    const button = event.target;
    const shown = find('.fl-link');
    try {
      const answer = await fetch(`pictures/${pictures[place].id}/link`);
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      shown.value = window.location.origin + window.location.pathname + (await answer.json()).link;
    } catch {
      button.textContent = 'No link now';
      setTimeout(() => { button.textContent = 'Copy link'; }, 1500);
      return;
    }
    try {
      await navigator.clipboard.writeText(shown.value);
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy link'; }, 1500);
    } catch {
      shown.hidden = false;
      shown.select();
    }
  }

  function backToThePrompt() {
    dialog.close();
    if (window.matchMedia('(max-width: 900px)').matches && lite.get('panel')) {
      lite.openPanel(lite.get('panel'));
    }
    lite.promptBox()?.focus();
  }

  function use() {
    document.dispatchEvent(new CustomEvent('fl:use', { detail: pictures[place].id }));
    backToThePrompt();
  }

  async function useAsInput(event) {
    const button = event.target;
    if (await lite.startFrom(pictures[place])) {
      backToThePrompt();
      return;
    }
    button.textContent = 'Not possible now';
    setTimeout(() => { button.textContent = 'Use as input'; }, 1500);
  }

  // Why it could not be deleted; empty when it is. What is not here was deleted in another window.
  async function deleted(picture) {
    try {
      const answer = await fetch(`api/v1/outputs/${picture.id}`, { method: 'DELETE' });
      return answer.ok || answer.status === 404 ? '' : (await answer.json()).error.message;
    } catch {
      return 'That could not be done now. Try once more.';
    }
  }

  async function remove() {
    const picture = pictures[place];
    const question = { title: 'Delete this picture?', text: 'Its file is deleted too, for good.', keep: 'Keep it', go: 'Delete' };
    if (!await lite.ask(question)) return;
    const problem = await deleted(picture);
    if (problem) {
      find('.fl-kept').textContent = problem;
      find('.fl-kept').hidden = false;
      return;
    }
    document.dispatchEvent(new CustomEvent('fl:deleted', { detail: picture.id }));
    pictures = pictures.filter((each) => each.id !== picture.id);
    place = Math.min(place, pictures.length - 1);
    if (pictures.length) paint(); else dialog.close();
  }

  // The next picture starts from this one; false when it cannot be had.
  lite.startFrom = async (picture) => {
    try {
      const answer = await fetch(picture.url);
      if (!answer.ok) return false;
      document.dispatchEvent(new CustomEvent('fl:start-from', { detail: await answer.blob() }));
      return true;
    } catch {
      return false;
    }
  };

  // A small picture that opens the large view, as an item of a list.
  lite.thumbnail = (list, place, label) => {
    const picture = list[place];
    const one = document.createElement('button');
    one.type = 'button';
    one.className = 'fl-thumb';
    one.title = picture.alt;
    one.setAttribute('aria-label', label);
    const image = document.createElement('img');
    image.src = picture.thumbnail;
    image.alt = '';
    image.loading = 'lazy';
    one.append(image);
    one.addEventListener('click', () => lite.view(list, place));
    const item = document.createElement('div');
    item.setAttribute('role', 'listitem');
    item.append(one);
    return item;
  };

  lite.view = (list, start) => {
    pictures = list;
    place = start;
    zoom = 'fit';
    paint();
    dialog.showModal();
    find('.fl-look').focus();
  };

  find('.is-previous').addEventListener('click', () => move(-1));
  find('.is-next').addEventListener('click', () => move(1));
  find('.fl-close').addEventListener('click', () => dialog.close());
  find('.fl-use').addEventListener('click', use);
  find('.fl-use-image').addEventListener('click', useAsInput);
  find('.fl-delete').addEventListener('click', remove);
  find('.fl-copy-link').addEventListener('click', copyLink);
  find('.fl-asked .fl-copy').addEventListener('click', (event) => copyText(pictures[place].asked, event.target));
  find('.fl-look').addEventListener('click', (event) => {
    if (event.target === event.currentTarget) dialog.close();
    else if (event.target === image) setZoom(zoom === 'fit' ? '2' : 'fit');
  });
  dialog.addEventListener('click', (event) => {
    const wanted = event.target.closest('button[data-zoom]');
    if (wanted) setZoom(wanted.dataset.zoom);
  });
  dialog.addEventListener('keydown', (event) => {
    const isScrolling = zoom !== 'fit' && event.target.closest('.fl-look');
    if (event.key === 'ArrowLeft' && !isScrolling) move(-1);
    if (event.key === 'ArrowRight' && !isScrolling) move(1);
    const zooms = { 0: 'fit', 1: '1', 2: '2' };
    if (event.key in zooms && !event.ctrlKey && !event.metaKey) setZoom(zooms[event.key]);
  });
  dialog.addEventListener('close', () => { image.removeAttribute('src'); });
  document.body.append(dialog);
})();
