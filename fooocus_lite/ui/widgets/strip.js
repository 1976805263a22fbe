const lite = window.fooocusLite;
const strip = element.querySelector('.fl-strip');
const jobs = new Map();

function all() {
  return [...jobs.values()].reverse().flatMap((pictures) => [...pictures].reverse());
}

// While pictures are made the stage shows the preview; afterwards, and for a contact sheet, it shows
// its job's pictures itself.
function paint() {
  const isSheet = lite.get('job')?.job === lite.get('sheet');
  const onStage = lite.get('isBusy') && !isSheet ? '' : lite.get('job')?.job;
  const pictures = all();
  const shown = pictures.filter((picture) => picture.job !== onStage);
  strip.hidden = shown.length === 0;
  const key = shown.map((each) => each.id).join();
  if (strip.dataset.key === key) return;
  strip.dataset.key = key;
  strip.replaceChildren(...shown.map((picture, place) => lite.thumbnail(
    shown, place, `Open picture ${place + 1} of ${shown.length}: ${picture.alt}`
  )));
}

watch('value', () => {
  const shown = props.value;
  if (!shown || !shown.job) return;
  if (shown.pictures.length) jobs.set(shown.job, shown.pictures);
  lite.set('job', { job: shown.job, pictures: shown.pictures });
  paint();
});
document.addEventListener('fl:deleted', (event) => {
  jobs.forEach((pictures, job) => jobs.set(job, pictures.filter((each) => each.id !== event.detail)));
  const { job, pictures } = lite.get('job') || { pictures: [] };
  // Told as shorter: what the stage says of its number is not true any more.
  if (pictures.some((each) => each.id === event.detail)) {
    lite.set('job', { job, pictures: jobs.get(job), isShorter: true });
  }
  paint();
});
lite.on('isBusy', paint);
lite.on('sheet', paint);
