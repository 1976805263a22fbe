// Sound and notification when done, the status line, and finding the program again when it was away.
(() => {
  const lite = window.fooocusLite;
  const SILENCE_MS = 12_000;
  const LOOK_MS = 3_000;
  const SETTLE_MS = 2_000;
  let instance = '';
  let isAway = false;
  let lookedAt = 0;
  let settling = 0;

  const wants = (name) => {
    try { return localStorage.getItem(`fooocus_lite_${name}`) === 'yes'; } catch { return false; }
  };

  function beep() {
    const sound = new AudioContext();
    [523.25, 783.99].forEach((pitch, place) => {
      const tone = sound.createOscillator();
      const loudness = sound.createGain();
      const start = sound.currentTime + place * 0.16;
      tone.frequency.value = pitch;
      loudness.gain.setValueAtTime(0, start);
      loudness.gain.linearRampToValueAtTime(0.12, start + 0.02);
      loudness.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
      tone.connect(loudness).connect(sound.destination);
      tone.start(start);
      tone.stop(start + 0.55);
    });
    setTimeout(() => sound.close(), 1500);
  }

  async function onWish(event) {
    const name = event.target.dataset?.attention;
    if (!name) return;
    let isWanted = event.target.checked;
    if (name === 'notify' && isWanted) {
      isWanted = 'Notification' in window && (await Notification.requestPermission()) === 'granted';
      event.target.checked = isWanted;
    }
    try { localStorage.setItem(`fooocus_lite_${name}`, isWanted ? 'yes' : 'no'); } catch { /* kept for now */ }
    if (name === 'sound' && isWanted) beep();
  }

  function onDone(event) {
    if (event.detail.state === 'cancelled') return;
    if (wants('sound')) beep();
    if (wants('notify') && document.hidden && 'Notification' in window) {
      new Notification('Fooocus Lite', { body: event.detail.line });
    }
  }

  function showNotices(notices) {
    const box = document.querySelector('#fl-notices');
    if (!box) return;
    let gone = [];
    try { gone = JSON.parse(sessionStorage.getItem('fooocus_lite_notices') || '[]'); } catch { /* none */ }
    const wanted = notices.filter((text) => !gone.includes(text));
    if (box.dataset.key === JSON.stringify(wanted)) return;
    box.dataset.key = JSON.stringify(wanted);
    box.replaceChildren(...wanted.map((text) => {
      const line = document.createElement('div');
      line.className = 'fl-notice';
      line.setAttribute('role', 'status');
      const words = document.createElement('p');
      words.textContent = text;
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = 'Dismiss';
      button.addEventListener('click', () => {
        try { sessionStorage.setItem('fooocus_lite_notices', JSON.stringify([...gone, text])); } catch { /* now */ }
        gone.push(text);
        line.remove();
      });
      line.append(words, button);
      return line;
    }));
  }

  const say = (kind, text) => document.dispatchEvent(
    new CustomEvent('fl:say', { detail: { kind, text } }),
  );

  // While the engine starts or loads ahead, its line changes; what needs it is told when it is there.
  function settle(answer) {
    clearTimeout(settling);
    if (!answer.is_settled) settling = setTimeout(() => { if (!document.hidden) look(); }, SETTLE_MS);
    if (answer.is_ready !== lite.get('isReady')) lite.set('isReady', answer.is_ready);
  }

  // Asks the program how it is. A new run of it: load the page anew; work of ours: follow it again.
  async function look() {
    lookedAt = Date.now();
    let answer;
    try {
      const reply = await fetch('alive', { cache: 'no-store', signal: AbortSignal.timeout(8000) });
      if (reply.status === 401) { // the login has ended: to the login page
        window.location.reload();
        return;
      }
      if (reply.status === 403) { // sharing has ended; it may begin again
        isAway = true;
        say('warning', (await reply.json()).error.message);
        return;
      }
      if (!reply.ok) throw new Error(String(reply.status));
      answer = await reply.json();
    } catch {
      isAway = true;
      say('warning', 'The connection to the program is lost. Trying again…');
      return;
    }
    if (instance && instance !== answer.instance) {
      window.location.reload();
      return;
    }
    instance = answer.instance;
    document.querySelectorAll('[data-status]').forEach((one) => { one.textContent = answer.status; });
    showNotices(answer.notices);
    settle(answer);
    const wasAway = isAway;
    isAway = false;
    if (wasAway) say('', '');
    const isSilent = Date.now() - (lite.get('frameAt') || 0) > SILENCE_MS;
    if (isSilent && (answer.is_busy || lite.get('isBusy'))) {
      lite.set('frameAt', Date.now());
      document.dispatchEvent(new CustomEvent('fl:follow'));
    }
  }

  // Idle costs nothing: this looks only when work fell silent or the program was away.
  setInterval(() => {
    if (document.hidden) return;
    const isSilent = Date.now() - (lite.get('frameAt') || 0) > SILENCE_MS;
    if (isAway || (lite.get('isBusy') && isSilent)) look();
  }, LOOK_MS);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && Date.now() - lookedAt > LOOK_MS) look();
  });
  window.addEventListener('online', look);
  lite.on('isBusy', (isBusy) => { if (!isBusy) look(); });
  // Its model is loaded ahead.
  document.addEventListener('fl:preset', () => setTimeout(look, LOOK_MS / 6));
  [300, 4000, 12_000, 30_000].forEach((pause) => setTimeout(look, pause));

  // Gradio's own red boxes are hidden; what they mean is said in our line.
  new MutationObserver((changes) => {
    const added = changes.flatMap((change) => [...change.addedNodes]);
    const box = added.map((one) => one.querySelector?.('.toast-body.error') || one)
      .find((one) => one.matches?.('.toast-body.error'));
    if (!box) return;
    if (/connection|network/i.test(box.textContent)) look();
    else say('error', 'That did not work. Please try once more, or load the page anew.');
  }).observe(document.body, { childList: true, subtree: true });
  document.addEventListener('change', onWish);
  document.addEventListener('fl:done', onDone);
  lite.on('panel', () => document.querySelectorAll('[data-attention]').forEach((one) => {
    one.checked = wants(one.dataset.attention);
  }));
})();
