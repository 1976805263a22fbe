const lite = window.fooocusLite;
const { node, button, isAddress, link, facts, withSample, download, tellDownload } = lite.modelCards;
const part = (selector) => element.querySelector(selector);
const list = (name) => part(`[data-list="${name}"]`);
const paste = part('.fl-paste');
const box = paste.querySelector('input');
const addFile = part('.fl-add-file');
const chooser = addFile.querySelector('input');
const sending = part('.fl-sending');
const status = part('[role="status"]');
const opened = new Set();
let spoken = '';
let lookedUp = null;

function use(name) {
  // On a phone the panel covers the page that now changes.
  if (lite.get('panel') === 'models' && window.matchMedia('(max-width: 900px)').matches) lite.openPanel('models');
  props.value = { use: name };
  trigger('input');
}

// The download has done its work then.
function switchTo(name) {
  use((lite.get('downloads') || []).find((each) => each.name === name)?.use || name);
  if (isHost()) lite.models.change('discard', { name });
}

async function remove(card) {
  const question = { title: `Remove ${card.title}?`, text: `Its files are deleted: ${card.size}.`, keep: 'Keep it', go: 'Remove' };
  if (!await lite.ask(question)) return;
  if (!await lite.models.change('remove', { name: card.name })) return;
  // What the page still offers may be this model.
  document.dispatchEvent(new CustomEvent('fl:say', { detail: { kind: '', text: '' } }));
  lite.models.tell('info', `${card.title} is removed.`);
  if ((props.in_use || []).includes(card.name)) use('starter');
}

// It stays where it was pressed, so that the keyboard does.
function useButton(card) {
  const isUsed = (props.in_use || []).includes(card.name);
  const made = button(isUsed ? 'In use' : 'Use', `${card.name} use`, () => { if (!isUsed) use(card.name); });
  made.classList.toggle('is-used', isUsed);
  made.setAttribute('aria-disabled', String(isUsed));
  return made;
}

const removeButton = (card) => button('Remove', `${card.name} remove`, () => remove(card));

function sampleButton(card) {
  return button('Make a sample', `${card.name} sample`, () => lite.models.change('sample', { name: card.name }));
}

function versions(card) {
  const [now, ...before] = card.revisions;
  return [
    node('p', '', `Version ${now.name}`),
    ...before.map((each) => button(`Back to ${each.name}`, `${card.name} ${each.id}`, () => (
      lite.models.change('set-back', { name: card.name, revision: each.id })))),
    button('Get the newest', `${card.name} update`, () => lite.models.change('update', { name: card.name })),
  ];
}

function more(card) {
  const inside = [];
  if (card.reason) inside.push(node('p', '', card.reason));
  if (card.can_update) inside.push(...versions(card));
  if (isAddress(card.link)) inside.push(link(card.link));
  if (card.place) inside.push(node('p', '', `Lies in ${card.place}`));
  if (card.can_remove && !card.is_damaged) inside.push(removeButton(card));
  if (!inside.length) return [];
  const details = node('details');
  details.open = opened.has(card.name);
  details.addEventListener('toggle', () => (details.open ? opened.add(card.name) : opened.delete(card.name)));
  const summary = node('summary', '', 'More');
  summary.setAttribute('aria-label', `More about ${card.title}`);
  const row = node('div', 'fl-model-more');
  row.append(...inside);
  details.append(summary, row);
  return [details];
}

function drawn(card) {
  const one = node('article', 'fl-model-card');
  one.dataset.name = card.name;
  const row = node('div', 'fl-model-buttons');
  const isLora = !('memory' in card);
  if (card.is_here && card.can_use && !isLora) row.append(useButton(card));
  if (card.can_download && !isUnderway(card.name)) {
    row.append(button('Download', `${card.name} download`, () => get(card.name)));
  }
  if (card.needs && !isUnderway(card.needs)) {
    row.append(button('Get what it lacks', `${card.name} needs`, () => get(card.needs)));
  }
  if (card.again && !isUnderway(card.again)) {
    row.append(button('Download again', `${card.name} again`, () => get(card.again)));
  }
  if (card.can_remove && card.is_damaged) row.append(removeButton(card));
  const offersSample = typeof card.sample_takes === 'string' && !card.is_damaged;
  if (offersSample) row.append(sampleButton(card));
  row.querySelectorAll('button').forEach((each) => {
    each.setAttribute('aria-label', `${each.textContent}${each.textContent.endsWith('sample') ? ' of' : each.textContent.endsWith('lacks') ? ':' : ''} ${card.title}`);
  });
  one.append(...('sample' in card ? [withSample(card, facts(card))] : facts(card)));
  if (card.is_sampling) one.append(node('p', '', 'A sample picture is being made…'));
  if (card.sample_problem) one.append(node('p', 'fl-about-state', `No sample: ${card.sample_problem}`));
  if (row.children.length) one.append(row);
  if (offersSample) one.append(node('p', '', card.sample_takes));
  one.append(...more(card));
  return one;
}

async function get(name) {
  part('.fl-found-model').replaceChildren();
  box.value = '';
  if (!await lite.models.change('download', { name })) return;
  // The button that was pressed is gone.
  const bar = [...list('downloads').querySelectorAll('article')].find((each) => each.dataset.name === name);
  if (document.activeElement === document.body) bar?.querySelector('button')?.focus({ preventScroll: true });
  bar?.scrollIntoView({ block: 'nearest' });
}

// Visitors see how a download stands, and change nothing of it.
const isHost = () => Boolean(lite.get('models')?.is_host);

function drawnDownload(each) {
  const one = download(each);
  const row = one.querySelector('.fl-model-buttons');
  const order = (what) => () => lite.models.change(what, { name: each.name });
  if (!isHost()) return one;
  if (isUnderway(each.name)) row.append(button('Cancel', `${each.name} cancel`, order('cancel')));
  else {
    if (each.state === 'done' && each.can_use && !(props.in_use || []).includes(each.name)) row.append(button('Switch to it', `${each.name} switch`, () => switchTo(each.name), 'fl-small is-primary'));
    if (each.state !== 'done') row.append(button(each.state === 'failed' ? 'Try again' : 'Go on', `${each.name} again`, order('download'), 'fl-small is-primary'));
    if (isAddress(each.link)) row.append(link(each.link));
    row.append(button(each.state === 'done' ? 'Dismiss' : 'Discard', `${each.name} discard`, order('discard')));
  }
  return one;
}

const isUnderway = (name) => (lite.get('downloads') || []).some((each) => (
  each.name === name && lite.models.isUnderway(each)));

// Spoken at every tenth, not every second.
function speak(downloads) {
  const running = downloads.find((each) => each.state === 'running');
  const words = running ? `${running.title}: ${Math.floor(running.percent / 10) * 10} %` : '';
  if (words !== spoken) status.textContent = words;
  spoken = words;
}

// Same cards, new numbers: what has the focus stays where it is.
function paintDownloads(downloads) {
  const section = list('downloads');
  const shape = JSON.stringify([isHost(), props.in_use, downloads.map((each) => [each.name, each.state, each.can_use])]);
  if (section.dataset.shape !== shape) {
    section.dataset.shape = shape;
    keepFocus(() => fill('downloads', 'Downloads', downloads.map(drawnDownload)));
    paint();
  }
  downloads.forEach((each, place) => tellDownload(section.querySelectorAll('article')[place], each));
  speak(downloads);
}

function fill(name, title, cards) {
  list(name).replaceChildren(...(cards.length ? [node('h3', '', title), ...cards] : []));
}

function keepFocus(change) {
  const before = element.contains(document.activeElement) ? document.activeElement : null;
  const { key } = before?.dataset || {};
  const name = before?.closest('article')?.dataset.name;
  change();
  if (!key) return;
  const again = [...element.querySelectorAll('[data-key]')];
  const next = again.find((each) => each.dataset.key === key)
    || again.find((each) => each.closest('article').dataset.name === name);
  (next || box).focus({ preventScroll: true });
}

function paint() {
  const found = lite.get('models');
  if (!found) return;
  const isFirst = paste.hidden && found.is_host;
  keepFocus(() => {
    paste.hidden = addFile.hidden = !found.is_host;
    part('.fl-models-problem').textContent = found.problem;
    fill('here', 'On this computer', found.models.filter((each) => each.is_here).map(drawn));
    fill('files', 'Other files on this computer', found.files.map(drawn));
    fill('more', 'To download', found.models.filter((each) => !each.is_here).map(drawn));
    fill('loras', 'LoRAs for quick performances', found.loras.map(drawn));
    part('.fl-disk').textContent = found.disk;
  });
  // The panel was opened before its contents were there.
  const isWaiting = lite.get('panel') === 'models' && document.activeElement?.id === 'fl-side-title';
  if (isFirst && isWaiting && window.matchMedia('(pointer: fine)').matches) box.focus({ preventScroll: true });
}

// Before the engine is there, what a model would need here is not known.
async function lookAgain() {
  if (!lite.get('isReady') || !lookedUp) return;
  const { asked, article } = lookedUp;
  lookedUp = null;
  const found = article.isConnected && await lite.models.order('look-up', { name: asked });
  if (found?.memory && article.isConnected) keepFocus(() => article.replaceWith(drawn(found)));
}

paste.addEventListener('submit', async (event) => {
  event.preventDefault();
  const name = box.value.trim();
  const place = part('.fl-found-model');
  if (!name) return;
  place.replaceChildren(node('p', 'fl-count', 'Asking the Hub…'));
  const wasReady = lite.get('isReady');
  const found = await lite.models.order('look-up', { name });
  place.replaceChildren(...(found ? [drawn(found)] : []));
  place.querySelector('button')?.focus();
  lookedUp = found && !found.memory ? { asked: name, article: place.firstChild } : null;
  if (!wasReady) lookAgain();
});
lite.on('isReady', lookAgain);
box.addEventListener('input', () => part('.fl-found-model').replaceChildren());
addFile.querySelector('button').addEventListener('click', () => chooser.click());
chooser.addEventListener('change', () => {
  const [file] = chooser.files;
  if (file) lite.models.send(file);
  chooser.value = '';
});
sending.querySelector('button').addEventListener('click', () => lite.models.stopSending());
document.addEventListener('fl:use-model', (event) => switchTo(event.detail));
lite.on('upload', (upload) => {
  sending.hidden = !upload;
  addFile.querySelector('button').disabled = Boolean(upload);
  if (upload) {
    sending.querySelector('span').textContent = upload.percent < 100
      ? `${upload.name}: ${upload.percent} %` : `${upload.name} is being checked…`;
  }
});
lite.on('models-said', ({ kind, text, link: address }) => {
  const line = part('.fl-models-said');
  line.dataset.kind = kind;
  line.hidden = !text;
  line.querySelector('span').textContent = text;
  status.textContent = text;
  const page = line.querySelector('a');
  page.hidden = !isAddress(address);
  page.href = isAddress(address) ? address : '';
});
document.addEventListener('fl:stock', () => trigger('select'));
lite.set('inUse', props.in_use);
watch('in_use', () => {
  lite.set('inUse', props.in_use);
  paint();
  paintDownloads(lite.get('downloads') || []);
  document.dispatchEvent(new CustomEvent('fl:preset'));
});
lite.on('models', paint);
lite.on('downloads', paintDownloads);
