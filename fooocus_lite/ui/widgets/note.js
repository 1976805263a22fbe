const PAUSE_MS = 300;
const NEAR = 0.8;
const note = element.querySelector('.fl-note');
const added = element.querySelector('.fl-added');
const tokens = element.querySelector('.fl-tokens');
const status = element.querySelector('[role="status"]');
let timer = 0;

// The encoder that is fullest speaks for all.
function fullest(counts) {
  return counts.reduce((most, each) => (each.tokens / each.limit > most.tokens / most.limit ? each : most));
}

function paintTokens(counts) {
  tokens.hidden = counts.length === 0;
  if (tokens.hidden) return;
  const { tokens: length, limit, chunks } = fullest(counts);
  const isCut = chunks === 1 && length > limit;
  tokens.dataset.fill = isCut ? 'cut' : chunks > 1 ? 'over' : length >= limit * NEAR ? 'near' : 'ok';
  tokens.textContent = chunks > 1 ? `${length} tokens, ${chunks} parts` : `${length} / ${limit} tokens`;
  const meaning = isCut ? `Only the first ${limit} are read.`
    : chunks > 1 ? `Read in ${chunks} parts of up to ${limit}, nothing is lost.` : '';
  tokens.title = [...counts.map((each) => `${each.encoder}: ${each.tokens} of ${each.limit}`), meaning]
    .filter(Boolean).join('\n');
  // Spoken when it changes, not at every word.
  const said = meaning && (isCut ? 'The prompt is too long for the model.' : `The prompt is read in ${chunks} parts.`);
  if (status.textContent !== said) status.textContent = said;
}

function paint() {
  const { tokens: counts = [], added: words = '', is_example: isExample = false } = props.value || {};
  paintTokens(counts);
  added.hidden = !words;
  added.querySelector('.fl-added-label').textContent = isExample ? 'Enhance adds, for example:' : 'Enhance adds:';
  added.querySelector('.fl-added-words').textContent = words;
  note.hidden = tokens.hidden && added.hidden;
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(() => trigger('input'), PAUSE_MS);
}

added.querySelector('button').addEventListener('click', () => {
  document.dispatchEvent(new CustomEvent('fl:style', { detail: props.value.style }));
  window.fooocusLite.promptBox()?.focus();
});
watch('value', paint);
paint();
window.fooocusLite.on('prompt', (text) => {
  if (!text.trim()) note.hidden = true;
  later();
});
window.fooocusLite.on('styles', later);
// What a picture takes can be said only then.
window.fooocusLite.on('isReady', (isReady) => { if (isReady) later(); });
