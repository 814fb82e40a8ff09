// Marks the first mention of each glossary term in everything that the lab says, and shows its entry on hover, focus and
// tap. What a model read or said bears `lang` and is left alone, as are tokens, codes and drawings.
//
// A mark is an element around the words that were there. Labels of Gradio's controls belong to Gradio: they are not taken
// apart, the label as a whole is the mark. The Tab key stops at the first mention in each tab and rail, not at every one.
import { h, listen, state } from './widget.js';

/** @import { GlossaryEntry } from './page.d.ts' */
/** @typedef {{ entries: Map<string, GlossaryEntry>, find: RegExp }} Known */

/** Within one of these a term is marked once. */
const PLACES = '.lab-widget, .prose';
const LABELS = 'span[data-testid="block-info"]';
/** What is no running text of the lab's, or is pressed as a whole. */
const NOT_HERE =
  '[lang]:not(html), button, a, code, pre, select, textarea, option, summary, svg, canvas, .lab-unseen, .lab-rail-item, .plain-table td, ' +
  '[role="img"], [role="button"], [role="tab"], [role="option"], [role="alert"], [aria-hidden="true"], .js-plotly-plot';
/** The Tab key stops once for each term in one of these. */
const SCOPES = '.tabitem, #lab-side, #lab-rail, #lab-header';
const MARK = 'lab-term';
const escaped = (/** @type {string} */ text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** @type {{ [language: string]: Known }} */
const patterns = {};
/** @type {WeakMap<Element, GlossaryEntry[]>} */
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

/**
 * @param {Element} place
 * @param {GlossaryEntry} entry
 */
function stopOf(place, entry) {
  const scope = place.closest(SCOPES) ?? document.body;
  const marks = scope.querySelectorAll(`.${MARK}[tabindex="0"]`);
  return [...marks].some((mark) => meant.get(mark)?.[0] === entry) ? '-1' : '0';
}

/** @param {Element} place */
function textsIn(place) {
  /** @type {Text[]} */
  const texts = [];
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, {
    acceptNode: (node) =>
      node instanceof Element && (node.matches(NOT_HERE) || node.classList.contains(MARK))
        ? NodeFilter.FILTER_REJECT
        : NodeFilter.FILTER_ACCEPT,
  });
  while (walker.nextNode())
    if (walker.currentNode instanceof Text && walker.currentNode.data.trim())
      texts.push(walker.currentNode);
  return texts;
}

/**
 * A text that stands alone in a row of boxes is one box: it stays one when a term in it becomes an element.
 * @param {Text} text
 */
function boxed(text) {
  const parent = text.parentElement;
  if (!parent || !/flex|grid/.test(getComputedStyle(parent).display)) return;
  const box = document.createElement('lab-text');
  text.replaceWith(box);
  box.append(text);
}

/**
 * @param {Element} place
 * @param {Known} known
 */
function mark(place, known) {
  if (place.closest(NOT_HERE)) return;
  const seen = new Set(
    [...place.querySelectorAll(`.${MARK}`)].flatMap((term) => meant.get(term) ?? []),
  );
  for (const start of textsIn(place)) {
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
      boxed(node);
      const term = node.splitText(from + found.index);
      node = term.splitText(found[0].length);
      from = 0;
      const span = h(
        `lab-term.${MARK}`,
        { tabindex: stopOf(place, entry), 'aria-describedby': 'lab-tip' },
        term.data,
      );
      meant.set(span, [entry]);
      term.replaceWith(span);
      if (!node.data) node.remove();
    }
  }
}

/**
 * @param {Element} label of a control of Gradio's
 * @param {Known} known
 */
function markLabel(label, known) {
  /** @type {GlossaryEntry[]} */
  const found = [];
  let rest = label.textContent ?? '';
  for (let hit = known.find.exec(rest); hit; hit = known.find.exec(rest)) {
    const entry = known.entries.get(hit[0].toLowerCase());
    if (entry && !found.includes(entry)) found.push(entry);
    rest = rest.slice(hit.index + hit[0].length);
  }
  label.classList.toggle(MARK, found.length > 0);
  if (!found.length) {
    meant.delete(label);
    return;
  }
  if (meant.get(label)?.[0] === found[0]) return;
  meant.set(label, found);
  label.setAttribute('tabindex', stopOf(label, found[0]));
  label.setAttribute('aria-describedby', 'lab-tip');
}

/** @param {Element} span */
function show(span) {
  const entries = meant.get(span);
  if (!entries) return hide();
  tip ??= document.body.appendChild(
    h('div.lab-tip', { id: 'lab-tip', role: 'tooltip', hidden: true }),
  );
  tip.replaceChildren(
    ...entries.flatMap((entry) => [
      h('span', {}, entry.text),
      entry.source ? h('small', {}, entry.source) : '',
    ]),
  );
  tip.hidden = false;
  const box = span.getBoundingClientRect();
  const below = box.bottom + tip.offsetHeight + 8 < window.innerHeight;
  tip.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${below ? box.bottom + 6 : box.top - tip.offsetHeight - 6}px`;
}

function hide() {
  if (tip) tip.hidden = true;
}

/**
 * The elements that hold one of some changed parts, or are held by one.
 * @param {Node[]} parts
 * @param {string} selector
 */
function within(parts, selector) {
  const found = new Set();
  for (const part of parts) {
    const element = part instanceof Element ? part : part.parentElement;
    const around = element?.closest(selector);
    if (around) found.add(around);
    else element?.querySelectorAll(selector).forEach((one) => found.add(one));
  }
  return /** @type {Set<Element>} */ (found);
}

function start() {
  /** @type {Set<Node>} */
  const changed = new Set([document.body]);
  const again = () => {
    const known = pattern(state.language);
    if (!known) return;
    const parts = [...changed].filter((part) => part.isConnected);
    changed.clear();
    for (const place of within(parts, PLACES)) mark(place, known);
    for (const label of within(parts, LABELS)) markLabel(label, known);
  };
  /** @type {ReturnType<typeof setTimeout> | null} */
  let due = null;
  // not at every frame: what moves is read when it rests; and only what has changed
  new MutationObserver((records) => {
    for (const record of records) changed.add(record.target);
    due ??= setTimeout(() => {
      due = null;
      again();
    }, 250);
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
  const over = (/** @type {Event} */ { target }) =>
    target instanceof Element && target.classList.contains(MARK) ? show(target) : hide();
  for (const name of ['mouseover', 'focusin', 'click']) document.addEventListener(name, over);
  document.addEventListener('focusout', hide);
  document.addEventListener('keydown', (event) => event.key === 'Escape' && hide());
  listen('language', hide);
  again();
}

if (document.body) start();
else document.addEventListener('DOMContentLoaded', start);
