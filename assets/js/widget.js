// The frame around every widget: value in, one module draws, events out; one selection for the whole page.
//
// A module exports draw(host) and may export setup(host), called once, and clear(host), called before
// a sentence takes the place of the picture. Text enters the page through textContent only.

import { keepFocus } from './focus.js';
import { lookAsked, state, tellLanguage } from './state.js';
import { agentName, filled, t, tongue } from './words.js';

/** @import { Pick, Selection, Widgets } from './types.d.ts' */
/** @import { Gradio } from './page.d.ts' */

/**
 * What a module is given.
 * @template {keyof Widgets} M
 * @typedef {object} Host
 * @property {HTMLElement} root element to draw into
 * @property {Widgets[M]['value']} value of this draw (in setup, the first one)
 * @property {<E extends keyof Widgets[M]['events']>(name: E, data: Widgets[M]['events'][E]) => void} trigger to Python
 * @property {(data: Pick) => void} select make something the page's selection
 * @property {typeof t} t text in the page's language
 * @property {(callback: (selection: Selection | null) => void) => void} onSelection every new selection of the page
 */

/**
 * @template {string} N
 * @typedef {N extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[N] : HTMLElement} ByName
 */
/**
 * The element that h(tag) makes.
 * @template {string} T
 * @typedef {T extends `${infer N}.${string}` ? ByName<N> : ByName<T>} Made
 */
/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {{ [on: `on${string}`]: (event: any) => void, [name: string]: unknown }} Attributes */

const bus = (window.labBus ??= new EventTarget());

export { agentName, lookAsked, state, t, tongue };

/**
 * @param {string} name
 * @param {unknown} [detail]
 */
export function announce(name, detail) {
  bus.dispatchEvent(new CustomEvent(name, { detail }));
}

/**
 * @param {string} name
 * @param {(detail: any) => void} callback
 */
export function listen(name, callback) {
  bus.addEventListener(name, (event) =>
    callback(/** @type {CustomEvent<unknown>} */ (event).detail),
  );
}

/** @param {Selection | null} selection */
export function setSelection(selection) {
  state.selection = selection;
  announce('selection', selection);
}

/** @param {string} language */
export function setLanguage(language) {
  state.language = language;
  localStorage.setItem('lab-language', language);
  tellLanguage();
  announce('language', language);
}

/** @param {string} numbers simple or exact */
export function setNumbers(numbers) {
  state.numbers = numbers;
  localStorage.setItem('lab-numbers', numbers);
  announce('numbers', numbers);
}

export function isDark() {
  return document.body.classList.contains('dark');
}

export function isProjector() {
  return document.documentElement.classList.contains('projector');
}

/**
 * An element: h('div.card', {title: '…', onclick: f, style: {…}}, child, 'text', …); strings become text nodes.
 * @template {string} T
 * @param {T} tag
 * @param {Attributes} attributes
 * @param {...(Child | Child[])} children
 * @returns {Made<T>}
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag.split('.')[0]);
  return /** @type {Made<T>} */ (build(node, tag, attributes, children));
}

/**
 * The same for a drawing.
 * @param {string} tag
 * @param {Attributes} attributes
 * @param {...(Child | Child[])} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag.split('.')[0]);
  return build(/** @type {SVGElement} */ (node), tag, attributes, children);
}

/**
 * @template {HTMLElement | SVGElement} E
 * @param {E} node
 * @param {string} tag
 * @param {Attributes} attributes
 * @param {(Child | Child[])[]} children
 * @returns {E}
 */
function build(node, tag, attributes, children) {
  const classes = tag.split('.').slice(1);
  if (classes.length) node.classList.add(...classes);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on'))
      node.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (name === 'style')
      for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
    else if (name === 'data') Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat())
    if (child !== null && child !== undefined && child !== false) node.append(asNode(child));
  return node;
}

/** @param {Node | string | number} child */
function asNode(child) {
  return typeof child === 'number' ? String(child) : child;
}

/**
 * @param {Element} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * A box keeps what it shows until its data is another: true if it must be drawn again.
 * @param {HTMLElement} box
 * @param {unknown} data
 */
export function changed(box, data) {
  const key = JSON.stringify([data, state.numbers]);
  if (box.dataset.key === key) return false;
  box.dataset.key = key;
  return true;
}

/**
 * The live page holds values as JSON, which Gradio clones at no cost; the exported page as they are.
 * @param {any} value
 */
function read(value) {
  if (value === '') return null; // Gradio's word for nothing
  return typeof value === 'string' ? JSON.parse(value) : value;
}

/**
 * @param {{ draw: (host: any) => void, setup?: (host: any) => void, clear?: (host: any) => void }} module
 * @param {Gradio} gradio
 */
export function mount(module, gradio) {
  const root = /** @type {HTMLElement} */ (gradio.element.querySelector('.lab-widget'));
  const host = {
    root,
    value: filled(read(gradio.props.value)),
    trigger: gradio.trigger,
    t,
    /** @param {Pick} data */
    select(data) {
      gradio.trigger('pick', data);
    },
    /** @param {(selection: Selection | null) => void} callback */
    onSelection(callback) {
      listen('selection', callback);
    },
  };
  /** @type {'sentence' | 'picture' | null} */
  let shown = null;
  const redraw = () => {
    host.value = filled(read(gradio.props.value));
    const sentence = host.value?.error || host.value?.empty;
    const mode = sentence ? 'sentence' : 'picture';
    if (mode !== shown) {
      module.clear?.(host);
      root.replaceChildren();
      shown = mode;
    }
    if (sentence) {
      const kind = host.value.error ? 'lab-error' : 'lab-empty';
      root.replaceChildren(h(`p.${kind}`, { role: host.value.error ? 'alert' : 'note' }, sentence));
    } else if (host.value !== null && host.value !== undefined) {
      module.draw(host);
    }
  };
  keepFocus();
  module.setup?.(host);
  gradio.watch('value', redraw);
  listen('language', redraw);
  listen('numbers', redraw);
  redraw();
}
