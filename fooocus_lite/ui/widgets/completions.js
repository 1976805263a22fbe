// What is installed, offered while one types "<", "__" or "embedding:". The list hangs in the body,
// because the page cuts off what leaves its boxes.
const BOXES = '#fl-prompt textarea, #fl-negative textarea';
const SHOWN = 40;
const KINDS = [
  { kind: 'loras', opening: /<(?:lora:)?([^<>:\n]*)$/i, written: (name) => `<lora:${name}:1>` },
  { kind: 'embeddings', opening: /(?<![\w-])embedding:([^\s,;:()[\]{}|<>]*)$/i, written: (name) => `embedding:${name}` },
  { kind: 'wildcards', opening: /__([^\s,_](?:[^\n,_]|_(?!_))*)?$/, written: (name) => `__${name}__` },
];
const list = element.querySelector('ul');
const status = element.querySelector('[role="status"]');
let box = null;
let found = [];
let chosen = 0;
let start = 0;
let dismissed = '';
let caret = 0;

document.body.append(list);

// "<lo" is the beginning of "<lora:", not of a name.
const typedName = (text = '') => ('lora'.startsWith(text.toLowerCase()) ? '' : text);

// Where the unfinished name before the caret begins, what is written of it, and its kind. Of two
// beginnings the one nearer to the caret counts.
function opening(text) {
  const line = text.slice(text.lastIndexOf('\n') + 1);
  let nearest = null;
  for (const each of KINDS) {
    const match = line.match(each.opening);
    // A second "__" closes the first.
    const isClosing = each.kind === 'wildcards' && match
      && (line.slice(0, match.index).split('__').length - 1) % 2 === 1;
    const start = match && text.length - match[0].length;
    if (match && !isClosing && start >= (nearest?.start ?? 0)) {
      nearest = { ...each, start, typed: typedName(match[1]) };
    }
  }
  return nearest;
}

function matching(names, typed) {
  const wanted = typed.toLowerCase();
  const has = names.filter((each) => each.name.toLowerCase().includes(wanted));
  const begins = (each) => Number(!each.name.toLowerCase().startsWith(wanted));
  return has.sort((one, other) => begins(one) - begins(other)).slice(0, SHOWN);
}

function option(each, place) {
  const one = document.createElement('li');
  one.id = `fl-completion-${place}`;
  one.setAttribute('role', 'option');
  const name = document.createElement('span');
  name.textContent = each.name;
  const hint = document.createElement('small');
  hint.textContent = each.hint || '';
  one.append(name, hint);
  one.addEventListener('click', () => accept(place));
  return one;
}

// The caret's place on the screen: the text before it, laid out once more where nobody sees it.
function caretPlace() {
  const looks = getComputedStyle(box);
  const copy = document.createElement('div');
  for (const name of ['font', 'letterSpacing', 'lineHeight', 'padding', 'direction', 'textAlign']) {
    copy.style[name] = looks[name];
  }
  Object.assign(copy.style, {
    position: 'absolute', visibility: 'hidden', whiteSpace: 'pre-wrap', overflowWrap: 'break-word',
    boxSizing: 'border-box', width: `${box.clientWidth}px`, top: '0',
  });
  copy.textContent = box.value.slice(0, start);
  const mark = document.createElement('span');
  mark.textContent = '.';
  copy.append(mark);
  document.body.append(copy);
  const area = box.getBoundingClientRect();
  const place = {
    left: area.left + mark.offsetLeft,
    top: area.top + mark.offsetTop - box.scrollTop,
    height: mark.offsetHeight,
  };
  copy.remove();
  return place;
}

function moveToCaret() {
  const { left, top, height } = caretPlace();
  const edge = 12;
  const gap = 6;
  const hasRoomAbove = top - gap - edge >= list.offsetHeight;
  list.style.left = `${Math.max(edge, Math.min(left - edge, innerWidth - list.offsetWidth - edge))}px`;
  list.style.top = `${hasRoomAbove ? top - list.offsetHeight - gap : top + height + gap}px`;
}

function point(place) {
  chosen = (place + found.length) % found.length;
  [...list.children].forEach((one, each) => one.setAttribute('aria-selected', String(each === chosen)));
  list.children[chosen].scrollIntoView({ block: 'nearest' });
  box.setAttribute('aria-activedescendant', list.children[chosen].id);
}

function close() {
  if (list.hidden) return;
  list.hidden = true;
  status.textContent = '';
  for (const name of ['aria-activedescendant', 'aria-controls', 'aria-autocomplete']) box.removeAttribute(name);
}

function look() {
  caret = box.selectionEnd;
  const here = box.selectionStart === caret && opening(box.value.slice(0, caret));
  const names = here ? matching(props.value?.[here.kind] || [], here.typed) : [];
  if (!here || `${here.kind}${here.start}` !== dismissed) dismissed = '';
  if (!names.length || dismissed) {
    close();
    return;
  }
  start = here.start;
  found = names.map((each) => ({ ...each, text: here.written(each.name), kind: here.kind }));
  list.replaceChildren(...found.map(option));
  list.hidden = false;
  box.setAttribute('aria-controls', list.id);
  box.setAttribute('aria-autocomplete', 'list');
  const said = `${found.length} ${found.length === 1 ? 'suggestion' : 'suggestions'}, arrow keys and Enter`;
  if (status.textContent !== said) status.textContent = said;
  point(0);
  moveToCaret();
}

function accept(place) {
  const rest = box.value.slice(box.selectionStart);
  // What closes the name may stand there already.
  const closing = found[place].kind === 'wildcards' && rest.startsWith('__') ? 2 : 0;
  const end = box.selectionStart + closing;
  close();
  window.fooocusLite.replaceText(box, start, end, found[place].text);
  close();
}

const KEYS = {
  ArrowDown: () => point(chosen + 1),
  ArrowUp: () => point(chosen - 1),
  Enter: () => accept(chosen),
  Tab: () => accept(chosen),
  Escape: () => {
    dismissed = `${found[0].kind}${start}`;
    close();
  },
};

// Before the page's own keys: Esc here closes the list and nothing else.
window.addEventListener('keydown', (event) => {
  if (list.hidden || event.target !== box || !(event.key in KEYS) || event.isComposing) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  KEYS[event.key]();
}, true);
document.addEventListener('input', (event) => {
  if (!event.target.matches?.(BOXES)) return;
  box = event.target;
  // A whole prompt written at once (an example, an earlier one) asks for nothing.
  if (document.activeElement === box) look();
});
document.addEventListener('selectionchange', () => {
  if (!list.hidden && document.activeElement === box && box.selectionEnd !== caret) look();
});
document.addEventListener('focusout', (event) => { if (event.target === box) close(); });
addEventListener('resize', close);
list.addEventListener('pointerdown', (event) => event.preventDefault());
