// Fills in the page's language what Python says: keys with values, see lab/words.py.
import { told } from './numbers.js';
import { state } from './state.js';

const OPEN = '\ue000';
const NAME = '\ue001';
const IS = '\ue002';
const CLOSE = '\ue003';
/** How what is no text but a number begins. */
const NUMERAL = '#';

/**
 * The text of a key, its {placeholders} filled.
 * @param {string} key
 * @param {{ [name: string]: unknown }} values
 */
export function t(key, values = {}) {
  const words = window.LAB_WORDS || {};
  const text = words[state.language]?.[key] ?? words.en?.[key] ?? key;
  return text.replace(/\{(\w+)(?:[:!][^{}]*)?\}/g, (all, name) =>
    name in values ? String(values[name]) : all,
  );
}

/**
 * What an agent is called: names of roles, numbered or not, are words of the page; a name that somebody gave stays.
 * @param {string} name
 */
export function agentName(name) {
  const [, role = name, number = ''] = /^(.*?)( \d+)?$/.exec(name) ?? [];
  return `agent.${role}` in (window.LAB_WORDS?.en ?? {}) ? t(`agent.${role}`) + number : name;
}

/**
 * The language of what a model read or said, for lang: the page's own says nothing about it.
 * @param {string} text
 */
export function tongue(text) {
  return /[\u3400-\u9fff]/.test(text) ? 'zh' : 'en';
}

/** @param {string} text */
function filledText(text) {
  let shown = text;
  for (let end = shown.indexOf(CLOSE); end >= 0; end = shown.indexOf(CLOSE)) {
    const start = shown.lastIndexOf(OPEN, end);
    const [key, ...pairs] = shown.slice(start + 1, end).split(NAME);
    const values = Object.fromEntries(pairs.map((pair) => pair.split(IS)));
    shown =
      shown.slice(0, Math.max(start, 0)) +
      (key.startsWith(NUMERAL) ? told(key.slice(1)) : t(key, values)) +
      shown.slice(end + 1);
  }
  return shown;
}

/**
 * A widget's value with its texts filled in; what holds none is the same object.
 * @template T
 * @param {T} value
 * @returns {T}
 */
export function filled(value) {
  if (typeof value === 'string')
    return /** @type {T} */ (value.includes(CLOSE) ? filledText(value) : value);
  if (!value || typeof value !== 'object' || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) {
    if (typeof value[0] === 'number') return value;
    const parts = value.map(filled);
    return /** @type {T} */ (parts.some((part, i) => part !== value[i]) ? parts : value);
  }
  const entries = Object.entries(value).map(([name, part]) => [name, filled(part)]);
  const held = /** @type {{ [name: string]: unknown }} */ (value);
  return entries.some(([name, part]) => part !== held[name]) ? Object.fromEntries(entries) : value;
}
