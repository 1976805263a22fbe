let asked = 0;

function use(what) {
  asked += 1;
  props.value = { ...what, asked };
  trigger('input');
}

document.addEventListener('fl:use', (event) => use({ picture: event.detail }));
document.addEventListener('fl:use-found', (event) => use(event.detail));
document.addEventListener('fl:follow', () => trigger('click'));
window.fooocusLite.set('bridge', true);
