// Starts the sheet (`click`), and takes the style of one of its tiles (`select`).
const button = element.querySelector('button');
let taken = 0;

function paint() {
  const chosen = (window.fooocusLite.get('styles') || []).filter((name) => name !== props.kept).length;
  button.lastElementChild.textContent = chosen > 1 ? `In these ${chosen} styles` : 'In 12 styles';
}

button.addEventListener('click', () => trigger('click'));
document.addEventListener('fl:adopt', (event) => {
  taken += 1;
  props.value = { picture: event.detail, taken };
  trigger('select');
});
window.fooocusLite.on('styles', paint);
