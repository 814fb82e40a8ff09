// @ts-nocheck
// Shows in the page's language what Python says in English.
//
// Python speaks one language (records, captions and the command line are English), so that what it makes can be cached
// and shared. Its texts come from assets/words/en; here each one that is known, its {placeholders} filled, is exchanged for
// the text of the same key in the page's language. What is not known stays as it is: names, tokens, code.
import { state } from './widget.js';

// Fields of widgets' values that hold what models and users wrote, or no text at all: never exchanged.
const DATA = new Set([
  'tokens',
  'token',
  'words',
  'word',
  'top',
  'answer',
  'question',
  'facts_text',
  'said',
  'prompt',
  'truth',
  'customdata',
  'id',
  'ids',
  'color',
  'colors',
  'type',
  'mode',
  'point_id',
  'record',
  'symbol',
  'bdata',
  'dtype',
  'command',
  'key',
  'agent',
  'lane',
  'host',
  'kind',
  'kinds',
  'status',
  'state',
  'phase',
  'channel',
  'condition',
  'fate',
  'light',
  'schedule',
  'method',
  'side',
]);
const SEPARATORS = /(<br>|\n| · |; )/;
const LONGEST = 2000;
const HOLE = /\{\w+(?:[:!][^{}]*)?\}/;
let known = null;

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function compile(pairs) {
  const exact = new Map();
  const patterns = [];
  for (const [english, other] of pairs) {
    if (!HOLE.test(english)) {
      exact.set(english, other);
      continue;
    }
    const names = [];
    const source = english.split(/(\{\w+(?:[:!][^{}]*)?\})/).map((part) => {
      const name = /^\{(\w+)(?:[:!][^{}]*)?\}$/.exec(part)?.[1];
      if (!name) return escaped(part);
      names.push(name);
      return '([^]*?)';
    });
    const literal = english.split(HOLE).sort((a, b) => b.length - a.length)[0];
    if (literal.trim().length < 2) continue;
    patterns.push({ find: new RegExp(`^${source.join('')}$`), names, other, literal });
  }
  patterns.sort((a, b) => b.literal.length - a.literal.length);
  return { exact, patterns, seen: new Map() };
}

function whole(text) {
  if (known.exact.has(text)) return known.exact.get(text);
  for (const { find, names, other, literal } of known.patterns) {
    const found = text.includes(literal) && find.exec(text);
    if (found)
      return other.replace(/\{(\w+)\}/g, (all, name) =>
        names.includes(name) ? phrase(found[names.indexOf(name) + 1]) : all,
      );
  }
  return null;
}

// The text in the page's language: as a whole, or part by part between line breaks, dots and semicolons.
export function phrase(text) {
  if (!text || state.language === 'en' || text.length > LONGEST || !/[A-Za-z]{2}/.test(text))
    return text;
  known ??= compile(window.LAB_PHRASES ?? []);
  if (!known.seen.has(text)) {
    if (known.seen.size > 20000) known.seen.clear();
    const parts = text.split(SEPARATORS);
    known.seen.set(
      text,
      whole(text) ??
        (parts.length > 1
          ? parts.map((part) => (SEPARATORS.test(part) ? part : phrase(part))).join('')
          : text),
    );
  }
  return known.seen.get(text);
}

// A widget's value with its texts in the page's language; the value itself is left alone.
export function translated(value) {
  if (state.language === 'en') return value;
  if (typeof value === 'string') return phrase(value);
  if (Array.isArray(value)) return value.map(translated);
  if (value && typeof value === 'object' && !ArrayBuffer.isView(value))
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [
        name,
        DATA.has(name) && !(part && typeof part === 'object' && 'title' in part)
          ? part
          : translated(part),
      ]),
    );
  return value;
}

// What was shown, back to what Python said: a click may carry a name that it shows.
export function original(value) {
  if (state.language === 'en' || !known) return value;
  if (typeof value === 'string') {
    for (const [english, shown] of known.seen) if (shown === value) return english;
    return value;
  }
  if (Array.isArray(value)) return value.map(original);
  if (value && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, original(part)]));
  return value;
}
