// Break it: sender and receiver as two stacks of layers with a cable between them; beside it the three answers.
import { notebookAt } from './command.js';
import { numeral } from './numbers.js';
import { h, svg, t, tongue } from './widget.js';

/** @import { StageAnswer, StageProblem, StageRate, StageValue, StageWord } from './types.d.ts' */
/** @import { Host } from './widget.js' */
/** @typedef {Host<'stage.js'> & { busy?: boolean }} Stage */
/** @typedef {StageWord & { times: number, until: number }} Run equal neighbours, as one word with a count */

const W = 284,
  BOX = 104,
  LEFT = 4,
  RIGHT = W - BOX - 4,
  TOP = 42,
  MOST_HIGH = 520;

// Height of one layer: calm for small models, close together for deep ones, which name every fourth layer only.
/** @param {number} most */
const stepOf = (most) => Math.max(12, Math.min(34, MOST_HIGH / (most + 1)));
/**
 * @param {number} layer
 * @param {number} layers
 * @param {number} most
 * @param {boolean} on
 */
const named = (layer, layers, most, on) =>
  on ||
  stepOf(most) >= 20 ||
  layer === 0 ||
  layer === layers ||
  (layer % 4 === 0 && layers - layer > 2);

/**
 * @param {number} layer
 * @param {number} layers
 * @param {Stage['t']} t
 */
function name(layer, layers, t) {
  if (layer === 0) return t('break.embedding');
  return layer === layers ? t('break.last', { n: layer }) : t('break.layer', { n: layer });
}

/**
 * @param {number} layer
 * @param {number} layers
 * @param {number} most
 */
const y = (layer, layers, most) =>
  TOP + (most - layer) * stepOf(most) + ((layers - most) * stepOf(most)) / 2;
/** @param {number} most */
const high = (most) => stepOf(most) - (stepOf(most) > 20 ? 8 : 2);

/**
 * @param {Stage} host
 * @param {'sender' | 'receiver'} side
 * @param {StageValue} v
 * @param {number} most
 */
function stack(host, side, v, most) {
  const { layers, title } = v[side];
  const chosen = side === 'sender' ? v.layer_read : v.layer_written;
  const x = side === 'sender' ? LEFT : RIGHT;
  const boxes = [];
  for (let layer = layers; layer >= 0; layer -= 1) {
    const pick = () => host.trigger('layer', { side, layer });
    const on =
      v.channel === 'latent' ? layer === chosen : v.channel === 'kv' && v.chosen[side] === layer;
    boxes.push(
      svg(
        `g.stage-layer${on ? '.on' : ''}`,
        {
          role: 'button',
          tabindex: 0,
          'aria-pressed': on,
          'aria-label': `${title}: ${name(layer, layers, host.t)}`,
          onclick: pick,
          onkeydown: (/** @type {KeyboardEvent} */ e) =>
            (e.key === 'Enter' || e.key === ' ') && (e.preventDefault(), pick()),
        },
        svg('rect', {
          x,
          y: y(layer, layers, most),
          width: BOX,
          height: high(most),
          rx: Math.min(5, high(most) / 3),
        }),
        svg(
          'text',
          {
            x: x + BOX / 2,
            y: y(layer, layers, most) + high(most) / 2 + 4,
            'text-anchor': 'middle',
          },
          named(layer, layers, most, on) ? name(layer, layers, host.t) : '',
        ),
      ),
    );
  }
  return [
    svg('text.stage-name', { x: x + BOX / 2, y: 24, 'text-anchor': 'middle' }, title),
    ...boxes,
  ];
}

/**
 * @param {StageValue} v
 * @param {number} from
 * @param {number} to
 * @param {number} most
 * @param {boolean} thin
 */
function cable(v, from, to, most, thin) {
  const y1 = y(from, v.sender.layers, most) + high(most) / 2,
    y2 = y(to, v.receiver.layers, most) + high(most) / 2;
  const x1 = LEFT + BOX,
    x2 = RIGHT,
    mid = (x1 + x2) / 2;
  return svg(`path.stage-cable${v.broken ? '.broken' : ''}`, {
    d: `M${x1},${y1} C${mid},${y1} ${mid},${y2} ${x2},${y2}`,
    stroke: v.color,
    'stroke-width': thin ? 2 : 4,
  });
}

/**
 * @param {StageValue} v
 * @param {number} most
 */
function cables(v, most) {
  if (v.channel === 'latent') return [cable(v, v.layer_read, v.layer_written, most, false)];
  if (v.channel === 'text' || v.channel === 'ids')
    return [cable(v, v.sender.layers, 0, most, false)];
  if (v.channel !== 'kv') return [];
  const out = [];
  for (let layer = 1; layer <= v.receiver.layers; layer += 1) {
    const from =
      ((((layer - 1 + v.shift) % v.sender.layers) + v.sender.layers) % v.sender.layers) + 1;
    if (from <= v.sender.layers) out.push(cable(v, from, layer, most, true));
  }
  return out;
}

/** @param {Stage} host */
function picture(host) {
  const v = host.value,
    most = Math.max(v.sender.layers, v.receiver.layers),
    height = TOP + (most + 1) * stepOf(most) + 30;
  return svg(
    'svg.stage-svg',
    { viewBox: `0 0 ${W} ${height}`, role: 'group', 'aria-label': host.t('break.stage') },
    ...cables(v, most),
    ...stack(host, 'sender', v, most),
    ...stack(host, 'receiver', v, most),
    svg(
      'text.stage-channel',
      { x: W / 2, y: height - 8, 'text-anchor': 'middle' },
      `${v.channel_word}${v.change ? ` · ${v.change}` : ''}`,
    ),
  );
}

/**
 * @param {Stage} host
 * @param {StageRate | null} r
 */
function rate(host, r) {
  if (!r) return null;
  /** @param {number} x */
  const at = (x) => `${100 * x}%`;
  return h(
    'div.stage-rate',
    {
      title: host.t('break.rate_title', {
        low: Math.round(100 * r.low),
        high: Math.round(100 * r.high),
      }),
    },
    h(
      'span.stage-meter',
      { 'aria-hidden': true },
      h('i.stage-fill', { style: { width: at(r.right / r.n) } }),
      h('i.stage-range', { style: { left: at(r.low), width: at(r.high - r.low) } }),
    ),
    h('span', {}, host.t('break.rate', { right: r.right, n: r.n })),
  );
}

/**
 * @param {Stage} host
 * @param {'correct' | 'this' | 'none'} key
 * @param {StageAnswer | undefined} card
 */
function answer(host, key, card) {
  const title = h('h4', {}, host.t(`break.${key}`));
  if (!card)
    return h(`div.stage-answer.${key}`, {}, title, h('p.stage-quiet', {}, host.t('break.not_yet')));
  if (card.hidden)
    return h(
      `div.stage-answer.${key}`,
      {},
      title,
      h('p.stage-said', {}, '?'),
      h('p.stage-quiet', {}, host.t('break.predict_first')),
    );
  if (card.refused)
    return h(
      `div.stage-answer.told.${key}.refused`,
      {},
      title,
      h('p.stage-quiet', {}, card.refused),
    );
  return h(
    `div.stage-answer.told.${key}.${card.right ? 'right' : 'wrong'}`,
    {},
    title,
    h('p.stage-said', {}, card.answer || '∅', h('span.stage-mark', {}, card.right ? ' ✓' : ' ✗')),
    h('p.stage-figures', {}, `NLL ${numeral(card.nll)} ${host.t('unit.nats')}`),
    h('p.stage-figures', {}, `KL ${numeral(card.kl)} ${host.t('unit.nats')}`),
    rate(host, card.rate),
  );
}

/**
 * Equal neighbours become one word with a count: idle steps at the end of a thought are many and say the same.
 * @param {StageWord[]} rows
 */
function runs(rows) {
  /** @type {Run[]} */
  const out = [];
  for (const r of rows) {
    const last = out[out.length - 1];
    if (last && last.said === r.said && last.heard === r.heard) {
      last.times += 1;
      last.until = r.step;
    } else out.push({ ...r, times: 1, until: r.step });
  }
  return out;
}

/** @param {Run} r */
function word(r) {
  const same = r.heard !== null && r.heard.trim() === r.said.trim();
  const steps = r.times > 1 ? `${r.step}–${r.until}` : r.step;
  const tile = h(
    `div.stage-word${r.heard === null ? '' : same ? '.same' : '.other'}`,
    {
      role: 'listitem',
      title: `${steps}: p ${numeral(r.p)}${r.cosine === null ? '' : `, ${t('mech.cosine', { n: numeral(r.cosine) })}`}`,
    },
    h('b', { lang: tongue(r.said) }, r.said.trim() || '␣'),
    r.heard === null ? null : h('i', { lang: tongue(r.heard) }, r.heard.trim() || '␣'),
  );
  return r.times > 1 ? [tile, h('span.stage-times', {}, `× ${r.times}`)] : [tile];
}

/**
 * @param {Stage} host
 * @param {StageWord[]} rows
 */
function lens(host, rows) {
  if (!rows.length) return null;
  return h(
    'div.stage-lens',
    {},
    h('h4', {}, host.t('break.lens')),
    h('div.stage-words', { role: 'list' }, ...runs(rows).flatMap(word)),
    h('p.stage-quiet', {}, host.t('break.lens_note')),
  );
}

/**
 * @param {Stage} host
 * @param {StageProblem | null} problem
 */
function asked(host, problem) {
  if (!problem) return null;
  const { facts, question, truth } = problem;
  return h(
    'p.stage-problem',
    {},
    h('span', {}, host.t('break.sees_facts')),
    ' ',
    h('span.stage-text', { lang: tongue(facts) }, facts),
    ' ',
    h('br'),
    h('span', {}, host.t('break.both')),
    ' ',
    h('span.stage-text', { lang: tongue(question) }, question),
    ' ',
    h('b', {}, host.t('break.truth', { x: truth })),
    ' ',
    notebookAt(host.t, 'lab/break-it.ipynb', 'break-it'),
  );
}

/** @param {Stage} host */
export function draw(host) {
  const v = host.value;
  const r = v.result;
  const answering = Boolean(v.busy || host.busy);
  host.busy = Boolean(v.busy);
  host.root.replaceChildren(
    h(
      'div.break-stage',
      { 'aria-live': 'polite' },
      h('div.stage-left', {}, picture(host)),
      h(
        'div.stage-right',
        {},
        asked(host, r ?? v.problem),
        h(
          'div.stage-answers',
          {},
          answer(host, 'correct', r?.correct),
          answer(host, 'this', r?.this),
          answer(host, 'none', r?.none),
        ),
        v.busy ? h('p.stage-busy', {}, v.busy) : null,
        r && !r.this.hidden ? lens(host, r.lens) : null,
      ),
    ),
  );
  if (answering) host.root.querySelector('.stage-answers')?.scrollIntoView({ block: 'nearest' });
}
