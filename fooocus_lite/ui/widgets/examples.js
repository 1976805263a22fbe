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

function look() {
  const lite = window.fooocusLite;
  row.hidden = Boolean((lite.get('prompt') || '').trim()) || lite.get('isBuilding');
  if (row.hidden) row.classList.remove('is-lit');
}

window.fooocusLite.on('prompt', look);
window.fooocusLite.on('isBuilding', look);
document.addEventListener('fl:hint', () => {
  row.classList.remove('is-lit');
  requestAnimationFrame(() => row.classList.add('is-lit'));
});
watch('value', draw);
draw();
