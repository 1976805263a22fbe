// Models: what the program says of them, orders to it, downloads followed to their end, and uploads.
(() => {
  const lite = window.fooocusLite;
  const LOOK_MS = 1000;
  const SAMPLE_MS = 3000;
  const seen = new Map();
  let sampling = '';
  let here = null;
  let timer = 0;
  let request = null;

  const say = (kind, text, action) => document.dispatchEvent(
    new CustomEvent('fl:say', { detail: { kind, text, action } }),
  );
  // Said in the panel itself, which covers the page on a phone.
  const tell = (kind, text, link = '') => lite.set('models-said', { kind, text, link });
  const isUnderway = (each) => each.state === 'waiting' || each.state === 'running';

  async function get(path) {
    try {
      const answer = await fetch(path, { cache: 'no-store' });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  // What the program answers, null when it refuses: then it has said why.
  async function order(what, values) {
    tell('', '');
    try {
      const answer = await fetch(`models/${what}`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(values),
      });
      const said = await answer.json();
      if (answer.ok) return said;
      tell('error', said.problem, said.link);
    } catch {
      tell('error', 'That could not be done now. Try once more.');
    }
    return null;
  }

  async function change(what, values) {
    const said = await order(what, values);
    // What the page still says of this one's end, and offers to do, is over.
    if (said) document.dispatchEvent(new CustomEvent('fl:moot', { detail: values.name }));
    await refresh();
    return said;
  }

  // What can be chosen elsewhere on the page changes with what is here.
  async function refresh(hasCome = false) {
    const found = await get('models');
    if (!found) return;
    lite.set('models', found);
    const before = here;
    here = found.models.map((each) => `${each.name} ${each.is_here}`).join();
    if (hasCome || (before !== null && before !== here)) document.dispatchEvent(new CustomEvent('fl:stock'));
    sampling = found.sampling.join();
    follow(found.downloads, sampling);
  }

  // A visitor can do nothing about what did not come.
  function announce(each) {
    if (each.state === 'failed' && !lite.get('models')?.is_host) return;
    if (each.state === 'failed') {
      const words = each.message.includes(each.title) ? each.message : `${each.title}: ${each.message}`;
      say('error', words, { label: 'Try again', event: 'fl:download', detail: each.name });
    } else if (each.state === 'done' && each.message) {
      say('info', `${each.title}: ${each.message}`);
    } else if (each.here && (!each.can_use || (lite.get('inUse') || []).includes(each.name))) {
      say('info', each.here);
    } else if (each.here) {
      say('info', each.here, { label: 'Switch to it', event: 'fl:use-model', detail: each.name });
    }
  }

  // Looks again while something is underway; says once how each one ended.
  function follow(downloads, samples) {
    const ended = downloads.filter((each) => seen.get(each.name) && !isUnderway(each));
    downloads.forEach((each) => seen.set(each.name, isUnderway(each)));
    lite.set('downloads', downloads);
    note(downloads.filter(isUnderway));
    clearTimeout(timer);
    if (downloads.some(isUnderway)) timer = setTimeout(look, LOOK_MS);
    else if (samples) timer = setTimeout(look, SAMPLE_MS);
    if (ended.length || samples !== sampling) {
      refresh(ended.some((each) => each.state === 'done')).then(() => ended.forEach(announce));
    }
  }

  async function look() {
    const found = await get('models/downloads');
    if (found) follow(found.downloads, found.sampling.join());
    else timer = setTimeout(look, LOOK_MS * 5);
  }

  function note(underway) {
    const box = document.querySelector('.fl-tab-note');
    if (!box) return;
    box.hidden = underway.length === 0;
    box.textContent = underway.length ? `${underway[0].percent} %` : '';
  }

  // The browser reads the file piece by piece; the program checks it before it counts as a model.
  function send(file) {
    if (request) return;
    request = new XMLHttpRequest();
    const show = (percent) => lite.set('upload', { name: file.name, percent });
    tell('', '');
    const end = (kind, text) => {
      request = null;
      lite.set('upload', null);
      tell(kind, text);
      refresh();
    };
    request.upload.addEventListener('progress', (event) => {
      show(event.lengthComputable ? Math.floor((100 * event.loaded) / event.total) : 0);
    });
    request.addEventListener('load', () => {
      const said = request.response || {};
      if (request.status === 200) end('info', said.text);
      else end('error', said.problem || 'The file was not taken. Try once more.');
    });
    request.addEventListener('error', () => end('error', 'The file broke off on its way. Send it once more.'));
    request.addEventListener('abort', () => end('', ''));
    request.responseType = 'json';
    request.open('POST', `models/upload?name=${encodeURIComponent(file.name)}`);
    show(0);
    request.send(file);
  }

  lite.models = {
    order, change, tell, refresh, isUnderway, send, stopSending: () => request?.abort(),
  };
  document.addEventListener('fl:download', async (event) => {
    if (lite.get('panel') !== 'models') lite.openPanel('models');
    await change('download', { name: event.detail });
  });
  lite.on('panel', (name) => { if (name === 'models') refresh(); });
  // Before the engine is there, what a model needs of this machine is not known.
  lite.on('isReady', (isReady) => { if (isReady && lite.get('panel') === 'models') refresh(); });
  setTimeout(look, 600);
})();
