// Fits a figure into its place: as many columns of words as can be read, words no wider than their cells, and on a phone
// no bar of colours that takes half of the picture, and fingers that scroll the page.

import { NARROW } from './narrow.js';

/** @typedef {{ [name: string]: any }} Loose */

/** Pixels that a column of words needs, and that rows' names and a bar of colours take. */
const COLUMN = 40;
const BESIDE = 170;
const BESIDE_NARROW = 120;
const FEWEST = 4;
const ELLIPSIS = '…';

/** Whether fingers point here: they scroll by dragging. */
export const byFinger = () => matchMedia('(pointer: coarse)').matches;

/**
 * The layout with as many columns of words as a place of this width can show.
 * @param {Loose} layout
 * @param {Loose[]} data
 * @param {number} width in pixels
 * @returns {Loose}
 */
export function columned(layout, data, width) {
  const out = byFinger() && !layout.scene ? { ...layout, dragmode: false } : layout;
  const words = data.some((trace) => trace.type === 'heatmap' && trace.texttemplate);
  const range = layout.xaxis?.range;
  if (!words || !range || layout.xaxis2 || !width) return out;
  const room = Math.floor((width - (width < NARROW ? BESIDE_NARROW : BESIDE)) / COLUMN);
  const most = Math.max(FEWEST, room);
  if (range[1] - range[0] <= most) return out;
  return { ...out, xaxis: { ...layout.xaxis, range: [range[0], range[0] + most] } };
}

/**
 * A slim bar of colours without a title, which the menu beside it says.
 * @param {Loose[]} data
 * @param {number} width in pixels
 * @returns {Loose[]}
 */
export function slim(data, width) {
  if (!width || width >= NARROW) return data;
  return data.map((trace) =>
    trace.type === 'heatmap' && trace.colorbar
      ? { ...trace, colorbar: { ...trace.colorbar, thickness: 8, title: { text: '' } } }
      : trace,
  );
}

/** @type {WeakMap<Element, string>} Words as they were before they were cut. */
const whole = new WeakMap();

/**
 * Words in cells that are too narrow for them are cut; all of it is in the hover text and in the table.
 * @param {Element} plot
 */
export function cutWords(plot) {
  for (const map of plot.querySelectorAll('.heatmaplayer')) {
    const words = [...map.querySelectorAll('.heatmap-label text')];
    const cell = cellWidth(words);
    if (!cell) continue;
    for (const word of words) {
      if (!whole.has(word)) whole.set(word, word.textContent ?? '');
      fit(/** @type {SVGTextElement} */ (word), whole.get(word) ?? '', cell - 2);
    }
  }
}

/**
 * How far the middles of neighbouring columns are apart.
 * @param {Element[]} words
 */
function cellWidth(words) {
  const places = [...new Set(words.map((word) => Math.round(Number(word.getAttribute('x')))))];
  places.sort((a, b) => a - b);
  const apart = places.slice(1).map((place, i) => place - places[i]);
  return apart.length ? Math.min(...apart) : 0;
}

/**
 * @param {SVGTextElement} word
 * @param {string} text
 * @param {number} room in pixels
 */
function fit(word, text, room) {
  if (word.textContent === text && word.getComputedTextLength() <= room) return;
  word.textContent = text;
  for (let kept = text.length; kept > 0 && word.getComputedTextLength() > room; kept -= 1)
    word.textContent = kept > 1 ? `${text.slice(0, kept - 1)}${ELLIPSIS}` : '';
}

/**
 * A title that would lie under the toolbar makes the toolbar stand above the figure.
 * @param {Element} plot
 */
export function clearTitle(plot) {
  const [title, bar] = ['.gtitle', '.modebar'].map((part) => plot.querySelector(part));
  if (!title || !bar || byFinger()) return;
  const { right } = title.getBoundingClientRect();
  plot.classList.toggle('under-bar', right > bar.getBoundingClientRect().left);
}
