// The contact sheet on the stage: a tile for each style, filled one after the other. A click takes the style.
(() => {
  const lite = window.fooocusLite;

  function tile({ name, styles }) {
    const item = document.createElement('div');
    item.setAttribute('role', 'listitem');
    item.className = 'fl-try';
    item.dataset.styles = styles.join('\n');
    const take = document.createElement('button');
    take.type = 'button';
    take.className = 'fl-tile';
    take.disabled = true;
    take.setAttribute('aria-label', `Use the style ${name}`);
    const caption = document.createElement('span');
    caption.className = 'fl-caption';
    caption.textContent = name;
    item.append(take, caption);
    return item;
  }

  function fill(item, pictures, place) {
    const take = item.firstElementChild;
    const image = document.createElement('img');
    image.src = pictures[place].thumbnail;
    image.alt = '';
    take.replaceChildren(image);
    take.disabled = false;
    take.addEventListener('click', () => {
      document.dispatchEvent(new CustomEvent('fl:adopt', { detail: pictures[place].id }));
    });
    const larger = document.createElement('button');
    larger.type = 'button';
    larger.className = 'fl-larger';
    larger.setAttribute('aria-label', `Open the picture: ${item.textContent}`);
    larger.innerHTML = '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M11.500 4H16v4.500M16 4l-5.500 5.500M8.500 16H4v-4.500M4 16l5.500-5.500"/></svg>';
    larger.addEventListener('click', () => lite.view(item.pictures, item.place));
    item.append(larger);
  }

  // Draws `frame.tiles` into the list; `preview` has a canvas and the number of its picture, from 1.
  lite.paintSheet = (list, frame, pictures, preview) => {
    if (list.dataset.key !== `sheet ${frame.job}`) {
      list.dataset.key = `sheet ${frame.job}`;
      list.replaceChildren(...frame.tiles.map(tile));
    }
    pictures.forEach((picture, place) => {
      const item = list.children[picture.index];
      if (!item) return;
      Object.assign(item, { pictures, place });
      if (!item.querySelector('img')) fill(item, pictures, place);
    });
    const current = preview && list.children[preview.picture - 1];
    if (current && !current.querySelector('img')) current.firstElementChild.append(preview.canvas);
    const chosen = (lite.get('styles') || []).join('\n');
    for (const item of list.children) {
      if (item.querySelector('img')) item.firstElementChild.setAttribute('aria-pressed', String(item.dataset.styles === chosen));
    }
  };
})();
