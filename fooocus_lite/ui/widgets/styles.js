// props.styles: the cards; props.shown: names of the styles the model can show, null for all.
const search = element.querySelector('.fl-search');
const categories = element.querySelector('.fl-categories');
const limits = element.querySelector('.fl-limits');
const count = element.querySelector('.fl-count');
const shelves = element.querySelector('.fl-shelves');
const ALL = 'All';
const cards = new Map(props.styles.map((style) => [style.name, card(style)]));
const words = new Map(props.styles.map((style) => [
  style.name, [style.name, style.category, ...style.tags].join(' ').toLowerCase(),
]));
let category = ALL;
let isOpen = false;

function card(style) {
  const one = document.createElement('button');
  one.type = 'button';
  one.className = 'fl-card';
  one.dataset.name = style.name;
  const art = document.createElement('span');
  art.className = 'fl-art';
  art.dataset.motif = style.motif;
  art.style.setProperty('--hue', style.hue);
  art.style.setProperty('--turn', `${style.turn}deg`);
  const name = document.createElement('span');
  name.className = 'fl-name';
  name.textContent = style.name;
  one.append(art, name);
  return one;
}

// Asked for anew at each opening: pictures may have been rendered since.
async function showPictures() {
  try {
    const answer = await fetch('styles/pictures');
    if (!answer.ok) return;
    for (const [name, made] of Object.entries(await answer.json())) showPicture(name, made);
  } catch {
    // The program is away; painted cards will do.
  }
}

function showPicture(name, made) {
  const art = cards.get(name)?.querySelector('.fl-art');
  if (!art || art.dataset.made === String(made)) return;
  const picture = document.createElement('img');
  picture.loading = 'lazy';
  picture.alt = '';
  picture.src = `styles/${encodeURIComponent(name)}/thumbnail?made=${made}`;
  delete art.dataset.motif;
  art.dataset.made = made;
  art.replaceChildren(picture);
}

function isShown(style) {
  return !props.shown || props.shown.includes(style.name);
}

// Chosen first, then what a limited model can show, then the rest by category.
function arrange() {
  const chosen = new Set(props.value || []);
  const groups = new Map([['Chosen', []]]);
  if (props.shown) groups.set('Shown by this model', []);
  for (const style of props.styles) {
    const title = chosen.has(style.name) ? 'Chosen'
      : props.shown && isShown(style) ? 'Shown by this model' : style.category;
    groups.set(title, [...(groups.get(title) || []), cards.get(style.name)]);
    cards.get(style.name).classList.toggle('fl-unknown', !isShown(style));
  }
  shelves.replaceChildren(...[...groups].filter(([, members]) => members.length).map(shelf));
  limits.textContent = props.shown ? 'The pale styles need a larger model than this one.' : '';
  filter();
}

function shelf([title, members]) {
  const one = document.createElement('section');
  one.className = 'fl-shelf';
  const head = document.createElement('h3');
  head.textContent = title;
  const grid = document.createElement('div');
  grid.className = 'fl-cards';
  grid.append(...members);
  one.append(head, grid);
  return one;
}

function drawCategories() {
  const names = [ALL, ...new Set(props.styles.map((style) => style.category))];
  categories.hidden = names.length < 3;
  categories.replaceChildren(...names.map((name) => {
    const one = document.createElement('button');
    one.type = 'button';
    one.textContent = name;
    one.addEventListener('click', () => {
      category = name;
      markCategory();
      filter();
    });
    return one;
  }));
  markCategory();
}

function markCategory() {
  for (const one of categories.children) {
    one.setAttribute('aria-pressed', String(one.textContent === category));
  }
}

function filter() {
  const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const style of props.styles) {
    const isHere = (category === ALL || style.category === category)
      && wanted.every((word) => words.get(style.name).includes(word));
    cards.get(style.name).hidden = !isHere;
    found += isHere;
  }
  for (const one of shelves.children) one.hidden = !one.querySelector('.fl-card:not([hidden])');
  const isNarrowed = wanted.length > 0 || category !== ALL;
  count.textContent = found === 0 ? 'No style matches. Try another word.'
    : isNarrowed ? `${found} of ${props.styles.length} styles` : '';
}

function paint() {
  const chosen = new Set(props.value || []);
  for (const [name, one] of cards) one.setAttribute('aria-pressed', String(chosen.has(name)));
  window.fooocusLite.set('styles', [...chosen]);
}

function toggle(name) {
  const chosen = props.value || [];
  props.value = chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name];
  paint();
  trigger('change');
}

shelves.addEventListener('click', (event) => {
  const one = event.target.closest('.fl-card');
  if (one) toggle(one.dataset.name);
});
search.addEventListener('input', filter);
document.addEventListener('fl:style', (event) => toggle(event.detail));
watch('value', paint);
watch('shown', () => { if (isOpen) arrange(); });
// Cards are laid out when the panel opens, not on the first page; and they keep their places while
// one is chosen.
new IntersectionObserver(([entry]) => {
  if (entry.isIntersecting && !isOpen) {
    arrange();
    showPictures();
  }
  isOpen = entry.isIntersecting;
}).observe(element);
drawCategories();
paint();
