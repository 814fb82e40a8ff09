// A lane's answer, and beside a latent one the buttons that take something from its hand-over.
import { changed, h, state, t, tongue } from './widget.js';

/** @import { AblatedLane, AblationRow, AblationValue, LaneView, Rate } from './types.d.ts' */
/** @import { Host } from './widget.js' */

/**
 * @param {HTMLElement} node
 * @param {LaneView} lane
 */
export function drawAnswer(node, lane) {
  if (!changed(node, [lane.done, lane.answer, lane.correct, lane.rate])) return;
  if (!lane.done) {
    node.replaceChildren();
    return;
  }
  const main = lane.value || lane.answer || t('lanes.no_answer');
  const whole =
    lane.value && lane.answer.trim() !== lane.value
      ? h('span.answer-text', { lang: tongue(lane.answer) }, lane.answer)
      : '';
  node.replaceChildren(
    h('span.lab-note', {}, t('lanes.answer')),
    h(`strong${main.length > 40 ? '.long' : ''}`, { lang: tongue(main) }, main),
    verdict(lane.correct),
    whole,
    lane.rate ? h('span.lane-rate', {}, rateText(lane.rate)) : '',
  );
}

/**
 * What is taken from the hand-over on purpose, under a lane that is no control itself.
 * @param {HTMLElement} node
 * @param {LaneView} lane
 * @param {Host<'lanes.js'>} host
 */
export function drawAblations(node, lane, { value, trigger }) {
  const { record } = value;
  const { ablation } = state;
  const measured = (ablation?.record === record && ablation?.lanes[lane.id]) || null;
  if (!changed(node, [lane.done, record, measured, ablation?.conditions])) return;
  const shown = lane.done && lane.chain === 'states' && !lane.control && record && ablation;
  node.replaceChildren(
    ...(shown
      ? [
          ablation.recorded
            ? ''
            : buttons(ablation, measured, (condition) =>
                trigger('ablate', { record, lane: lane.id, condition }),
              ),
          results(ablation, measured),
        ]
      : []),
  );
}

/** @param {Rate} rate */
function rateText({ value, low, high, n }) {
  const [share, from, to] = [value, low, high].map((x) => Math.round(100 * x));
  return t('lanes.rate', { value: `${share} %`, low: from, high: to, n });
}

/** @param {boolean | null} correct */
function verdict(correct) {
  if (correct === null) return '';
  const name = correct ? 'right' : 'wrong';
  return h(`b.${name}`, {}, `${correct ? '✓' : '✗'} ${t(`lanes.${name}`)}`);
}

/**
 * @param {AblationValue} ablation
 * @param {AblatedLane | null} measured
 * @param {(condition: string) => void} run
 */
function buttons({ conditions }, measured, run) {
  return h(
    'div.ablate',
    { role: 'group', 'aria-label': t('ablate.title') },
    h('span.lab-note', {}, t('ablate.title')),
    ...conditions.map((condition) =>
      h(
        'button',
        {
          type: 'button',
          disabled: Boolean(measured?.pending),
          'aria-pressed': String(Boolean(measured?.rows[condition])),
          onclick: () => run(condition),
        },
        measured?.pending === condition ? '…' : t(`ablate.${condition}`),
      ),
    ),
    measured?.place ? h('span.lab-note', { role: 'status' }, measured.place) : '',
  );
}

/**
 * @param {AblationValue} ablation
 * @param {AblatedLane | null} measured
 */
function results({ conditions, true_run }, measured) {
  if (!measured || !Object.keys(measured.rows).length) return '';
  const rows = [true_run, ...conditions].filter((name) => measured.rows[name]);
  const target = rows.map((name) => measured.rows[name].target).find(Boolean) || '';
  return h(
    'table.ablations',
    {},
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'col' }, t('ablate.handed')),
        h('th', { scope: 'col' }, t('lanes.answer')),
        h('th', { scope: 'col' }, t('ablate.nll', { target })),
      ),
    ),
    h('tbody', {}, ...rows.map((name) => line(name, measured.rows[name]))),
  );
}

/**
 * @param {string} name
 * @param {AblationRow} row
 */
function line(name, row) {
  const head = h('th', { scope: 'row' }, t(`ablate.${name}`));
  if (row.error) return h('tr', {}, head, h('td', { colspan: 2 }, row.error));
  const said = row.answer.length > 40 ? `${row.answer.slice(0, 38)}…` : row.answer;
  return h(
    'tr',
    {},
    head,
    h('td', {}, h('span', { lang: tongue(said), title: row.note }, said), ' ', mark(row.correct)),
    h('td', {}, row.nll),
  );
}

/** @param {boolean | null} correct */
export function mark(correct) {
  if (correct === null) return '';
  return h(
    `b.${correct ? 'right' : 'wrong'}`,
    { 'aria-label': t(correct ? 'lanes.right' : 'lanes.wrong') },
    correct ? '✓' : '✗',
  );
}
