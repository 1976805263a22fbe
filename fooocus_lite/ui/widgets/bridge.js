let asked = 0;
document.addEventListener('fl:use', (event) => {
  asked += 1;
  props.value = { picture: event.detail, asked };
  trigger('input');
});
document.addEventListener('fl:follow', () => trigger('click'));
