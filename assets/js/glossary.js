// Marks the first mention of each glossary term in a note or caption, and shows its entry on hover and on focus.
//
// Only running text written by the lab is searched (PLACES), never tokens, answers or tables of data. A mark is a span
// around the words that were there; the entry stands in one shared tooltip. Text enters the page through textContent only.
import { h, listen, state } from './widget.js';

/** @import { GlossaryEntry } from './page.d.ts' */
/** @typedef {{ entries: Map<string, GlossaryEntry>, find: RegExp }} Known */

const PLACES =
  '.lab-note, .lab-caption, .lab-empty, .note-verdict, .card-rule, .card-open p, .card-legend, .models-why, .stage-quiet';
const MARK = 'lab-term';
const escaped = (/** @type {string} */ text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** @type {{ [language: string]: Known }} */
const patterns = {};
/** @type {WeakMap<Element, GlossaryEntry>} */
const meant = new WeakMap();
/** @type {HTMLElement | null} */
let tip = null;

/**
 * One pattern for all names of a language, longest first; Chinese has no spaces between words.
 * @param {string} language
 */
function pattern(language) {
  if (patterns[language]) return patterns[language];
  const entries = new Map();
  for (const entry of window.LAB_GLOSSARY?.[language] ?? [])
    for (const name of entry.names) entries.set(name.toLowerCase(), entry);
  const names = [...entries.keys()].sort((a, b) => b.length - a.length).map(escaped);
  if (!names.length) return null;
  const source =
    language === 'zh' ? `(${names.join('|')})` : `(?<![\\w-])(${names.join('|')})(?![\\w-])`;
  patterns[language] = { entries, find: new RegExp(source, 'i') };
  return patterns[language];
}

/** @param {Element} place */
function mark(place) {
  if (place.querySelector(`.${MARK}`)) return;
  const known = pattern(state.language);
  if (!known) return;
  /** @type {Set<GlossaryEntry>} */
  const seen = new Set();
  /** @type {Text[]} */
  const texts = [];
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  while (walker.nextNode())
    if (!walker.currentNode.parentElement?.closest('button, a, code, pre'))
      texts.push(/** @type {Text} */ (walker.currentNode));
  for (const start of texts) {
    let node = start;
    let from = 0;
    while (node) {
      const found = known.find.exec(node.data.slice(from));
      if (!found) break;
      const entry = known.entries.get(found[0].toLowerCase());
      if (!entry || seen.has(entry)) {
        from += found.index + found[0].length;
        continue;
      }
      seen.add(entry);
      const term = node.splitText(from + found.index);
      node = term.splitText(found[0].length);
      from = 0;
      const span = h(`span.${MARK}`, { tabindex: '0', 'aria-describedby': 'lab-tip' }, term.data);
      meant.set(span, entry);
      term.replaceWith(span);
    }
  }
}

/** @param {Element} span */
function show(span) {
  const entry = meant.get(span);
  if (!entry) return hide();
  tip ??= document.body.appendChild(
    h('div.lab-tip', { id: 'lab-tip', role: 'tooltip', hidden: true }),
  );
  tip.replaceChildren(h('span', {}, entry.text), entry.source ? h('small', {}, entry.source) : '');
  tip.hidden = false;
  const box = span.getBoundingClientRect();
  const below = box.bottom + tip.offsetHeight + 8 < window.innerHeight;
  tip.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${below ? box.bottom + 6 : box.top - tip.offsetHeight - 6}px`;
}

function hide() {
  if (tip) tip.hidden = true;
}

function start() {
  const again = () => document.querySelectorAll(PLACES).forEach(mark);
  /** @type {number | null} */
  let due = null;
  new MutationObserver(() => {
    due ??= requestAnimationFrame(() => {
      due = null;
      again();
    });
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
  const over = (/** @type {Event} */ { target }) =>
    target instanceof Element && target.classList.contains(MARK) ? show(target) : hide();
  document.addEventListener('mouseover', over);
  document.addEventListener('focusin', over);
  document.addEventListener('focusout', hide);
  document.addEventListener('keydown', (event) => event.key === 'Escape' && hide());
  listen('language', hide);
  again();
}

if (document.body) start();
else document.addEventListener('DOMContentLoaded', start);
