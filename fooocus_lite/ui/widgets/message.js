const box = element.querySelector('.fl-message');
const alertLine = element.querySelector('.fl-alert');

function say(kind, text) {
  box.hidden = !text;
  box.dataset.kind = kind || 'info';
  box.querySelector('p').textContent = text || '';
  alertLine.textContent = text || '';
  if (kind === 'hint' && text) {
    document.dispatchEvent(new CustomEvent('fl:hint'));
    window.fooocusLite.promptBox()?.focus();
  }
}

box.querySelector('button').addEventListener('click', () => {
  say('', '');
  window.fooocusLite.promptBox()?.focus();
});
document.addEventListener('fl:say', (event) => say(event.detail.kind, event.detail.text));
window.fooocusLite.on('prompt', (text) => {
  if (box.dataset.kind === 'hint' && text.trim()) say('', '');
});
watch('value', () => say(props.value?.kind, props.value?.text));
