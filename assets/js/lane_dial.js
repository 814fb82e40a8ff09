// The dial of latent steps on its lane: the thumb chooses m; the lane's answer, its rate and what it hands over follow.
import { percent } from './numbers.js';
import { changed, h, state, svg, t } from './widget.js';

/** @import { DialRate, DialStop, DialValue, Hand, LanesValue, LaneView, Rate } from './types.d.ts' */
/** @import { Dial } from './page.d.ts' */

const HEIGHT = 56;
const TOP = 4;
const BASE = 44;
/** Half the width of the thumb: the curve stands exactly above it. */
const EDGE = 10;

/**
 * The dial, if it is of this lane.
 * @param {LaneView} lane
 * @param {LanesValue} value
 * @returns {Dial | null}
 */
function dialOf(lane, value) {
  const { dial } = state;
  return dial && dial.value.record === value.record && dial.value.lane === lane.id ? dial : null;
}

/**
 * The number of latent steps that the thumb asks for, where that is not the run's own.
 * @param {LaneView} lane
 * @param {LanesValue} value
 */
export function turnedTo(lane, value) {
  const dial = lane.done ? dialOf(lane, value) : null;
  return dial && dial.m !== dial.value.m ? dial.m : null;
}

/**
 * The lane as it comes out with as many latent steps as the thumb says.
 * @param {LaneView} lane
 * @param {LanesValue} value
 * @returns {LaneView}
 */
export function dialled(lane, value) {
  const dial = lane.done ? dialOf(lane, value) : null;
  if (!dial) return lane;
  const stop = dial.value.stops[dial.m];
  const rate = rateOf(stop.rate);
  if (dial.m === dial.value.m) return { ...lane, rate: lane.rate ?? rate };
  const said = stop.said ? stop.answer : '?';
  const { correct } = stop;
  return { ...lane, answer: said, value: said, correct, rate, hands: handed(lane.hands, stop) };
}

/** @param {DialRate | null} rate @returns {Rate | null} */
function rateOf(rate) {
  return rate && { value: rate.right / rate.n, low: rate.low, high: rate.high, n: rate.n };
}

/**
 * One hand-over is as large as the dial says; of several, the last alone is known.
 * @param {readonly Hand[]} hands
 * @param {DialStop} stop
 * @returns {LaneView['hands']}
 */
function handed(hands, stop) {
  const { said, slots, bytes } = stop;
  const last = hands.length - 1;
  return hands.map((hand, i) =>
    said && i === last && hand.channel === 'kv' ? { ...hand, slots, bytes } : hand,
  );
}

/**
 * @param {HTMLElement} box
 * @param {LaneView} lane
 * @param {LanesValue} value
 */
export function drawDial(box, lane, value) {
  const dial = dialOf(lane, value);
  box.toggleAttribute('inert', !lane.done);
  if (!dial) {
    delete box.dataset.key;
    box.replaceChildren();
    return;
  }
  if (changed(box, [dial.value.record, dial.value.lane, dial.value.stops.length, state.language]))
    frame(box, dial);
  picture(box, dial.value);
  told(box, dial.value);
  follow(box, dial);
}

/**
 * @param {HTMLElement} box
 * @param {Dial} dial
 */
function frame(box, { value, m }) {
  const last = value.stops.length - 1;
  box.replaceChildren(
    h(
      'section.dial',
      { 'aria-label': t('dial.title') },
      h('p.dial-at', { title: t('dial.about', { last }) }),
      h(
        'div.dial-stage',
        {},
        h('div.dial-plot'),
        h('input.dial-m', {
          type: 'range',
          min: 0,
          max: last,
          step: 1,
          value: m,
          'aria-label': t('dial.m'),
          oninput: (/** @type {{ target: HTMLInputElement }} */ { target }) =>
            state.dial?.turn(Number(target.value)),
          onchange: () => state.dial?.rest(),
        }),
        h('div.dial-scale', { 'aria-hidden': 'true' }, ...scale(last)),
      ),
      h('div.dial-told'),
    ),
  );
}

/** @param {number} last */
function scale(last) {
  const step = last > 20 ? 10 : 5;
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, i) =>
    h('span', { style: { left: place(i * step, last) } }, i * step),
  );
}

/**
 * @param {number} m
 * @param {number} last
 */
function place(m, last) {
  return `calc(${EDGE}px + (100% - ${2 * EDGE}px) * ${m / last})`;
}

// --- the curve ------------------------------------------------------------------------------------------------

/**
 * @param {HTMLElement} root
 * @param {DialValue} value
 */
function picture(root, value) {
  const box = /** @type {HTMLElement} */ (root.querySelector('.dial-plot'));
  if (!changed(box, [value.stops, value.nothing, value.text, value.m, state.language])) return;
  const last = value.stops.length - 1;
  const rates = value.stops.map((stop) => stop.rate);
  const known = rates.every((rate) => rate !== null);
  const parts = [];
  if (known) {
    const all = /** @type {DialRate[]} */ (rates);
    const up = all.map((rate, m) => `${(100 * m) / last},${y(rate.high)}`);
    const down = all.map((rate, m) => `${(100 * m) / last},${y(rate.low)}`).reverse();
    const line = all.map((rate, m) => `${(100 * m) / last},${y(rate.right / rate.n)}`);
    parts.push(
      svg('polygon.dial-band', { points: [...up, ...down].join(' ') }),
      svg('polyline.dial-line', { points: line.join(' ') }),
    );
  }
  box.replaceChildren(
    svg(
      'svg',
      {
        viewBox: `0 0 100 ${HEIGHT}`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': described(value),
      },
      ...parts,
    ),
    known ? h('span.dial-top', { 'aria-hidden': 'true' }, t('dial.top')) : '',
    ...bound(value.text, 'text'),
    ...bound(value.nothing, 'nothing'),
    ...value.stops.map((stop, m) =>
      h(`i.dial-mark${stop.correct ? '.right' : ''}${stop.said ? '' : '.unknown'}`, {
        style: { left: place(m, last) },
      }),
    ),
    h('i.dial-thumb'),
    h('i.dial-dot', { hidden: !known }),
  );
}

/** @param {number} rate */
function y(rate) {
  return BASE - (BASE - TOP) * rate;
}

/**
 * @param {DialStop | null} stop
 * @param {'text' | 'nothing'} name
 */
function bound(stop, name) {
  if (!stop?.rate) return [];
  const at = stop.rate.right / stop.rate.n;
  const said = stop.said ? t(`dial.bound_${name}`, { answer: stop.answer || '–' }) : null;
  return [
    h(
      `div.dial-bound.${name}`,
      {
        style: { top: `${y(at)}px` },
        title: [said, rateText(stop.rate)].filter(Boolean).join(' · '),
      },
      h('span', {}, t(`dial.${name}`)),
    ),
  ];
}

/** @param {DialValue} value */
function described({ stops }) {
  const { rate } = stops[stops.length - 1];
  const first = stops[0].rate;
  if (!rate || !first) return t('dial.title');
  return t('dial.described', {
    first: percent(first.right / first.n),
    last: percent(rate.right / rate.n),
    m: stops.length - 1,
    n: rate.n,
  });
}

// --- what follows the thumb -----------------------------------------------------------------------------------

/**
 * @param {HTMLElement} root
 * @param {Dial} dial
 */
function follow(root, { value, m }) {
  const find = (/** @type {string} */ name) =>
    /** @type {HTMLElement} */ (root.querySelector(name));
  const stop = value.stops[m];
  const last = value.stops.length - 1;
  for (const name of ['.dial-thumb', '.dial-dot']) find(name).style.left = place(m, last);
  if (stop.rate) find('.dial-dot').style.top = `${y(stop.rate.right / stop.rate.n)}px`;
  const input = /** @type {HTMLInputElement} */ (find('.dial-m'));
  if (Number(input.value) !== m) input.value = String(m);
  const said = stop.said ? stop.answer || t('lanes.no_answer') : '?';
  input.setAttribute(
    'aria-valuetext',
    [`m = ${m}`, said, rateText(stop.rate)].filter(Boolean).join(', '),
  );
  find('.dial-at').replaceChildren(
    h('b', {}, `m = ${m}`),
    h('span', {}, m === value.m ? t('dial.this_run') : t('dial.turned', { m: value.m ?? '?' })),
  );
}

/** @param {DialRate | null} rate */
function rateText(rate) {
  if (!rate) return '';
  const { right, n, low, high } = rate;
  return t('dial.rate', { right, n, low: Math.round(100 * low), high: Math.round(100 * high) });
}

/**
 * @param {HTMLElement} root
 * @param {DialValue} value
 */
function told(root, value) {
  const box = /** @type {HTMLElement} */ (root.querySelector('.dial-told'));
  if (!changed(box, [value.measurable, value.working, value.told, value.record, state.language]))
    return;
  const button =
    value.measurable && !value.working
      ? h('button', { type: 'button', onclick: () => state.dial?.measure() }, t('dial.measure'))
      : null;
  const unknown = value.stops.every(({ rate }) => rate === null) ? t('dial.no_rate') : '';
  box.replaceChildren(
    ...[
      unknown ? h('p.lab-note.dial-rate', {}, unknown) : null,
      value.told ? h('p.dial-progress', { role: 'status' }, value.told) : null,
      button,
    ].filter((node) => node !== null),
  );
}
