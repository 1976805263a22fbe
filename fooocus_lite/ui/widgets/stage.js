const lite = window.fooocusLite;
const stage = element.querySelector('.fl-stage');
const hero = element.querySelector('.fl-hero');
const canvas = element.querySelector('canvas');
const sheet = element.querySelector('.fl-sheet');
const empty = element.querySelector('.fl-empty');
const ambient = element.querySelector('.fl-ambient');
const bar = element.querySelector('.fl-bar');
const fill = bar.firstElementChild;
const line = element.querySelector('.fl-line');
const say = element.querySelector('.fl-say');
const next = element.querySelector('.fl-next');
const hint = element.querySelector('.fl-next-hint');
const brush = canvas.getContext('2d');
const CAPTION = 24;
const BUSY = new Set(['queued', 'loading', 'running']);
let frame = props.value || { state: 'idle' };
let isDrawing = false;
let nextPreview = null;
let drawnJob = '';
let drawnPicture = 0;
let before = [];

// The newest preview wins: what comes in while one is being decoded is dropped.
async function pump() {
  if (isDrawing || !nextPreview) return;
  isDrawing = true;
  const { job, picture, data } = nextPreview;
  nextPreview = null;
  try {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }));
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    brush.drawImage(bitmap, 0, 0);
    bitmap.close();
    drawnJob = job;
    drawnPicture = picture;
    show();
  } catch (problem) {
    console.warn('A preview could not be drawn', problem);
  } finally {
    isDrawing = false;
    pump();
  }
}

function tile(picture, place, all) {
  const one = document.createElement('button');
  one.type = 'button';
  one.className = 'fl-tile';
  one.setAttribute('aria-label', `Open picture ${place + 1} of ${all.length}: ${picture.alt}`);
  const image = document.createElement('img');
  image.src = picture.url;
  image.alt = '';
  image.width = picture.width;
  image.height = picture.height;
  one.append(image);
  one.addEventListener('click', () => lite.view(all, place));
  const item = document.createElement('div');
  item.setAttribute('role', 'listitem');
  item.append(one);
  return item;
}

function picturesHere() {
  const shown = lite.get('job');
  return shown && shown.job === frame.job ? shown.pictures : [];
}

// As many columns as make the tiles largest; `caption` is the height of the words under each.
function layOut(count, ratio, caption = 0) {
  const gap = 12;
  const smallest = 96;
  const { width, height } = hero.getBoundingClientRect();
  const room = (columns) => {
    const rows = Math.ceil(count / columns);
    return Math.min(
      (width - gap * (columns - 1)) / columns,
      ((height - gap * (rows - 1)) / rows - caption) * ratio,
    );
  };
  let best = 1;
  for (let columns = 2; columns <= count; columns += 1) {
    if (room(columns) > room(best)) best = columns;
  }
  const isTall = room(best) < smallest;
  if (isTall) best = Math.max(1, Math.floor((width + gap) / (smallest + gap)));
  const tileWidth = Math.floor(isTall ? smallest : room(best));
  sheet.classList.toggle('is-tall', isTall);
  sheet.style.width = `${best * (tileWidth + gap) - gap + (isTall ? 24 : 0)}px`;
  sheet.style.setProperty('--tile', `${tileWidth}px`);
  sheet.style.setProperty('--ratio', String(ratio));
}

function showSheet(pictures) {
  const key = pictures.map((each) => each.id).join();
  if (sheet.dataset.key !== key) {
    sheet.dataset.key = key;
    sheet.replaceChildren(...pictures.map((each, place) => tile(each, place, pictures)));
    ambient.style.backgroundImage = `url("${pictures[pictures.length - 1].thumbnail}")`;
  }
  layOut(pictures.length, pictures[0].width / pictures[0].height);
}

// A tile for each style; the preview goes into the one that is being made.
function showContactSheet(pictures, hasPreview) {
  lite.paintSheet(sheet, frame, pictures, hasPreview ? { canvas, picture: drawnPicture } : null);
  layOut(frame.tiles.length, frame.width / frame.height, CAPTION);
}

// What can be done with what is done: for one picture right here, for several in the large view.
function offerNext(pictures, isContactSheet) {
  const isOne = pictures.length === 1 && !isContactSheet;
  next.hidden = !isOne;
  hint.hidden = isOne || pictures.length === 0;
  hint.textContent = isContactSheet ? 'Choose one to take its style'
    : 'Choose one to see it large, download it or start from it';
  if (isOne) next.querySelector('a').href = pictures[0].download;
}

async function startFromIt() {
  if (await lite.startFrom(picturesHere()[0])) return;
  const detail = { kind: 'error', text: 'That picture could not be used now. Try once more.' };
  document.dispatchEvent(new CustomEvent('fl:say', { detail }));
}

function show() {
  const isBusy = BUSY.has(frame.state);
  const isContactSheet = Boolean(frame.tiles?.length);
  const pictures = picturesHere();
  const hasPreview = isBusy && drawnJob === frame.job;
  const last = lite.get('job');
  // Until the first preview the pictures of before stay, unless they were deleted.
  if (last?.pictures.length || last?.isShorter) before = last.pictures;
  const kept = isBusy && !hasPreview ? before : [];
  const seen = isBusy ? (pictures.length ? pictures.slice(-1) : kept) : pictures;
  canvas.hidden = !hasPreview;
  sheet.hidden = !isContactSheet && (hasPreview || seen.length === 0);
  empty.hidden = !sheet.hidden || hasPreview;
  stage.dataset.state = frame.state;
  offerNext(isBusy ? [] : pictures, isContactSheet);
  line.hidden = !isBusy && Boolean(last?.isShorter && last.job === frame.job);
  sheet.classList.toggle('is-contact', isContactSheet);
  if (isContactSheet) {
    showContactSheet(pictures, hasPreview);
    return;
  }
  if (canvas.parentElement !== hero) hero.insertBefore(canvas, sheet);
  if (!sheet.hidden) showSheet(seen);
  const shape = hasPreview ? { width: frame.width, height: frame.height } : lite.get('aspect');
  if (shape) hero.style.setProperty('--ratio', String(shape.width / shape.height));
}

function paint() {
  const isBusy = BUSY.has(frame.state);
  const percent = Math.round((frame.share || 0) * 100);
  if (frame.preview) {
    nextPreview = { job: frame.job, picture: frame.picture, data: frame.preview };
    pump();
  }
  line.textContent = frame.line || '';
  if (say.textContent !== (frame.say || '')) say.textContent = frame.say || '';
  bar.setAttribute('aria-valuenow', String(percent));
  bar.setAttribute('aria-valuetext', frame.line || '');
  bar.classList.toggle('is-waiting', frame.state === 'queued' || frame.state === 'loading');
  fill.style.transform = `scaleX(${frame.share || 0})`;
  lite.busy(isBusy, frame, percent);
  show();
}

watch('value', () => {
  frame = props.value || { state: 'idle' };
  const sheetJob = frame.tiles?.length ? frame.job : null;
  if (lite.get('sheet') !== sheetJob) lite.set('sheet', sheetJob);
  paint();
});
next.querySelector('[data-next="view"]').addEventListener('click', () => lite.view(picturesHere(), 0));
next.querySelector('[data-next="input"]').addEventListener('click', startFromIt);
lite.on('aspect', show);
lite.on('job', show);
document.addEventListener('fl:deleted', () => {
  delete sheet.dataset.key;
  show();
});
lite.on('styles', () => { if (frame.tiles) show(); });
new ResizeObserver(() => { if (!sheet.hidden) show(); }).observe(hero);
paint();
