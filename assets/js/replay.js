// A run step by step: pictures that were stored as what each one changes, with pause, speed and a slider.
import { h, setText, t } from './widget.js';

/** @import { LanesValue } from './types.d.ts' */

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
 * Numbers of the pictures in which somebody begins another kind of work, hands over or is done.
 * @param {unknown[]} steps
 */
export function turns(steps) {
  const all = /** @type {LanesValue[]} */ (steps);
  const told = all.map((value) =>
    value.lanes
      .map((lane) => [lane.done, lane.hands.length, ...lane.agents.map((agent) => agent.phase)])
      .join('|'),
  );
  return told.flatMap((text, i) => (i && text !== told[i - 1] ? [i] : []));
}

/**
 * The bar under which the lanes are drawn: play or pause, from turn to turn, how fast, and a slider.
 * @param {unknown[]} steps all pictures
 * @param {(at: number, playing: boolean) => void} show
 * @param {number} [first] the picture that is shown first; the last one if it is not said
 */
export function replayBar(steps, show, first = steps.length - 1) {
  const last = steps.length - 1;
  const stops = [0, ...turns(steps), last];
  let at = first;
  /** @type {number | undefined} */
  let timer;
  const play = h('button.replay-play', { type: 'button', id: 'button-replay', onclick: toggle });
  const jump = (/** @type {string} */ name, /** @type {string} */ sign, /** @type {number} */ to) =>
    h(`button.replay-turn.${name}`, { type: 'button', onclick: () => turn(to) }, sign);
  const [back, next] = [jump('back', '‹', -1), jump('next', '›', 1)];
  const speed = h('select', { onchange: restart });
  speed.append(...SPEEDS.map((x) => h('option', { value: x, selected: x === 1 }, `${x} ×`)));
  const slider = h('input', { type: 'range', min: 0, max: last, value: at, oninput: scrub });
  const count = h('output', {});
  const box = h('div.replay', { role: 'group' }, play, back, next, speed, slider, count);

  /** @param {number} to */
  function go(to) {
    at = to;
    slider.value = String(at);
    told();
    show(at, timer !== undefined);
  }
  function stop() {
    clearInterval(timer);
    timer = undefined;
    label();
  }
  function run() {
    const pause = (1000 * SECONDS) / Math.max(1, last) / Number(speed.value);
    timer = setInterval(() => {
      if (at + 1 >= last) stop();
      go(Math.min(last, at + 1));
    }, pause);
    label();
  }
  function start() {
    stop();
    run();
    go(0);
  }
  function toggle() {
    if (timer !== undefined) {
      stop();
      show(at, false);
    } else if (at === last) start();
    else run();
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
  /** @param {number} way */
  function turn(way) {
    stop();
    const there = way > 0 ? stops.find((one) => one > at) : stops.filter((one) => one < at).at(-1);
    if (there !== undefined) go(there);
  }
  function told() {
    setText(count, t('export.event', { n: at + 1, all: last + 1 }));
  }
  function label() {
    setText(
      play,
      `${timer === undefined ? '▶' : '❚❚'} ${t(timer === undefined ? 'export.play' : 'export.pause')}`,
    );
    speed.setAttribute('aria-label', t('export.speed'));
    slider.setAttribute('aria-label', t('export.at'));
    for (const [node, key] of /** @type {const} */ ([
      [back, 'export.back'],
      [next, 'export.next'],
    ])) {
      node.setAttribute('aria-label', t(key));
      node.title = t(key);
    }
    told();
  }
  label();
  return { box, start, stop, label };
}
