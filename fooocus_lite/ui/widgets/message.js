const box = element.querySelector('.fl-message');
const alertLine = element.querySelector('.fl-alert');

const offer = element.querySelector('.fl-offer');
let offered = null;

// `action`: a button that sends {event, detail} to the page's scripts.
function say(kind, text, action) {
  offered = action || null;
  offer.hidden = !text || !offered;
  offer.textContent = offered?.label || '';
  box.hidden = !text;
  box.dataset.kind = kind || 'info';
  box.querySelector('p').textContent = text || '';
  alertLine.textContent = text || '';
  document.dispatchEvent(new CustomEvent('fl:said', { detail: kind }));
  if (kind === 'hint' && text) {
    document.dispatchEvent(new CustomEvent('fl:hint'));
    window.fooocusLite.promptBox()?.focus();
  }
}

offer.addEventListener('click', () => {
  const { event, detail } = offered;
  say('', '');
  document.dispatchEvent(new CustomEvent(event, { detail }));
});
box.querySelector('.fl-icon').addEventListener('click', () => {
  say('', '');
  window.fooocusLite.promptBox()?.focus();
});
document.addEventListener('fl:say', (event) => say(event.detail.kind, event.detail.text, event.detail.action));
document.addEventListener('fl:moot', (event) => {
  if (box.hidden === false && offered?.detail === event.detail) say('', '');
});
window.fooocusLite.on('prompt', (text) => {
  if (box.dataset.kind === 'hint' && text.trim()) say('', '');
});
watch('value', () => say(props.value?.kind, props.value?.text, props.value?.action));
