// What a card of the Models panel says, drawn: facts, licence, sample, and how a download stands.
(() => {
  // Names come from files and from the Hub: they are set as text, never as HTML.
  function node(kind, name, text) {
    const made = document.createElement(kind);
    if (name) made.className = name;
    if (text) made.textContent = text;
    return made;
  }

  function button(text, key, action, name = 'fl-small') {
    const made = node('button', name, text);
    made.type = 'button';
    made.dataset.key = key;
    made.addEventListener('click', action);
    return made;
  }

  // Only an address of the web: a name could otherwise say javascript:.
  const isAddress = (text) => /^https?:\/\//.test(text);

  function link(address) {
    const made = node('a', '', 'Its page');
    made.href = address;
    made.target = '_blank';
    made.rel = 'noopener noreferrer';
    return made;
  }

  function licence(card) {
    const line = node('p', 'fl-model-licence');
    if (card.badge) {
      const badge = node('span', 'fl-badge', card.badge);
      badge.dataset.kind = card.kind;
      line.append(badge);
    }
    line.append(node('span', '', card.licence));
    return line;
  }

  function facts(card) {
    const lines = [node('b', '', card.title)];
    for (const text of [card.about, card.size, card.memory, card.words]) {
      if (text) lines.push(node('p', card.is_tight && text === card.memory ? 'fl-about-state' : '', text));
    }
    if (card.badge || card.licence) lines.push(licence(card));
    if (card.gate) lines.push(node('p', '', card.gate));
    if (card.problem) lines.push(node('p', 'fl-about-state', card.problem));
    return lines;
  }

  // A neutral tile until there is a picture; only what can have one has a place for it.
  function withSample(card, lines) {
    const place = node('div', 'fl-model-sample');
    if (card.is_sampling) place.dataset.busy = '';
    if (card.sample) {
      const picture = node('img');
      picture.src = card.sample;
      picture.alt = `Sample of ${card.title}`;
      picture.loading = 'lazy';
      place.append(picture);
    }
    const body = node('div', 'fl-model-body');
    body.append(...lines);
    const row = node('div', 'fl-model-top');
    row.append(place, body);
    return row;
  }

  // Without its orders, which stand in the row at its end.
  function download(each) {
    const one = node('article', 'fl-model-card fl-fetching');
    one.dataset.name = each.name;
    one.dataset.state = each.state;
    const bar = node('div', 'fl-bar');
    bar.setAttribute('role', 'progressbar');
    bar.setAttribute('aria-label', each.title);
    bar.append(node('i'));
    const row = node('div', 'fl-model-buttons');
    one.append(node('b', '', each.title), bar, node('p', 'fl-fetching-line'), node('p', 'fl-about-state'), row);
    return one;
  }

  function tellDownload(one, each) {
    const bar = one.querySelector('.fl-bar');
    bar.setAttribute('aria-valuenow', each.percent);
    bar.querySelector('i').style.transform = `scaleX(${each.percent / 100})`;
    one.querySelector('.fl-fetching-line').textContent = each.line;
    one.querySelector('.fl-about-state').textContent = each.message;
  }

  window.fooocusLite.modelCards = { node, button, isAddress, link, facts, withSample, download, tellDownload };
})();
