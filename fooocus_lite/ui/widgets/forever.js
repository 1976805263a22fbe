// Presses Generate again when one's own jobs are done. One at a time, so others get their turn.
const lite = window.fooocusLite;
const button = element.querySelector('button');
const status = element.querySelector('[role="status"]');
const LOOK_MS = 1000;
const PATIENCE_MS = 15_000;
const ASIDE_MS = 5000;
let isOn = false;
let rounds = 0;
let pressedAt = 0;
let timer = 0;
let letGo = () => {};

const box = (name) => document.querySelector(`#fl-${name} :is(textarea, input:not([type="range"]))`);

function turn(wanted, text = '') {
  isOn = wanted;
  button.setAttribute('aria-pressed', String(isOn));
  status.textContent = text;
  clearInterval(timer);
  letGo();
  pressedAt = 0;
  if (!isOn) return;
  if (navigator.locks) navigator.locks.request('fooocus_lite_forever', { ifAvailable: true }, begin);
  else begin(true);
}

// Only one window of a browser at a time: the lock is held until what is returned here resolves.
function begin(lock) {
  if (!isOn) return null;
  if (!lock) {
    turn(false, 'On in another window');
    return null;
  }
  rounds = 0;
  // Costs nothing while it is off.
  timer = setInterval(goOn, LOOK_MS);
  goOn();
  return new Promise((resolve) => { letGo = resolve; });
}

// The seed as a number, null when it is a random one or cannot be read.
function fixedSeed() {
  const text = box('seed')?.value.trim() || '';
  return /^\d+$/.test(text) ? BigInt(text) : null;
}

// With a fixed seed every round would be the same, so it goes up by the number of pictures.
function beginRound() {
  let seed = fixedSeed();
  if (seed !== null && rounds > 0) {
    seed += BigInt(box('count')?.value || 1);
    lite.write(box('seed'), String(seed));
  }
  rounds += 1;
  status.textContent = seed === null ? `Round ${rounds}` : `Round ${rounds}, seed ${seed}`;
  document.querySelector('#fl-generate')?.click();
}

// Nothing is begun while a job of one's own is there, also one of another window.
async function goOn() {
  const isAsking = Date.now() - pressedAt < PATIENCE_MS;
  if (!isOn || isAsking || lite.get('isBusy')) return;
  pressedAt = Date.now();
  let found = null;
  try {
    const answer = await fetch('queue', { cache: 'no-store' });
    if (answer.ok) found = await answer.json();
  } catch { /* the program is away; the page says so */ }
  if (!isOn || !found || found.jobs.length || lite.get('isBusy')) {
    pressedAt = 0;
    return;
  }
  beginRound();
}

// A short word about the queue has room here while this has nothing to say itself.
lite.on('aside', (text) => {
  if (isOn) return;
  status.textContent = text;
  setTimeout(() => { if (status.textContent === text) status.textContent = ''; }, ASIDE_MS);
});
button.addEventListener('click', () => turn(!isOn));
lite.on('isBusy', (isBusy) => { if (isBusy) pressedAt = 0; });
document.addEventListener('fl:done', (event) => {
  if (!isOn) return;
  if (event.detail.state === 'completed') goOn();
  else turn(false, event.detail.state === 'cancelled' ? 'Stopped' : 'Ended by a failure');
});
document.addEventListener('fl:said', (event) => {
  if (isOn && pressedAt && ['error', 'hint'].includes(event.detail)) turn(false, 'Could not begin');
});
