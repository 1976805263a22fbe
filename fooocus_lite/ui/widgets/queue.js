// One's own jobs in the line, in the order they run, and a box for several prompts at once.
const lite = window.fooocusLite;
const part = (selector) => element.querySelector(selector);
const [list, said, status, clear, form] = ['.fl-queue-list', '.fl-queue-said', '[role="status"]', '.fl-clear', 'form'].map(part);
const box = form.querySelector('textarea');
const chooser = form.querySelector('input');
const LOOK_MS = 2000;
const FOLLOW_MS = 1500;
const MAX_BYTES = 1_000_000;
const ICONS = {
  up: 'M10 16V4M5 9l5-5 5 5',
  down: 'M10 4v12M5 11l5 5 5-5',
  duplicate: 'M7 7h9v9H7zM4 13V4h9',
  cancel: 'M5 5l10 10M15 5L5 15',
};
let queue = { jobs: [], waiting: 0, room: 0 };
let turn = 0;
let timer = 0;
let asked = 0;

function node(tag, name, text) {
  const one = document.createElement(tag);
  if (name) one.className = name;
  if (text !== undefined) one.textContent = text;
  return one;
}

function tell(kind, text) {
  said.hidden = !text;
  said.dataset.kind = kind;
  said.textContent = text;
  if (text) status.textContent = text;
}

async function ask(path, options = {}) {
  turn += 1;
  const mine = turn;
  try {
    const answer = await fetch(path, { cache: 'no-store', ...options });
    const found = await answer.json();
    if (mine === turn && found.jobs) show(found);
    return found;
  } catch {
    return null;
  }
}

const refresh = () => ask('queue');

async function order(what, values, done) {
  tell('', '');
  const found = await ask(`queue/${what}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(values),
  });
  if (!found) tell('error', 'That could not be done now. Try once more.');
  else if (found.problem) tell('error', found.problem);
  else {
    status.textContent = done();
    if (what === 'duplicate') setTimeout(follow, FOLLOW_MS);
  }
}

const place = (id) => queue.jobs.filter((job) => job.is_waiting).findIndex((job) => job.id === id) + 1;

function button(what, job, label, act) {
  const one = node('button', 'fl-icon');
  one.type = 'button';
  one.dataset.key = what;
  one.title = label;
  one.setAttribute('aria-label', `${label}: ${job.prompt.slice(0, 60)}`);
  // Nothing here comes from a person.
  one.innerHTML = `<svg viewBox="0 0 20 20" aria-hidden="true"><path d="${ICONS[what]}"/></svg>`;
  one.addEventListener('click', () => { if (one.getAttribute('aria-disabled') !== 'true') act(); });
  return one;
}

function move(job, to) {
  const step = button(to, job, `Move ${to}`, () => (
    order('move', { id: job.id, to }, () => `Moved to place ${place(job.id)} of ${queue.waiting}.`)));
  const end = to === 'up' ? 1 : queue.waiting;
  step.setAttribute('aria-disabled', String(place(job.id) === end));
  return step;
}

function drawn(job) {
  const one = node('article', 'fl-queue-card');
  one.dataset.id = job.id;
  one.classList.toggle('is-running', !job.is_waiting);
  const prompt = node('b', '', job.prompt);
  prompt.dir = 'auto';
  const row = node('div', 'fl-queue-row');
  row.append(node('p', 'fl-queue-line'));
  if (job.is_waiting) row.append(move(job, 'up'), move(job, 'down'));
  row.append(
    button('duplicate', job, 'Add the same again', () => order('duplicate', { id: job.id }, () => 'Added once more.')),
    button('cancel', job, job.is_waiting ? 'Cancel' : 'Stop', () => order('cancel', { id: job.id }, () => 'Cancelled.')),
  );
  one.append(prompt, row);
  return job.others ? [node('p', 'fl-queue-others', job.others), one] : [one];
}

// What has the focus keeps it, or its neighbour gets it.
function keepFocus(change) {
  const before = list.contains(document.activeElement) ? document.activeElement : null;
  const { key } = before?.dataset || {};
  const card = before?.closest('article');
  const at = card ? [...list.querySelectorAll('article')].indexOf(card) : -1;
  change();
  if (!key) return;
  const cards = [...list.querySelectorAll('article')];
  const again = cards.find((each) => each.dataset.id === card.dataset.id) || cards[Math.min(at, cards.length - 1)];
  (again?.querySelector(`[data-key="${key}"]`) || again?.querySelector('button') || box).focus({ preventScroll: true });
}

function show(found) {
  queue = found;
  const shape = JSON.stringify(queue.jobs.map((job) => [job.id, job.is_waiting, job.others]));
  if (list.dataset.shape !== shape) {
    list.dataset.shape = shape;
    keepFocus(() => list.replaceChildren(...queue.jobs.flatMap(drawn)));
  }
  queue.jobs.forEach((job, index) => {
    list.querySelectorAll('.fl-queue-line')[index].textContent = job.line;
  });
  part('.fl-queue-empty').hidden = queue.jobs.length > 0;
  clear.hidden = queue.waiting < 2;
  const note = document.querySelector('.fl-tab-count');
  note.hidden = queue.waiting === 0;
  note.textContent = String(queue.waiting);
  note.setAttribute('aria-label', `${queue.waiting} waiting`);
  count();
  later();
}

// While the panel is open and has jobs; else only what happens makes it look.
function later() {
  clearTimeout(timer);
  if (lite.get('panel') !== 'queue' || !queue.jobs.length) return;
  timer = setTimeout(() => (document.hidden ? later() : refresh().then((answer) => answer || later())), LOOK_MS);
}

// Lets the stage follow jobs that it does not know of.
function follow() {
  if (!lite.get('isBusy')) document.dispatchEvent(new CustomEvent('fl:follow'));
}

// What is added just when the job before has ended is followed by nobody, unless it is seen here.
async function onQueued() {
  const before = queue.jobs.length;
  const found = await refresh();
  if (found?.jobs.length > before) lite.set('aside', `Added, ${found.waiting} waiting`);
  if (found?.jobs.length) setTimeout(follow, FOLLOW_MS);
}

function promptsIn(text) {
  return text.split('\n').filter((each) => each.trim() && !each.trim().startsWith('#')).length;
}

function count() {
  const prompts = promptsIn(box.value);
  const fit = `${queue.room} more fit${queue.room === 1 ? 's' : ''} into your queue`;
  const words = prompts ? `${prompts} prompt${prompts === 1 ? '' : 's'} · ${fit}` : '';
  const line = part('.fl-several-count');
  if (line.textContent !== words) line.textContent = words;
  line.classList.toggle('is-over', prompts > queue.room);
}

async function read(file) {
  if (lite.get('panel') !== 'queue') lite.openPanel('queue');
  if (file.size > MAX_BYTES) {
    tell('error', 'That file is larger than a megabyte. Send the prompts in parts.');
    return;
  }
  tell('', '');
  box.value = await file.text();
  count();
  box.focus();
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  asked += 1;
  tell('', '');
  props.value = { prompts: box.value, asked };
  trigger('input');
});
form.querySelector('[data-choose]').addEventListener('click', () => chooser.click());
chooser.addEventListener('change', () => {
  const [file] = chooser.files;
  if (file) read(file);
  chooser.value = '';
});
box.addEventListener('input', count);
clear.addEventListener('click', async () => {
  const title = `Cancel all ${queue.waiting} waiting jobs?`;
  const question = { title, text: 'What is being made now goes on.', keep: 'Keep them', go: 'Cancel them' };
  if (await lite.ask(question)) order('clear', {}, () => 'All waiting jobs are cancelled.');
});
document.addEventListener('fl:prompts', (event) => read(event.detail));
document.addEventListener('fl:queued', onQueued);
watch('value', () => {
  const { kind, text } = props.value || {};
  if (!kind) return;
  tell(kind, text);
  if (kind !== 'info') return;
  box.value = '';
  follow();
});
lite.on('panel', (name) => {
  if (name !== 'queue') return;
  tell('', '');
  refresh();
});
lite.on('stands', refresh);
