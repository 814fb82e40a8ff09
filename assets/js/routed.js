// Whom a routed lane asks and why; unticked or ticked by hand, the run is done again with both choices side by side.
import { agentName, changed, h, state, t } from './widget.js';

/** @import { CandidateView, LaneView, RoutingView } from './types.d.ts' */
/** @import { Host } from './widget.js' */

/**
 * @param {HTMLElement} node
 * @param {LaneView} lane
 * @param {Host<'lanes.js'>} host
 */
export function drawRouting(node, lane, { value, trigger }) {
  const { routing } = lane;
  const { record } = value;
  if (!changed(node, [routing, lane.done, record, state.language])) return;
  if (!routing) {
    node.replaceChildren();
    return;
  }
  if (routing.learning) {
    node.replaceChildren(h('p.lab-note', {}, t('routed.learning', { ...routing.learning })));
    return;
  }
  const asked = routing.candidates.filter((one) => one.asked).length;
  const n = routing.candidates.length;
  // an exported page has nobody to ask
  const open = lane.done && record && document.getElementById('lab-tabs');
  const ask = (/** @type {number[]} */ chosen, /** @type {number} */ k) => {
    if (record) trigger('ask', { record, lane: lane.id, chosen, k });
  };
  const list = h('ul.routed-list', {}, ...routing.candidates.map((one) => row(one, Boolean(open))));
  node.replaceChildren(
    h('p.routed-asked', {}, h('strong', {}, t('routed.asked', { asked, n })), sure(routing)),
    list,
    ...(open ? [overrule(list, asked, n, ask)] : []),
    saved(routing),
    routing.learned
      ? h('p.lab-note', {}, t('routed.learned', { n: routing.learned }))
      : h('p.lab-note', {}, t('routed.blind')),
  );
}

/** @param {RoutingView} routing */
function sure({ sure: chance }) {
  if (chance === null) return '';
  return ` ${t('routed.sure', { chance: percent(chance) })}`;
}

/** @param {number} share */
function percent(share) {
  return `${Math.round(100 * share)} %`;
}

/**
 * @param {CandidateView} one
 * @param {boolean} open whether it can be changed
 */
function row(one, open) {
  const name = agentName(one.agent);
  const told = h(
    'span.routed-who',
    {},
    h('b', {}, name),
    ' ',
    h('span.agent-host', { title: one.host }, one.host),
  );
  const tick = open
    ? h('input', { type: 'checkbox', checked: one.asked, 'aria-label': `${name}, ${one.host}` })
    : h('span', { 'aria-hidden': 'true' }, one.asked ? '✓' : '–');
  return h(
    `li${one.asked ? '.asked' : ''}`,
    {},
    h('label', {}, tick, told, one.chance === null ? '' : bar(one.chance, one.rate)),
    one.words.length
      ? h('p.routed-why', {}, ...one.words.map(({ word, logit }) => weight(word, logit)))
      : '',
  );
}

/**
 * @param {number} chance
 * @param {number | null} rate
 */
function bar(chance, rate) {
  const title = t('routed.bar', { chance: percent(chance), rate: percent(rate ?? 0) });
  return h(
    'span.routed-chance',
    { title },
    h(
      'span.routed-bar',
      {},
      h('i', { style: { width: `${100 * chance}%` } }),
      rate === null ? '' : h('u', { style: { left: `${100 * rate}%` } }),
    ),
    percent(chance),
  );
}

/**
 * @param {string} word
 * @param {number} logit
 */
function weight(word, logit) {
  const size =
    Math.abs(logit) < 0.05 ? '0' : `${logit > 0 ? '+' : '−'}${Math.abs(logit).toFixed(1)}`;
  return h('span', { title: t('routed.logit') }, h('q', { lang: 'en' }, word), ` ${size} `);
}

/** @param {RoutingView} routing */
function saved({ saved: both }) {
  if (!both) return '';
  const share = Math.round(100 * (1 - both.tokens / both.all));
  const key = share >= 0 ? 'routed.saved' : 'routed.spent';
  return h('p.routed-saved', {}, t(key, { ...both, share: `${Math.abs(share)} %` }));
}

/**
 * @param {HTMLElement} list
 * @param {number} asked
 * @param {number} n
 * @param {(chosen: number[], k: number) => void} ask
 */
function overrule(list, asked, n, ask) {
  const boxes = () => [...list.querySelectorAll('input')];
  const chosen = () => boxes().flatMap((box, i) => (box.checked ? [i + 1] : []));
  const mine = h('button', { type: 'button', onclick: () => ask(chosen(), 0) }, t('routed.mine'));
  const told = h('span.lab-note', { role: 'status' });
  list.addEventListener('change', () => {
    mine.disabled = chosen().length === 0;
    told.textContent = mine.disabled ? t('routed.nobody') : '';
  });
  const many = h(
    'select',
    { 'aria-label': t('routed.k') },
    ...Array.from({ length: n }, (_, i) =>
      h('option', { value: String(i + 1), selected: i + 1 === asked }, String(i + 1)),
    ),
  );
  const router = h(
    'button',
    { type: 'button', onclick: () => ask([], Number(many.value)) },
    t('routed.again'),
  );
  return h(
    'div.routed-overrule',
    { role: 'group', 'aria-label': t('routed.overrule') },
    mine,
    h('span.routed-k', {}, h('span', {}, t('routed.k')), many, router),
    told,
  );
}
