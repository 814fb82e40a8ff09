// Projector mode: no letter under 18 px, wherever it stands, and keys 1 to 5 for the five demonstrations of “Break it”.
import { isProjector, listen } from './widget.js';

const LEAST = 18;
const REST_MS = 200;
/** Plotly's own letters are set in plotly.js. */
const NOT_HERE = '.js-plotly-plot, .lab-unseen, script, style';
const DEMOS = '#tab-break button[id^="break-demo-"]';
const BREAK = '#lab-tabs > .tab-wrapper [role="tab"][data-tab-id="break"]';
const PATIENCE_MS = 4000;

/**
 * By how much an element is drawn larger than its sizes say.
 * @param {Element} node
 */
function magnified(node) {
  if (node instanceof SVGGraphicsElement) return node.getScreenCTM()?.a || 1;
  return 'currentCSSZoom' in node ? Number(node.currentCSSZoom) : 1;
}

/** @param {Element} node */
function hasText(node) {
  if (node instanceof HTMLInputElement || node instanceof HTMLSelectElement) return true;
  return [...node.childNodes].some((child) => child instanceof Text && child.data.trim());
}

/** Letters that are too small; what they were is forgotten when the mode ends. */
function enlarge() {
  const box = document.querySelector('.gradio-container');
  if (!box || !isProjector()) return;
  const small = [];
  for (const node of box.querySelectorAll('*')) {
    if (!hasText(node) || node.closest(NOT_HERE)) continue;
    const scale = magnified(node);
    if (parseFloat(getComputedStyle(node).fontSize) * scale < LEAST - 0.01)
      small.push({ node: /** @type {HTMLElement | SVGElement} */ (node), scale });
  }
  for (const { node, scale } of small) {
    node.dataset.large = '';
    node.style.setProperty('font-size', `${LEAST / scale}px`, 'important');
  }
}

function restore() {
  for (const node of document.querySelectorAll('[data-large]')) {
    const styled = /** @type {HTMLElement | SVGElement} */ (node);
    delete styled.dataset.large;
    styled.style.removeProperty('font-size');
  }
}

/**
 * The demonstration's button, when its tab is in front.
 * @param {number} place
 * @param {number} until
 */
function press(place, until) {
  const shown = [...document.querySelectorAll(DEMOS)].filter((node) => node.checkVisibility());
  const button = /** @type {HTMLElement | undefined} */ (shown[place]);
  if (button) button.click();
  else if (performance.now() < until) requestAnimationFrame(() => press(place, until));
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const typed = event.target instanceof Element && event.target.closest('input, textarea, select');
  const changed = event.altKey || event.ctrlKey || event.metaKey;
  if (!isProjector() || typed || changed || !/^[1-5]$/.test(event.key)) return;
  /** @type {HTMLElement | null} */ (document.querySelector(BREAK))?.click();
  press(Number(event.key) - 1, performance.now() + PATIENCE_MS);
}

/** Called once, when the page stands. */
export function wireProjector() {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let due;
  const later = () => {
    if (!isProjector()) return;
    due ??= setTimeout(() => {
      due = undefined;
      enlarge();
    }, REST_MS);
  };
  new MutationObserver(later).observe(document.body, {
    childList: true,
    subtree: true,
    characterData: true,
  });
  listen('look', () => {
    restore();
    later();
  });
  document.addEventListener('keydown', onKey);
  later();
}
