const group = element.querySelector('.fl-aspects');
const SIDE = 24;

function button(shape) {
  const one = document.createElement('button');
  one.type = 'button';
  one.setAttribute('role', 'radio');
  one.dataset.name = shape.name;
  one.setAttribute('aria-label', `${shape.name}, ${shape.width} by ${shape.height} pixels`);
  const scale = SIDE / Math.max(shape.width, shape.height);
  const drawn = document.createElement('i');
  drawn.style.width = `${Math.round(shape.width * scale)}px`;
  drawn.style.height = `${Math.round(shape.height * scale)}px`;
  const box = document.createElement('span');
  box.className = 'fl-shape';
  box.append(drawn);
  const name = document.createElement('b');
  name.textContent = shape.name;
  const size = document.createElement('small');
  size.textContent = `${shape.width}×${shape.height}`;
  one.append(box, name, size);
  return one;
}

function draw() {
  group.replaceChildren(...props.aspects.map(button));
  paint();
}

function paint() {
  for (const one of group.children) {
    one.tabIndex = one.dataset.name === props.value ? 0 : -1;
  }
  const shape = props.aspects.find((each) => each.name === props.value) || props.aspects[0];
  window.fooocusLite.set('button', shape);
}

// A size of the person's own has no button, and no name.
function mark(shape) {
  for (const one of group.children) {
    one.setAttribute('aria-checked', String(one.dataset.name === shape.name));
  }
}

function take(name) {
  props.value = name;
  paint();
  document.dispatchEvent(new CustomEvent('fl:aspect'));
  trigger('change');
}

function choose(one) {
  take(one.dataset.name);
  one.focus();
}

// How far a shape is from that of a picture to start from.
const distance = (one, other) => Math.abs(Math.log((one.width * other.height) / (one.height * other.width)));

const chosen = () => window.fooocusLite.get('aspect');
const isSame = (one, other) => one?.name === other?.name && one?.width === other?.width && one?.height === other?.height;

function takeSize(width, height) {
  document.dispatchEvent(new CustomEvent('fl:size', { detail: { width, height } }));
}

function takeShapeOf(picture) {
  const nearest = props.aspects.reduce((best, each) => (
    distance(each, picture) < distance(best, picture) ? each : best
  ));
  const now = chosen();
  if (!now || now.name) {
    take(nearest.name);
    return;
  }
  // A size of one's own, or of a preset for small graphics cards, takes the shape and stays as large.
  const scale = Math.sqrt((now.width * now.height) / (nearest.width * nearest.height));
  takeSize(Math.round(nearest.width * scale), Math.round(nearest.height * scale));
}

// What was chosen before the picture came, and what became of it.
let before = null;
let shaped = null;

document.addEventListener('fl:shape', (event) => {
  if (event.detail.isFirst || !isSame(chosen(), shaped)) before = chosen();
  takeShapeOf(event.detail);
  shaped = chosen();
});
// The picture has gone. A shape that was chosen meanwhile stays.
document.addEventListener('fl:shape-back', () => {
  if (before && isSame(chosen(), shaped)) {
    if (before.name) take(before.name); else takeSize(before.width, before.height);
  }
  before = null;
});

group.addEventListener('click', (event) => {
  const one = event.target.closest('button');
  if (one) choose(one);
});
group.addEventListener('keydown', (event) => {
  const moves = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const all = [...group.children];
  const here = all.indexOf(document.activeElement);
  let there = null;
  if (event.key in moves) there = (here + moves[event.key] + all.length) % all.length;
  if (event.key === 'Home') there = 0;
  if (event.key === 'End') there = all.length - 1;
  if (there === null || here < 0) return;
  event.preventDefault();
  choose(all[there]);
});
watch('value', paint);
watch('aspects', draw);
draw();
window.fooocusLite.on('aspect', mark);
