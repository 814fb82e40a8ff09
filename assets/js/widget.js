// The frame around every widget: value in, one module draws, events out; one selection for the whole page.
//
// A module exports draw(host) and may export setup(host), called once. host = {
//   root      element to draw into; the frame empties it before an error or a hint is shown,
//   value     the JSON of this draw (host.value in setup is the first one),
//   trigger   (name, data) to Python,
//   select    (data) make something the page's selection: {point_id} or {moment, layer, lane, agent},
//   t         (key, values) text in the page's language,
//   onSelection (callback) called with every new selection of the page,
//   server    functions of the component's server_functions }
// Text enters the page through textContent only.

import { original, translated } from './phrases.js';

const bus = (window.labBus ??= new EventTarget());
export const state = (window.labState ??= { selection: null, language: localStorage.getItem('lab-language') || 'en' });

export function t(key, values = {}) {
  const words = window.LAB_WORDS || {};
  const text = words[state.language]?.[key] ?? words.en?.[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
}

export function announce(name, detail) {
  bus.dispatchEvent(new CustomEvent(name, { detail }));
}

export function listen(name, callback) {
  bus.addEventListener(name, (event) => callback(event.detail));
}

export function setSelection(selection) {
  state.selection = selection;
  announce('selection', selection);
}

export function setLanguage(language) {
  state.language = language;
  localStorage.setItem('lab-language', language);
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  announce('language', language);
}

export function isDark() {
  return document.body.classList.contains('dark');
}

export function isProjector() {
  return document.documentElement.classList.contains('projector');
}

// h('div.card', {title: '…', onclick: f, style: {…}}, child, 'text', …): an element; strings become text nodes.
export function h(tag, attributes = {}, ...children) {
  return build(document.createElement(tag.split('.')[0]), tag, attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return build(document.createElementNS('http://www.w3.org/2000/svg', tag.split('.')[0]), tag, attributes, children);
}

function build(node, tag, attributes, children) {
  const classes = tag.split('.').slice(1);
  if (classes.length) node.classList.add(...classes);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'style') for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
    else if (name === 'data') Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function mount(module, gradio) {
  const root = gradio.element.querySelector('.lab-widget');
  const host = {
    root,
    value: translated(gradio.props.value),
    trigger: (name, data) => gradio.trigger(name, original(data)),
    server: gradio.server,
    t,
    select(data) {
      gradio.trigger('pick', data);
      announce('picked', data);
    },
    onSelection(callback) {
      listen('selection', callback);
    },
  };
  let shown = null;
  const redraw = () => {
    host.value = translated(gradio.props.value);
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
  module.setup?.(host);
  gradio.watch('value', redraw);
  listen('language', redraw);
  redraw();
}
