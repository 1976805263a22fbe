// Typing comfort in the prompt boxes: weights by Ctrl+Up and Ctrl+Down, earlier prompts by Alt+Up and Alt+Down.
(() => {
  const lite = window.fooocusLite;
  const BOXES = '#fl-prompt textarea, #fl-negative textarea';
  const STEP = 0.05;
  const BARE_BRACKETS = 1.1;
  const MOST = 5;
  const LORA = /<lora:[^<>:\n]+(?::(-?\d+(?:\.\d+)?))?>/gi;
  const SENT = 'fooocus_lite_sent';
  const KEPT = 50;
  let back = 0;
  let unsent = '';
  let recalled = null;

  // As if typed: undo knows of it, and so does Gradio.
  lite.replaceText = (box, from, to, text) => {
    box.focus();
    box.setSelectionRange(from, to);
    if (document.execCommand(text ? 'insertText' : 'delete', false, text)) return;
    box.setRangeText(text, from, to, 'end');
    box.dispatchEvent(new Event('input', { bubbles: true }));
  };

  const rounded = (number) => Math.round(number * 100) / 100;
  const within = (number, least, most) => Math.min(most, Math.max(least, number));

  // Pairs of round brackets, inner ones first, and whether each has a partner.
  function brackets(text) {
    const open = [];
    const found = [];
    let isBalanced = true;
    for (let place = 0; place < text.length; place += 1) {
      if (text[place] === '\\') place += 1;
      else if (text[place] === '(') open.push(place);
      else if (text[place] === ')') {
        if (open.length) found.push({ open: open.pop(), close: place });
        else isBalanced = false;
      }
    }
    return { found, isBalanced: isBalanced && open.length === 0 };
  }

  // What one pair of brackets holds: where its words lie, and the weight they have.
  function weighted(text, { open, close }) {
    const held = text.slice(open + 1, close);
    const number = held.match(/:[ \t]*(\d{1,3}(?:\.\d{0,20})?|\.\d{1,20})[ \t]*$/);
    const inner = number ? held.slice(0, number.index) : held;
    return { from: open, to: close + 1, inner, start: open + 1, weight: number ? Number(number[1]) : BARE_BRACKETS };
  }

  function wordAt(text, caret) {
    const before = text.slice(0, caret).match(/[^\s,;()[\]{}|<>]*$/)[0];
    const after = text.slice(caret).match(/^[^\s,;()[\]{}|<>]*/)[0];
    const word = (before + after).replace(/[\\.:!?]+$/, '');
    const from = caret - before.length;
    return word ? { from, to: from + word.length } : null;
  }

  // What the keys weigh in a line: a LoRA, the brackets around caret or selection, else the words themselves.
  function weighable(text, from, to) {
    for (const tag of text.matchAll(LORA)) {
      const end = tag.index + tag[0].length;
      if (tag.index <= from && to <= end) {
        const name = tag[0].slice(0, -1).split(':').slice(0, 2).join(':');
        return { from: tag.index, to: end, start: end, lora: name, weight: Number(tag[1] ?? 1) };
      }
    }
    const isCaret = from === to;
    for (const pair of brackets(text).found) {
      const found = weighted(text, pair);
      const holdsCaret = isCaret && found.from < from && from <= found.to;
      const isSelected = (from === found.start && to === found.start + found.inner.length)
        || (from === found.from && to === found.to);
      if (found.inner.trim() && (holdsCaret || isSelected)) return found;
    }
    const words = isCaret ? wordAt(text, from) : { from, to };
    if (!words) return null;
    const inner = text.slice(words.from, words.to);
    return brackets(inner).isBalanced ? { ...words, inner, start: words.from, weight: 1 } : null;
  }

  function trimmedSelection(box) {
    const chosen = box.value.slice(box.selectionStart, box.selectionEnd);
    if (!chosen.trim()) return [box.selectionStart, box.selectionStart];
    const from = box.selectionStart + chosen.length - chosen.trimStart().length;
    return [from, from + chosen.trim().length];
  }

  // The same words at the next weight, and where in that text they stand.
  function reweighed({ inner, lora, weight }, by) {
    if (lora) {
      const tag = `${lora}:${rounded(within(weight + by, -2, 2))}>`;
      return { written: tag, start: tag.length, end: tag.length };
    }
    const next = rounded(within(weight + by, 0, MOST));
    return next === 1
      ? { written: inner, start: 0, end: inner.length }
      : { written: `(${inner}:${next})`, start: 1, end: 1 + inner.length };
  }

  function weigh(box, by) {
    const [from, to] = trimmedSelection(box);
    // Brackets never reach over the end of a line: each line is a condition of its own.
    const line = box.value.slice(0, from).lastIndexOf('\n') + 1;
    const [text] = box.value.slice(line).split('\n', 1);
    const found = to - line <= text.length && weighable(text, from - line, to - line);
    if (!found) return;
    const { written, start, end } = reweighed(found, by);
    const place = line + found.from;
    lite.replaceText(box, place, line + found.to, written);
    const caret = within(place + start + from - line - found.start, place + start, place + end);
    if (from === to) box.setSelectionRange(caret, caret);
    else box.setSelectionRange(place + start, place + end);
  }

  function sent() {
    try {
      const kept = JSON.parse(localStorage.getItem(SENT) || '[]');
      return Array.isArray(kept) ? kept.filter((text) => typeof text === 'string') : [];
    } catch {
      return [];
    }
  }

  function remember() {
    const text = lite.promptBox()?.value.trim();
    back = 0;
    if (!text) return;
    const kept = [...sent().filter((each) => each !== text), text].slice(-KEPT);
    try { localStorage.setItem(SENT, JSON.stringify(kept)); } catch { /* private window */ }
  }

  // One prompt further back or forth; before the newest lies what was not sent yet.
  function recall(box, by) {
    const prompts = sent();
    if (box.value !== recalled) back = 0;
    if (back === 0) unsent = box.value;
    const textAt = (steps) => (steps === 0 ? unsent : prompts[prompts.length - steps]);
    let there = back + by;
    if (back === 0 && textAt(there) === unsent) there += by;
    if (there < 0 || there > prompts.length) return;
    back = there;
    recalled = textAt(there);
    lite.replaceText(box, 0, box.value.length, recalled);
  }

  function onKey(event) {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    if (event.defaultPrevented || event.shiftKey || !event.target.matches?.(BOXES)) return;
    const by = event.key === 'ArrowUp' ? 1 : -1;
    const isWeight = (event.ctrlKey || event.metaKey) && !event.altKey;
    const isRecall = event.altKey && !event.ctrlKey && !event.metaKey && event.target === lite.promptBox();
    if (!isWeight && !isRecall) return;
    event.preventDefault();
    if (isWeight) weigh(event.target, by * STEP);
    else recall(event.target, by);
  }

  document.addEventListener('keydown', onKey);
  document.addEventListener('click', (event) => {
    if (event.target.closest?.('#fl-generate, #fl-twelve')) remember();
  }, true);
})();
