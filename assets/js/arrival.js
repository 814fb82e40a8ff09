// Who comes by a link that names a figure or a card sees it: the page comes along, also while what stands above is still
// drawn, until somebody does something.

/** @type {[tab: string, key: string, place: string][]} The later one wins. */
const PLACES = [
  ['break', 'break.card', '#break-cards'],
  ['break', 'break.figure', '#break-figure'],
];
const WHILE_MS = 8000;
const HANDS = ['pointerdown', 'keydown', 'wheel', 'touchstart'];

let leave = () => {};

/** @param {string} query of the address that somebody comes by */
export function arrive(query) {
  leave();
  const asked = new URLSearchParams(query);
  const place = PLACES.filter(
    ([tab, key]) => asked.get('tab') === tab && asked.get(key),
  ).pop()?.[2];
  if (!place) return;
  const bring = () => document.querySelector(place)?.scrollIntoView({ block: 'start' });
  const sizes = new ResizeObserver(bring);
  sizes.observe(document.body);
  const acted = new AbortController();
  leave = () => acted.abort();
  const signal = AbortSignal.any([acted.signal, AbortSignal.timeout(WHILE_MS)]);
  signal.addEventListener('abort', () => sizes.disconnect());
  for (const name of HANDS) window.addEventListener(name, leave, { signal, passive: true });
}
