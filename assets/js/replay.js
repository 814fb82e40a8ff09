// A run step by step: pictures that were stored as what each one changes, with pause, speed and a slider.
import { h, listen, setText, t } from './widget.js';

/**
 * See lab/panels/changes.py.
 * @typedef {object} Change
 * @property {unknown} [to]
 * @property {{ [key: string]: Change }} [at]
 * @property {number} [n]
 * @property {unknown[]} [more]
 */
/** @typedef {{ [key: string]: unknown }} Fields */

const SECONDS = 12;
const SPEEDS = [0.5, 1, 2, 4];

/**
 * The value after a change; what stays is shared with the old one, which stays as it is.
 * @param {unknown} old
 * @param {Change} change
 * @returns {unknown}
 */
export function applied(old, change) {
  if ('to' in change) return change.to;
  if (!change.at) return old;
  const out = Array.isArray(old)
    ? [...old.slice(0, change.n), ...(change.more ?? [])]
    : { .../** @type {Fields} */ (old) };
  const parts = /** @type {Fields} */ (out);
  for (const [key, one] of Object.entries(change.at)) parts[key] = applied(parts[key], one);
  return out;
}

/**
 * All pictures of a replay.
 * @param {unknown[]} stored the first picture, then changes
 */
export function pictures([first, ...changes]) {
  const out = [first];
  for (const change of changes) out.push(applied(out.at(-1), /** @type {Change} */ (change)));
  return out;
}

/**
 * The bar under which the lanes are drawn: play or pause, how fast, and a slider.
 * @param {number} last number of the last picture, counted from 0
 * @param {(at: number) => void} show
 */
export function replayBar(last, show) {
  let at = last;
  /** @type {number | undefined} */
  let timer;
  const play = h('button.replay-play', { type: 'button', onclick: toggle });
  const speed = h('select', { onchange: restart });
  speed.append(...SPEEDS.map((x) => h('option', { value: x, selected: x === 1 }, `${x} ×`)));
  const slider = h('input', { type: 'range', min: 0, max: last, value: last, oninput: scrub });
  const count = h('output', {});
  const box = h('div.replay', { role: 'group' }, play, speed, slider, count);

  /** @param {number} to */
  function go(to) {
    at = to;
    slider.value = String(at);
    setText(count, t('export.event', { n: at + 1, all: last + 1 }));
    show(at);
  }
  function stop() {
    clearInterval(timer);
    timer = undefined;
    label();
  }
  function run() {
    const pause = (1000 * SECONDS) / Math.max(1, last) / Number(speed.value);
    timer = setInterval(() => (at < last ? go(at + 1) : stop()), pause);
    label();
  }
  function toggle() {
    if (timer !== undefined) return stop();
    if (at === last) go(0);
    run();
  }
  function restart() {
    if (timer === undefined) return;
    stop();
    run();
  }
  function scrub() {
    stop();
    go(Number(slider.value));
  }
  function label() {
    setText(play, t(timer === undefined ? 'export.play' : 'export.pause'));
    speed.setAttribute('aria-label', t('export.speed'));
    slider.setAttribute('aria-label', t('export.at'));
    setText(count, t('export.event', { n: at + 1, all: last + 1 }));
  }
  listen('language', label);
  label();
  return box;
}
