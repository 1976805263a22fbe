const row = element.querySelector('.fl-chosen');

function chip(name) {
  const one = document.createElement('button');
  one.type = 'button';
  one.className = 'fl-chip';
  one.setAttribute('aria-label', `Remove style ${name}`);
  const label = document.createElement('span');
  label.textContent = name;
  const cross = document.createElement('span');
  cross.className = 'fl-cross';
  cross.setAttribute('aria-hidden', 'true');
  cross.textContent = '×';
  one.append(label, cross);
  one.addEventListener('click', () => {
    document.dispatchEvent(new CustomEvent('fl:style', { detail: name }));
    (row.querySelector('.fl-chip') || row.lastElementChild).focus();
  });
  return one;
}

function adder() {
  const one = document.createElement('button');
  one.type = 'button';
  one.className = 'fl-add';
  one.textContent = '+ Style';
  one.title = 'Choose styles';
  one.addEventListener('click', () => window.fooocusLite.openPanel('styles'));
  return one;
}

window.fooocusLite.on('styles', (names) => row.replaceChildren(...names.map(chip), adder()));
