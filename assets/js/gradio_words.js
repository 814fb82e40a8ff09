// What Gradio says itself in English, in the page's language: names for those who hear the page, and hints of its tables.
import { listen, t } from './widget.js';

/** @type {[RegExp, string][]} */
const PHRASES = [
  [/^number input for (?<name>.*)$/s, 'gradio.number'],
  [/^range slider for (?<name>.*)$/s, 'gradio.slider'],
  [/^Reset to default value$/, 'gradio.reset'],
  [/^Table actions$/, 'gradio.table'],
  [/^Copy table data$/, 'gradio.copy'],
  [/^Fullscreen$/, 'gradio.large'],
  [/^Exit fullscreen mode$/, 'gradio.small'],
  [/^Drop CSV or TSV files here to import data into dataframe$/, 'gradio.drop'],
  [/^Remove .*$/, 'gradio.remove'],
  [/^Clear$/, 'gradio.clear'],
  [/^Common$/, 'gradio.common'],
];
const NAMED = 'input, button, [role="toolbar"], .toolbar, .header-row, .icon-button, [title]';
const WAIT = 120;

/** @type {WeakMap<Node, { [place: string]: { english: string, shown: string } }>} */
const kept = new WeakMap();

/** @param {string} english */
function phrase(english) {
  for (const [pattern, key] of PHRASES) {
    const found = pattern.exec(english);
    if (found) return t(key, found.groups ?? {});
  }
  return null;
}

/**
 * @param {Node} node
 * @param {string} place
 * @param {string | null} now
 * @param {(text: string) => void} put
 */
function reword(node, place, now, put) {
  if (!now) return;
  const before = kept.get(node)?.[place];
  const english = before?.shown === now ? before.english : now;
  const shown = phrase(english.trim());
  if (shown === null || shown === now) return;
  kept.set(node, { ...kept.get(node), [place]: { english, shown } });
  put(shown);
}

function rewordAll() {
  for (const node of document.querySelectorAll(NAMED)) {
    if (node.closest('.lab-widget')) continue;
    for (const place of ['aria-label', 'title'])
      reword(node, place, node.getAttribute(place), (text) => node.setAttribute(place, text));
    if (node instanceof HTMLInputElement && node.type === 'checkbox' && node.title)
      node.title = node.closest('label')?.textContent?.trim() || node.title;
  }
  for (const hint of document.querySelectorAll('.drop-hint'))
    reword(hint, 'text', hint.textContent, (text) => {
      hint.textContent = text;
    });
}

/** Keep Gradio's own texts in the page's language. */
export function wireGradioWords() {
  /** @type {number | undefined} */
  let due;
  const later = () => {
    due ??= setTimeout(() => {
      due = undefined;
      rewordAll();
    }, WAIT);
  };
  new MutationObserver(later).observe(document.body, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ['aria-label', 'title'],
  });
  listen('language', later);
  later();
}
