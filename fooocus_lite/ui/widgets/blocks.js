// A prompt put together by clicks: a subject, a place, light, mood. Gone once somebody writes.
const lite = window.fooocusLite;
const row = element.querySelector('.fl-blocks');
const kinds = element.querySelector('.fl-kinds');
const words = element.querySelector('.fl-words-of-kind');
const EXAMPLES = -1;
let picked = [];
let open = EXAMPLES;

const built = () => picked.filter(Boolean).join(', ');

function button(text, isPressed, act) {
  const one = document.createElement('button');
  one.type = 'button';
  one.textContent = text;
  one.setAttribute('aria-pressed', String(isPressed));
  one.addEventListener('click', act);
  return one;
}

function pick(word) {
  picked[open] = picked[open] === word ? '' : word;
  if (picked[open] && open < props.value.length - 1) open += 1;
  // Not through the box's own editing: that takes the focus, and on a phone opens the keyboard.
  lite.write(lite.promptBox(), built());
  draw();
  words.querySelector('button')?.focus();
}

function turnTo(place) {
  open = place;
  draw();
  kinds.querySelector('[aria-pressed="true"]').focus();
}

function draw() {
  const all = props.value || [];
  if (open >= all.length) open = EXAMPLES;
  const names = all.map((each, place) => button(each.kind, place === open, () => turnTo(place)));
  // Examples are whole prompts: with a part of one in the box they have no place.
  if (!built()) names.unshift(button('Examples', open === EXAMPLES, () => turnTo(EXAMPLES)));
  kinds.replaceChildren(...names);
  const pressed = kinds.querySelector('[aria-pressed="true"]');
  kinds.scrollLeft = pressed ? pressed.offsetLeft - kinds.offsetLeft - 60 : 0;
  words.hidden = open === EXAMPLES;
  words.replaceChildren(...(all[open]?.words || []).map((word) => button(word, picked[open] === word, () => pick(word))));
  words.setAttribute('aria-label', all[open]?.kind || '');
  words.scrollLeft = 0;
  lite.set('isBuilding', open !== EXAMPLES);
}

function look(text) {
  const isBuilding = text !== '' && text === built();
  row.hidden = (text.trim() !== '' && !isBuilding) || !props.value?.length;
  if (isBuilding || !picked.length) return;
  picked = [];
  open = EXAMPLES;
  draw();
}

watch('value', () => {
  draw();
  look(lite.get('prompt') || '');
});
draw();
lite.on('prompt', look);
lite.on('isBusy', (isBusy) => { if (isBusy) row.hidden = true; });
// The examples light up when somebody asks for a picture of nothing.
document.addEventListener('fl:hint', () => {
  open = EXAMPLES;
  draw();
});
