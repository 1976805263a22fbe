const search = element.querySelector('.fl-search');
const categories = element.querySelector('.fl-categories');
const count = element.querySelector('.fl-count');
const cards = element.querySelector('.fl-cards');
const ALL = 'All';
let category = ALL;

function card(style) {
  const one = document.createElement('button');
  one.type = 'button';
  one.className = 'fl-card';
  one.dataset.name = style.name;
  const art = document.createElement('span');
  art.className = 'fl-art';
  art.style.backgroundImage = style.art;
  if (style.thumbnail) {
    const picture = document.createElement('img');
    picture.src = style.thumbnail;
    picture.alt = '';
    picture.loading = 'lazy';
    art.append(picture);
  }
  const name = document.createElement('span');
  name.className = 'fl-name';
  name.textContent = style.name;
  one.append(art, name);
  return one;
}

function drawCategories() {
  const names = [ALL, ...new Set(props.styles.map((style) => style.category))];
  categories.hidden = names.length < 3;
  categories.replaceChildren(...names.map((name) => {
    const one = document.createElement('button');
    one.type = 'button';
    one.textContent = name;
    one.setAttribute('aria-pressed', String(name === category));
    one.addEventListener('click', () => {
      category = name;
      drawCategories();
      filter();
      [...categories.children].find((each) => each.textContent === name)?.focus();
    });
    return one;
  }));
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  props.styles.forEach((style, place) => {
    const isHere = (category === ALL || style.category === category)
      && words.every((word) => style.search.includes(word));
    cards.children[place].hidden = !isHere;
    shown += isHere;
  });
  const isNarrowed = words.length > 0 || category !== ALL;
  count.textContent = shown === 0 ? 'No style matches. Try another word.'
    : isNarrowed ? `${shown} of ${props.styles.length} styles` : '';
}

function paint() {
  const chosen = new Set(props.value || []);
  for (const one of cards.children) {
    one.setAttribute('aria-pressed', String(chosen.has(one.dataset.name)));
  }
  window.fooocusLite.set('styles', [...chosen]);
}

function toggle(name) {
  const chosen = props.value || [];
  props.value = chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name];
  paint();
  trigger('change');
}

cards.addEventListener('click', (event) => {
  const one = event.target.closest('.fl-card');
  if (one) toggle(one.dataset.name);
});
search.addEventListener('input', filter);
document.addEventListener('fl:style', (event) => toggle(event.detail));
watch('value', paint);
cards.replaceChildren(...props.styles.map(card));
drawCategories();
filter();
paint();
