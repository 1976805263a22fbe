// The way to one's account and out, beside the panels. Only on a page that others can reach.
(() => {
  const PERSON = '<svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="7" r="3.3"/>'
    + '<path d="M3.5 17c.8-3.4 3.4-5 6.500-5s5.700 1.600 6.500 5"/></svg><span>Account</span>';

  function place() {
    const tabs = document.querySelector('.fl-tabs');
    if (!tabs) return false;
    const way = document.createElement('button');
    way.type = 'button';
    way.id = 'fl-account';
    way.title = 'Account';
    way.innerHTML = PERSON;
    // In a frame of another site, as on a Space, the account is not shown: it gets a tab of its own.
    way.addEventListener('click', () => (
      window.top === window ? window.location.assign('account') : window.open('account', '_blank', 'noopener')));
    tabs.append(way);
    return true;
  }

  const waiting = new MutationObserver(() => { if (place()) waiting.disconnect(); });
  waiting.observe(document, { childList: true, subtree: true });
})();
