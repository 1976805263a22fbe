const lite = window.fooocusLite;
const width = element.querySelector('.fl-width');
const height = element.querySelector('.fl-height');
const same = element.querySelector('.fl-same');
const note = element.querySelector('.fl-snap');

// As in thinking/sizes.py, so that what is shown is what is asked for.
function snapped(pixels) {
  const { multiple, min, max } = props.limits;
  const nearest = Math.floor((pixels + Math.floor(multiple / 2)) / multiple) * multiple;
  return Math.min(Math.max(nearest, min), max);
}

const shown = (size) => `${size.width} × ${size.height}`;
const pictureShown = () => lite.get('job')?.pictures.at(-1);
const current = () => props.value || lite.get('button');
const key = () => `${Boolean(props.value)} ${shown(current())}`;
let painted = '';

// The chosen button's size until somebody wants another one.
function paint() {
  const size = current();
  if (!size) return;
  painted = key();
  note.textContent = '';
  width.value = size.width;
  height.value = size.height;
  for (const box of [width, height]) {
    box.min = props.limits.min;
    box.max = props.limits.max;
    box.step = props.limits.multiple;
  }
  lite.set('aspect', { name: props.value ? '' : size.name, width: size.width, height: size.height });
}

function take(wanted) {
  const size = { width: snapped(wanted.width), height: snapped(wanted.height) };
  const isSnapped = size.width !== wanted.width || size.height !== wanted.height;
  const button = lite.get('button');
  // The chosen button's own size is no size of one's own.
  props.value = size.width === button?.width && size.height === button?.height ? null : size;
  paint();
  note.textContent = isSnapped ? `Snapped to ${shown(size)}, which this model can make.` : '';
  trigger('change');
}

function written() {
  return { width: Math.round(Number(width.value)), height: Math.round(Number(height.value)) };
}

function typed() {
  const wanted = written();
  if (wanted.width > 0 && wanted.height > 0) take(wanted); else paint();
}

function preview() {
  const wanted = written();
  const size = { width: snapped(wanted.width), height: snapped(wanted.height) };
  const isSnapped = size.width !== wanted.width || size.height !== wanted.height;
  note.textContent = isSnapped ? `Will snap to ${shown(size)}.` : '';
}

for (const box of [width, height]) {
  box.addEventListener('input', preview);
  box.addEventListener('change', typed);
}
element.querySelector('.fl-swap').addEventListener('click', () => {
  const { width: across, height: up } = written();
  take({ width: up, height: across });
});
same.addEventListener('click', () => {
  const picture = pictureShown();
  if (picture) take({ width: picture.width, height: picture.height });
});
document.addEventListener('fl:aspect', () => {
  if (props.value) {
    props.value = null;
    trigger('change');
  }
  paint();
});
document.addEventListener('fl:size', (event) => take(event.detail));
lite.on('job', () => { same.disabled = !pictureShown(); });
lite.on('button', paint);
// What this script set is painted already, and its note is to stay.
watch('value', () => {
  if (current() && key() !== painted) paint();
});
watch('limits', paint);
