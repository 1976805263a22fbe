// The settings of this browser come back at the next visit; prompts are never among them.
const KEY = 'fooocus_lite_settings';
let isReady = false;

function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) || null;
  } catch {
    return null; // a private window, or not written by us
  }
}

// Python asks for this after each change, with the values in the order of `names`.
window.fooocusLite.keep = (...values) => {
  if (!isReady) return;
  const settings = Object.fromEntries(props.names.map((name, place) => [name, values[place]]));
  try {
    localStorage.setItem(KEY, JSON.stringify({ launched: props.launched, settings }));
  } catch { /* a private window, or full */ }
};

watch('value', () => { if (props.value?.is_done) isReady = true; });

const kept = stored();
// A link brings its own settings, and another preset at launch means to begin with that.
if (kept?.launched === props.launched && !window.location.hash.includes('r=')) {
  props.value = { settings: kept.settings };
  trigger('input');
} else {
  isReady = true;
}
