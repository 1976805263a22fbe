// The picture to start from: sent when it is chosen, named by its id from then on.
const LIMIT_BYTES = 20_000_000;
const bar = element.querySelector('.fl-start');
const image = bar.querySelector('img');
const slider = bar.querySelector('input[type="range"]');
const problem = bar.querySelector('.fl-start-problem');
const chooser = bar.querySelector('input[type="file"]');
let sent = 0;

function say(text) {
  document.dispatchEvent(new CustomEvent('fl:say', { detail: { kind: text ? 'error' : '', text } }));
}

function paint() {
  const start = props.value;
  bar.hidden = !start;
  if (!start) {
    image.removeAttribute('src');
    return;
  }
  const address = `api/v1/inputs/${start.image}/thumbnail`;
  if (image.getAttribute('src') !== address) image.src = address;
  slider.value = start.strength ?? props.strength;
  slider.setAttribute('aria-valuetext', `${Math.round(slider.value * 100)} per cent`);
  problem.textContent = props.problem;
  problem.hidden = !props.problem;
  bar.querySelector('.fl-change').hidden = Boolean(props.problem);
}

function take(start) {
  props.value = start;
  paint();
  trigger('change');
}

// `file` is a Blob; of several sent quickly the last one counts.
async function startFrom(file) {
  if (file.size > LIMIT_BYTES) {
    say(`That picture is too large: at most ${LIMIT_BYTES / 1_000_000} MB can be used.`);
    return;
  }
  sent += 1;
  const mine = sent;
  try {
    const headers = { 'content-type': file.type || 'application/octet-stream' };
    const answer = await fetch('api/v1/inputs', { method: 'POST', headers, body: file });
    const kept = await answer.json();
    if (mine !== sent) return;
    if (!answer.ok) {
      say(kept.error?.message || 'That picture could not be used. Try once more.');
      return;
    }
    say('');
    const { id, width, height } = kept;
    const isFirst = !props.value;
    take({ image: id, strength: props.value?.strength ?? null });
    document.dispatchEvent(new CustomEvent('fl:shape', { detail: { width, height, isFirst } }));
    window.fooocusLite.promptBox()?.focus();
  } catch {
    if (mine === sent) say('That picture could not be sent now. Try once more.');
  }
}

bar.querySelector('.fl-start-remove').addEventListener('click', () => {
  sent += 1;
  take(null);
  document.dispatchEvent(new CustomEvent('fl:shape-back'));
  document.querySelector('[data-add-picture]')?.focus();
});
slider.addEventListener('input', () => {
  slider.setAttribute('aria-valuetext', `${Math.round(slider.value * 100)} per cent`);
});
slider.addEventListener('change', () => take({ ...props.value, strength: Number(slider.value) }));
chooser.addEventListener('change', () => {
  const [file] = chooser.files;
  if (file) startFrom(file);
  chooser.value = '';
});
document.addEventListener('click', (event) => {
  if (event.target.closest?.('[data-add-picture]')) chooser.click();
});
document.addEventListener('fl:start-from', (event) => startFrom(event.detail));
watch('value', paint);
watch('strength', paint);
watch('problem', paint);
paint();
