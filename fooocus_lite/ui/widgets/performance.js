const group = element.querySelector('.fl-performances');

function button(offer) {
  const one = document.createElement('button');
  one.type = 'button';
  one.setAttribute('role', 'radio');
  one.dataset.name = offer.name;
  one.setAttribute('aria-disabled', String(Boolean(offer.reason)));
  const name = document.createElement('b');
  name.textContent = offer.name;
  const why = document.createElement('small');
  why.textContent = offer.reason || offer.hint;
  one.append(name, why);
  return one;
}

const possible = () => [...group.children].filter((one) => one.ariaDisabled !== 'true');

function paint() {
  for (const one of group.children) {
    const isChosen = one.dataset.name === props.value;
    one.setAttribute('aria-checked', String(isChosen));
    one.tabIndex = isChosen ? 0 : -1;
  }
  // The keyboard needs a way in also where nothing is chosen.
  if (!group.querySelector('[tabindex="0"]') && possible().length) possible()[0].tabIndex = 0;
}

function draw() {
  group.replaceChildren(...props.offers.map(button));
  paint();
}

function choose(one) {
  props.value = one.dataset.name;
  paint();
  one.focus();
  trigger('change');
}

group.addEventListener('click', (event) => {
  const one = event.target.closest('button');
  if (one && one.ariaDisabled !== 'true') choose(one);
});
group.addEventListener('keydown', (event) => {
  const moves = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  if (!(event.key in moves)) return;
  const all = possible();
  const here = all.indexOf(document.activeElement);
  if (here < 0) return;
  event.preventDefault();
  choose(all[(here + moves[event.key] + all.length) % all.length]);
});
watch('value', paint);
watch('offers', draw);
draw();
