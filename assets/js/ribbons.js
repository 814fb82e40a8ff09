// Hand-overs between two rows of cards: a band in the writers' colours for memory, a dotted line for words.
import { agentName, changed, h, svg, t } from './widget.js';

/** @import { Hand, LaneView, LanesValue } from './types.d.ts' */
/** @typedef {{ hand: Hand, x: number, far: boolean }} Label */

const NARROW = 46;
const WIDE = 64;
const ROOM_BESIDE = 320; // a narrower lane draws its arrow at the left, so that the words fit beside it
const BESIDE = 34;
const MOST_BESIDE = 4; // more cards than that stand in two rows
const WIDEST = 34; // pixels of the arrow that hands over the largest cache

/**
 * How many of a stage's cards stand side by side.
 * @param {number} cards
 */
export function columnsOf(cards) {
  return cards > MOST_BESIDE ? Math.ceil(cards / 2) : cards;
}

/**
 * @param {HTMLElement} box
 * @param {LaneView} lane
 * @param {number} stage
 * @param {LanesValue} value
 */
export function drawRibbons(box, lane, stage, value) {
  const targets = lane.agents.filter((agent) => agent.stage === stage);
  const hands = lane.hands.filter((hand) => targets.some((agent) => agent.name === hand.target));
  const width = box.clientWidth || box.parentElement?.clientWidth || 400;
  redrawnWithWidth(box, () => drawRibbons(box, lane, stage, value));
  if (!changed(box, [hands, width, lane.agents.length, value.cache_max])) return;
  const sources = new Set(hands.map((hand) => hand.source)).size;
  const height = sources > 1 ? WIDE : NARROW;
  box.classList.toggle('wide', sources > 1);
  const picture = svg('svg', {
    viewBox: `0 0 ${width} ${height}`,
    'aria-hidden': 'true',
  });
  /** @type {Label[]} */
  const labels = [];
  const single = sources === 1 && targets.length === 1;
  const centre = (/** @type {string} */ name) => {
    const agent = lane.agents.find((a) => a.name === name);
    if (!agent) return width / 2;
    const row = lane.agents.filter((a) => a.stage === agent.stage);
    if (single && width < ROOM_BESIDE) return BESIDE;
    const columns = columnsOf(row.length);
    return (((row.indexOf(agent) % columns) + 0.5) * width) / columns;
  };
  /** @type {Set<string>} */
  const seen = new Set();
  for (const hand of hands) {
    const far = (lane.agents.find((a) => a.name === hand.source)?.stage ?? stage - 1) < stage - 1;
    const from = far ? 14 + 10 * seen.size : centre(hand.source);
    const to = centre(hand.target) + (far ? -24 : 0);
    picture.append(...drawn(hand, from, to, height, lane, value));
    const place = `${hand.source}|${hand.channel}`;
    // of two cards one above the other, the lower one's words are told
    const above = labels.findIndex((label) => !far && !label.far && label.x === from);
    if (!seen.has(place) && above >= 0) labels.splice(above, 1);
    if (!seen.has(place)) labels.push({ hand, x: from, far });
    seen.add(place);
  }
  box.replaceChildren(
    picture,
    ...labels.map((label) => caption(label, labels.length, width, lane)),
  );
  fit(box, width / labels.length);
}

/**
 * Captions that stand beside each other are written smaller where they would run into each other.
 * @param {HTMLElement} box
 * @param {number} room for each, in pixels
 */
function fit(box, room) {
  for (const label of /** @type {NodeListOf<HTMLElement>} */ (
    box.querySelectorAll('.ribbon-label.centred')
  )) {
    const strong = label.querySelector('strong');
    const over = label.offsetWidth / room;
    if (!strong || over <= 1) continue;
    strong.style.fontSize = `${Math.floor(parseFloat(getComputedStyle(strong).fontSize) / over)}px`;
  }
}

/** @type {WeakMap<Element, () => void>} */
const drawers = new WeakMap();
const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) drawers.get(target)?.();
});

/**
 * An arrow is as wide as its number says only in a picture that nobody stretches, so it is drawn
 * anew when the width of its box changes.
 * @param {HTMLElement} box
 * @param {() => void} draw
 */
function redrawnWithWidth(box, draw) {
  if (!drawers.has(box)) widths.observe(box);
  drawers.set(box, draw);
}

/** @param {Hand} hand */
function nothing(hand) {
  return hand.channel === 'kv' && hand.slots === 0;
}

/**
 * @param {Hand} hand
 * @param {number} from
 * @param {number} to
 * @param {number} height
 * @param {LaneView} lane
 * @param {LanesValue} value
 */
function drawn(hand, from, to, height, lane, value) {
  if (nothing(hand)) return cut(from, height);
  if (hand.channel === 'text') return dotted(from, to, height, lane.colors[hand.source]);
  return band(hand, from, to, height, lane, value);
}

/**
 * The ends of a line that was cut: nothing crosses.
 * @param {number} x
 * @param {number} height
 */
function cut(x, height) {
  const line = { stroke: 'var(--muted)', 'stroke-width': 2, fill: 'none' };
  const middle = height / 2;
  return [
    svg('path', { ...line, d: `M ${x} 0 V ${middle - 10} M ${x} ${middle + 10} V ${height}` }),
    svg('path', { ...line, d: `M ${x - 7} ${middle - 6} l 14 12 m 0 -12 l -14 12` }),
  ];
}

/**
 * @param {number} from
 * @param {number} to
 * @param {number} height
 */
function curve(from, to, height) {
  const bend = height > NARROW ? 0.72 : 0.55;
  return `M ${from} 0 C ${from} ${height * bend}, ${to} ${height * (1 - bend)}, ${to} ${height - 7}`;
}

/**
 * @param {number} from
 * @param {number} to
 * @param {number} height
 * @param {string} color
 */
function dotted(from, to, height, color) {
  return [
    svg('path', {
      d: curve(from, to, height),
      fill: 'none',
      stroke: color,
      'stroke-width': 2.5,
      'stroke-dasharray': '1 6',
      'stroke-linecap': 'round',
    }),
    svg('path', {
      d: `M ${to - 5} ${height - 8} L ${to + 5} ${height - 8} L ${to} ${height - 1} Z`,
      fill: color,
    }),
  ];
}

/**
 * A band whose stripes are the writers of the slots handed over, as wide as they are many.
 * @param {Hand} hand
 * @param {number} from
 * @param {number} to
 * @param {number} height
 * @param {LaneView} lane
 * @param {LanesValue} value
 */
function band(hand, from, to, height, lane, value) {
  /** @type {Map<string, number>} */
  const writers = new Map();
  const source = lane.agents.find((agent) => agent.name === hand.source);
  for (const { agent, length, kept } of source?.strip || [])
    if (kept) writers.set(agent, (writers.get(agent) || 0) + length);
  if (!writers.size) writers.set(hand.source, hand.slots || 1);
  const total = Array.from(writers.values()).reduce((a, b) => a + b, 0);
  const thick = Math.max(1, (WIDEST * hand.slots) / Math.max(1, value.cache_max));
  const parts = [];
  let offset = -thick / 2;
  for (const [writer, slots] of writers) {
    const share = (thick * slots) / total;
    const at = offset + share / 2;
    parts.push(
      svg('path', {
        d: curve(from + at, to + at, height),
        fill: 'none',
        stroke: lane.colors[writer] || 'currentColor',
        'stroke-width': share,
      }),
    );
    offset += share;
  }
  const half = thick / 2 + 4;
  parts.push(
    svg('path', {
      d: `M ${to - half} ${height - 8} L ${to + half} ${height - 8} L ${to} ${height - 1} Z`,
      fill: lane.colors[hand.source],
    }),
  );
  return parts;
}

/**
 * @param {Label} label
 * @param {number} count
 * @param {number} width
 * @param {LaneView} lane
 */
function caption({ hand, x, far }, count, width, lane) {
  const key = hand.channel === 'text' ? 'text' : 'kv';
  const { words, bytes, slots } = hand;
  const more = count === 1 ? h('small', {}, t(`lanes.handover.${key}_more`, { slots, bytes })) : '';
  const text = nothing(hand)
    ? h('span', {}, h('strong', {}, bytes), h('small', {}, t('lanes.handover.nothing')))
    : h('span', {}, h('strong', {}, t(`lanes.handover.${key}`, { words, bytes })), more);
  const label = h(
    'span.ribbon-label',
    { title: `${agentName(hand.source)} → ${agentName(hand.target)}` },
    far ? h('i', { style: { background: lane.colors[hand.source] } }) : null,
    text,
  );
  const single = count === 1;
  const left = single ? x + 24 : x;
  label.style.left = `${left}px`;
  if (single) label.style.maxWidth = `${width - left}px`;
  if (!single) label.classList.add('centred');
  return label;
}
