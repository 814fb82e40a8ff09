// The page's tabs by keyboard, as in the WAI-ARIA pattern: one stop of the Tab key, within which arrows, Home and End choose.

const TABS = '#lab-tabs > .tab-wrapper [role="tablist"] [role="tab"]';

/** @type {{ [key: string]: (at: number, last: number) => number }} */
const LEADS_TO = {
  ArrowLeft: (at, last) => (at > 0 ? at - 1 : last),
  ArrowRight: (at, last) => (at < last ? at + 1 : 0),
  Home: () => 0,
  End: (_, last) => last,
};

function tabs() {
  return [.../** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll(TABS))];
}

/** Of the tabs, the Tab key reaches the one in front. */
function reach() {
  for (const tab of tabs()) tab.tabIndex = tab.ariaSelected === 'true' ? 0 : -1;
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const all = tabs();
  const at = all.findIndex((tab) => tab === event.target);
  const changed = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
  if (at < 0 || changed || !(event.key in LEADS_TO)) return;
  event.preventDefault();
  const next = all[LEADS_TO[event.key](at, all.length - 1)];
  next.focus();
  next.click();
}

/** Called once, when the tabs stand on the page. */
export function wireTabs() {
  document.addEventListener('keydown', onKey);
  new MutationObserver(reach).observe(document.body, {
    subtree: true,
    attributeFilter: ['aria-selected'],
  });
  reach();
}
