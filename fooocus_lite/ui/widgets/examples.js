const row = element.querySelector('.fl-examples');
const SHOWN = 6;

function chip(text) {
  const one = document.createElement('button');
  one.type = 'button';
  one.dir = 'auto';
  one.textContent = text;
  one.addEventListener('click', () => {
    window.fooocusLite.writePrompt(text);
    row.classList.remove('is-lit');
  });
  return one;
}

function draw() {
  row.replaceChildren(...(props.value || []).slice(0, SHOWN).map(chip));
}

window.fooocusLite.on('prompt', (text) => {
  row.hidden = text.trim() !== '';
  if (row.hidden) row.classList.remove('is-lit');
});
document.addEventListener('fl:hint', () => {
  row.classList.remove('is-lit');
  requestAnimationFrame(() => row.classList.add('is-lit'));
});
watch('value', draw);
draw();
