// Who tabs through the page keeps their place when a widget is drawn anew under them.

/**
 * What a control is called, whatever it shows at this moment.
 * @param {Element} node
 */
function nameOf(node) {
  const { name, key } = /** @type {HTMLElement} */ (node).dataset;
  return JSON.stringify([node.tagName, node.id, name, key, node.classList[0]]);
}

/**
 * Controls of one name, in the order of the page.
 * @param {Element} root
 * @param {string} tag
 * @param {string} name
 */
function named(root, tag, name) {
  return [...root.querySelectorAll(tag)].filter((node) => nameOf(node) === name);
}

/** @type {{ node: Element, home: string, tag: string, name: string, place: number } | null} */
let held = null;

/** @param {string} home id of a part of the page */
function part(home) {
  return (home && document.getElementById(home)) || document.body;
}

/** @param {Event} event */
function hold({ target }) {
  const node = /** @type {Element} */ (target);
  const home = node.closest('.lab-widget')?.closest('[id]')?.id ?? '';
  const name = nameOf(node);
  const place = named(part(home), node.tagName, name).indexOf(node);
  held = { node, home, tag: node.tagName, name, place };
}

/** @param {Event} event */
function left({ target }) {
  queueMicrotask(() => {
    const gone = document.activeElement !== target && held?.node === target;
    if (gone && held?.node.isConnected) held = null; // somebody left it: it was not drawn anew
  });
}

function giveBack() {
  if (!held || held.node.isConnected || document.activeElement !== document.body) return;
  const heir = named(part(held.home), held.tag, held.name)[held.place];
  // else it may come with the next change: words are marked as terms a moment later
  /** @type {HTMLElement | SVGElement | undefined} */ (heir)?.focus({ preventScroll: true });
}

/**
 * When the element with the focus is drawn anew, the one that took its place gets the focus: the browser itself would
 * send it back to the beginning of the page. Called by every widget; the first call is enough.
 */
export function keepFocus() {
  if (window.labFocus) return;
  window.labFocus = new MutationObserver(giveBack);
  document.addEventListener('focusin', hold);
  document.addEventListener('focusout', left);
  document.addEventListener('pointerdown', () => (held = null));
  window.labFocus.observe(document.body, { childList: true, subtree: true });
}
