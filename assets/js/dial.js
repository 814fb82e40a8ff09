// The dial of latent steps: the thumb chooses m; answer and rate follow it at once, from values that were sent before.
import { changed, h, state, svg, t, tongue } from './widget.js';

/** @import { DialRate, DialStop, DialValue } from './types.d.ts' */
/** @import { Host } from './widget.js' */
/** @typedef {Host<'dial.js'> & { m?: number, record?: string, asked?: string }} DialHost */

const HEIGHT = 128;
const TOP = 10;
const BASE = 104;
/** Half the width of the thumb: the curve stands exactly above it. */
const EDGE = 10;

/** @param {DialHost} host */
export function draw(host) {
  const { value, root } = host;
  if (!value.stops.length) {
    clear(host);
    root.replaceChildren();
    return;
  }
  if (host.record !== value.record) {
    host.record = value.record;
    host.m = value.m ?? value.stops.length - 1;
  }
  if (changed(root, [value.record, value.lane, state.language])) frame(host);
  picture(host);
  told(host);
  show(host);
}

/** @param {DialHost} host */
export function clear(host) {
  delete host.root.dataset.key;
  host.record = undefined;
}

/** @param {DialHost} host */
function frame(host) {
  const { value, root } = host;
  const last = value.stops.length - 1;
  root.replaceChildren(
    h(
      'section.dial',
      { 'aria-label': t('dial.title') },
      h('header', {}, h('h3', {}, t('dial.title')), h('p.lab-note', {}, t('dial.about', { last }))),
      h(
        'div.dial-body',
        {},
        h(
          'div.dial-stage',
          {},
          h('div.dial-plot'),
          h('input.dial-m', {
            type: 'range',
            min: 0,
            max: last,
            step: 1,
            value: host.m,
            'aria-label': t('dial.m'),
            oninput: (/** @type {{ target: HTMLInputElement }} */ { target }) => {
              host.m = Number(target.value);
              show(host);
              if (value.measurable) measure(host);
            },
          }),
          h('div.dial-scale', { 'aria-hidden': 'true' }, ...scale(last)),
        ),
        h('div.dial-read', { 'aria-live': 'polite' }),
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

/**
 * What is missing is measured once for every record, and again if somebody asks.
 * @param {DialHost} host
 * @param {boolean} again
 */
function measure(host, again = false) {
  if ((host.asked === host.value.record && !again) || host.value.working) return;
  host.asked = host.value.record;
  host.trigger('measure', { record: host.value.record });
}

// --- the curve ------------------------------------------------------------------------------------------------

/** @param {DialHost} host */
function picture({ value, root }) {
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
    h('span.dial-axis', { style: { top: `${TOP - 8}px` } }, '100 %'),
    h('span.dial-axis', { style: { top: `${BASE - 8}px` } }, '0'),
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
  return [
    h(
      `div.dial-bound.${name}`,
      { style: { top: `${y(at)}px` } },
      h('span', {}, `${t(`dial.${name}`)} ${percent(at)}`),
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

/** @param {DialHost} host */
function show({ value, root, m = 0 }) {
  const find = (/** @type {string} */ name) =>
    /** @type {HTMLElement} */ (root.querySelector(name));
  const stop = value.stops[m];
  const last = value.stops.length - 1;
  for (const name of ['.dial-thumb', '.dial-dot']) find(name).style.left = place(m, last);
  if (stop.rate) find('.dial-dot').style.top = `${y(stop.rate.right / stop.rate.n)}px`;
  const input = /** @type {HTMLInputElement} */ (find('.dial-m'));
  if (Number(input.value) !== m) input.value = String(m);
  input.setAttribute(
    'aria-valuetext',
    [`m = ${m}`, stop.answer, rateText(stop.rate)].filter(Boolean).join(', '),
  );
  const truth = value.truth ? h('span', {}, `${t('lanes.truth')} ${value.truth}`) : null;
  const answer = stop.said ? stop.answer || t('lanes.no_answer') : '?';
  const size = stop.said ? t('dial.size', { n: stop.slots, bytes: stop.bytes }) : '';
  find('.dial-read').replaceChildren(
    h('p.dial-at', {}, h('b', {}, `m = ${m}`), m === value.m ? ` ${t('dial.this_run')}` : ''),
    h(
      'p.dial-answer',
      {},
      h('strong', { lang: tongue(answer) }, answer),
      verdict(stop.correct),
      truth,
    ),
    h('p.dial-rate', {}, rateText(stop.rate) || t('dial.no_rate')),
    h('p.dial-size', {}, size),
  );
}

/** @param {boolean | null} correct */
function verdict(correct) {
  if (correct === null) return null;
  return h(
    `b.${correct ? 'good' : 'bad'}`,
    {},
    correct ? `✓ ${t('lanes.right')}` : `✗ ${t('lanes.wrong')}`,
  );
}

/** @param {DialRate | null} rate */
function rateText(rate) {
  if (!rate) return '';
  const { right, n, low, high } = rate;
  return t('dial.rate', { right, n, low: Math.round(100 * low), high: Math.round(100 * high) });
}

/** @param {number} share */
function percent(share) {
  return `${Math.round(100 * share)} %`;
}

/** @param {DialHost} host */
function told(host) {
  const { value, root } = host;
  const box = /** @type {HTMLElement} */ (root.querySelector('.dial-told'));
  if (!changed(box, [value.measurable, value.working, value.told, value.record, state.language]))
    return;
  const button =
    value.measurable && !value.working
      ? h('button', { type: 'button', onclick: () => measure(host, true) }, t('dial.measure'))
      : null;
  const bounds = [
    value.nothing?.said ? t('dial.bound_nothing', { answer: value.nothing.answer || '–' }) : '',
    value.text?.said ? t('dial.bound_text', { answer: value.text.answer || '–' }) : '',
  ].filter(Boolean);
  box.replaceChildren(
    ...[
      bounds.length ? h('p.lab-note', {}, bounds.join(' · ')) : null,
      value.told ? h('p.dial-progress', { role: 'status' }, value.told) : null,
      button,
    ].filter((node) => node !== null),
  );
}
