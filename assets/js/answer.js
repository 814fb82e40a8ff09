// A lane's answer, and beside a latent one the buttons that take something from its hand-over.
import { h, t } from './widget.js';

const CONDITIONS = ['none', 'prompt only', 'latents only', 'wrong problem', 'noise', 'foreign model'];
const TRUE_RUN = 'as it was';

export function drawAnswer(node, lane, value, ablation, trigger) {
  const record = value.record || null;
  const measured = record && ablation?.record === record ? ablation.lanes[lane.id] : null;
  const key = JSON.stringify([lane.done, lane.answer, lane.correct, record, measured]);
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  if (!lane.done) {
    node.replaceChildren();
    return;
  }
  const main = lane.value || lane.answer || t('lanes.no_answer');
  const whole = lane.value && lane.answer.trim() !== lane.value ? h('span.answer-text', {}, lane.answer) : '';
  node.replaceChildren(
    h('span.lab-note', {}, t('lanes.answer')), h(`strong${main.length > 40 ? '.long' : ''}`, {}, main), verdict(lane.correct), whole,
    ...(lane.method === 'latentmas' && record ? [buttons(lane, record, measured, trigger), results(measured)] : []));
}

function verdict(correct) {
  if (correct === null || correct === undefined) return '';
  const name = correct ? 'right' : 'wrong';
  return h(`b.${name}`, {}, `${correct ? '✓' : '✗'} ${t(`lanes.${name}`)}`);
}

function buttons(lane, record, measured, trigger) {
  return h('div.ablate', { role: 'group', 'aria-label': t('ablate.title') }, h('span.lab-note', {}, t('ablate.title')),
    ...CONDITIONS.map((condition) => h('button', {
      type: 'button', disabled: Boolean(measured?.pending), 'aria-pressed': String(Boolean(measured?.rows[condition])),
      onclick: () => trigger('ablate', { record, lane: lane.id, condition }),
    }, measured?.pending === condition ? '…' : t(`ablate.${condition}`))));
}

function results(measured) {
  if (!measured || !Object.keys(measured.rows).length) return '';
  const rows = [TRUE_RUN, ...CONDITIONS].filter((name) => measured.rows[name]);
  const target = rows.map((name) => measured.rows[name].target).find(Boolean) || '';
  return h('table.ablations', {},
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t('ablate.handed')), h('th', { scope: 'col' }, t('lanes.answer')), h('th', { scope: 'col' }, t('ablate.nll', { target })))),
    h('tbody', {}, ...rows.map((name) => line(name, measured.rows[name]))));
}

function line(name, row) {
  const head = h('th', { scope: 'row' }, t(`ablate.${name}`));
  if (row.error) return h('tr', {}, head, h('td', { colspan: 2 }, row.error));
  const said = row.answer.length > 40 ? `${row.answer.slice(0, 38)}…` : row.answer;
  return h('tr', { title: row.note }, head, h('td', {}, said, ' ', mark(row.correct)), h('td', {}, row.nll));
}

function mark(correct) {
  if (correct === null || correct === undefined) return '';
  return h(`b.${correct ? 'right' : 'wrong'}`, { 'aria-label': t(correct ? 'lanes.right' : 'lanes.wrong') }, correct ? '✓' : '✗');
}
