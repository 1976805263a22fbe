const lite = window.fooocusLite;
const strip = element.querySelector('.fl-strip');
const jobs = new Map();

function all() {
  return [...jobs.values()].reverse().flatMap((pictures) => [...pictures].reverse());
}

function thumbnail(picture, place, pictures) {
  const one = document.createElement('button');
  one.type = 'button';
  one.className = 'fl-thumb';
  one.setAttribute('aria-label', `Open picture ${place + 1} of ${pictures.length}: ${picture.alt}`);
  const image = document.createElement('img');
  image.src = picture.thumbnail;
  image.alt = '';
  image.loading = 'lazy';
  one.append(image);
  one.addEventListener('click', () => lite.view(pictures, place));
  const item = document.createElement('div');
  item.setAttribute('role', 'listitem');
  item.append(one);
  return item;
}

// While pictures are made the stage shows the preview; afterwards it shows its job's pictures itself.
function paint() {
  const onStage = lite.get('isBusy') ? '' : lite.get('job')?.job;
  const pictures = all();
  const shown = pictures.filter((picture) => picture.job !== onStage);
  strip.hidden = shown.length === 0;
  const key = shown.map((each) => each.id).join();
  if (strip.dataset.key === key) return;
  strip.dataset.key = key;
  strip.replaceChildren(...shown.map((picture, place) => thumbnail(picture, place, shown)));
}

watch('value', () => {
  const shown = props.value;
  if (!shown || !shown.job) return;
  if (shown.pictures.length) jobs.set(shown.job, shown.pictures);
  lite.set('job', { job: shown.job, pictures: shown.pictures });
  paint();
});
lite.on('isBusy', paint);
