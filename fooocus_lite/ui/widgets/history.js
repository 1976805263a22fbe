const lite = window.fooocusLite;
const search = element.querySelector('.fl-search');
const count = element.querySelector('.fl-count');
const grid = element.querySelector('.fl-grid');
const more = element.querySelector('.fl-more');
const PAUSE_MS = 250;
let pictures = [];
let turn = 0;
let timer = 0;

function tell() {
  count.textContent = pictures.length ? ''
    : search.value.trim() ? 'No prompt of yours has these words.'
    : 'Nothing here yet. Your pictures gather here.';
}

function cards(start) {
  return pictures.slice(start).map((each, place) => (
    lite.thumbnail(pictures, start + place, `Open: ${each.alt}`)));
}

async function load(isMore) {
  turn += 1;
  const mine = turn;
  const wanted = new URLSearchParams({ search: search.value.trim() });
  if (isMore && pictures.length) wanted.set('before', String(pictures.at(-1).created));
  try {
    const answer = await fetch(`history?${wanted}`, { cache: 'no-store' });
    if (!answer.ok) throw new Error(String(answer.status));
    const found = await answer.json();
    if (mine !== turn) return;
    const start = isMore ? pictures.length : 0;
    // One growing list, so that cards made before can step on to those that came later.
    if (isMore) pictures.push(...found.pictures); else pictures = found.pictures;
    const items = cards(start);
    if (isMore) grid.append(...items); else grid.replaceChildren(...items);
    more.hidden = !found.has_more;
    tell();
    if (isMore && items.length) items[0].querySelector('button').focus();
  } catch (problem) {
    if (mine === turn) count.textContent = 'History cannot be reached right now. Try again in a moment.';
  }
}

search.addEventListener('input', () => {
  clearTimeout(timer);
  timer = setTimeout(() => load(false), PAUSE_MS);
});
document.addEventListener('fl:deleted', (event) => {
  pictures = pictures.filter((each) => each.id !== event.detail);
  grid.replaceChildren(...cards(0));
  if (lite.get('panel') === 'history') tell();
});
more.addEventListener('click', () => load(true));
lite.on('panel', (name) => { if (name === 'history') load(false); });
lite.on('isBusy', (isBusy) => { if (!isBusy && lite.get('panel') === 'history') load(false); });
