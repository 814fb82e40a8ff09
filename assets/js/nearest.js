// A finger is larger than a dot or a word: what is touched beside them goes to the nearest one.

/** Pixels from a touch to what it means, half of what a finger needs. */
const REACH = 22;

/**
 * @param {HTMLElement} box that holds them
 * @param {string} selector of what can be pressed in it
 */
export function reachable(box, selector) {
  box.addEventListener('click', ({ target, clientX, clientY }) => {
    if (target !== box) return;
    let [found, least] = [/** @type {HTMLElement | null} */ (null), REACH];
    for (const one of /** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll(selector)))
      for (const { left, right, top, bottom } of one.getClientRects()) {
        const [x, y] = [beyond(clientX, left, right), beyond(clientY, top, bottom)];
        if (Math.hypot(x, y) < least) [found, least] = [one, Math.hypot(x, y)];
      }
    found?.click();
  });
}

/**
 * How far a place lies outside of a span.
 * @param {number} at
 * @param {number} from
 * @param {number} to
 */
function beyond(at, from, to) {
  return Math.max(from - at, at - to, 0);
}
