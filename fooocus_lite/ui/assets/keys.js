// The keys of the page, shown by "?" and by the button in the header.
(() => {
  const lite = window.fooocusLite;
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
  const CTRL = isMac ? '⌘' : 'Ctrl';
  const ALT = isMac ? '⌥' : 'Alt';
  const KEYS = [
    ['Everywhere', [
      [[CTRL, 'Enter'], 'Generate, or add to the queue'],
      [['Esc'], 'Stop, or close what is open'],
      [['Shift', '?'], 'These keys'],
    ]],
    ['In the prompt', [
      [[CTRL, '↑ ↓'], 'Weight of the selection, or of the word at the caret'],
      [[ALT, '↑ ↓'], 'Earlier prompts'],
      [['<'], 'Your LoRAs'],
      [['_', '_'], 'Your wildcards'],
      [['embedding:'], 'Your embeddings'],
    ]],
    ['In the large view', [
      [['← →'], 'Previous and next picture'],
      [['0'], 'Whole picture'],
      [['1', '2'], '100 % and 200 %'],
    ]],
  ];

  function node(tag, text, ...children) {
    const one = document.createElement(tag);
    one.textContent = text;
    one.append(...children);
    return one;
  }

  function row([keys, meaning]) {
    return [node('dt', '', ...keys.map((key) => node('kbd', key))), node('dd', meaning)];
  }

  function draw() {
    const dialog = document.createElement('dialog');
    dialog.className = 'fl-dialog fl-keys';
    dialog.setAttribute('aria-labelledby', 'fl-keys-title');
    dialog.innerHTML = '<form method="dialog"><h2 id="fl-keys-title">Keys</h2>'
      + '<button class="fl-icon" aria-label="Close"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 5l10 10M15 5L5 15"/></svg></button></form>';
    KEYS.forEach(([title, keys]) => dialog.append(node('h3', title), node('dl', '', ...keys.flatMap(row))));
    dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener('close', () => dialog.remove());
    return dialog;
  }

  lite.showKeys = () => {
    if (document.querySelector('dialog[open]')) return;
    const dialog = draw();
    document.body.append(dialog);
    dialog.showModal();
  };

  // A question mark that belongs to a text is typed; no prompt begins with one.
  function isTyping(one) {
    if (one === lite.promptBox()) return one.value !== '';
    return Boolean(one.matches?.('textarea, [contenteditable="true"], input:not([type="checkbox"], [type="radio"], [type="range"])'));
  }

  document.addEventListener('keydown', (event) => {
    if (event.key !== '?' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    lite.showKeys();
  });
  document.addEventListener('click', (event) => {
    if (event.target.closest?.('[data-keys]')) lite.showKeys();
  });
})();
