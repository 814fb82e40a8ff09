// Under the lanes: who works when (bars of lane seconds), and the comparison table.
import { agentName, changed, h, t, tongue } from './widget.js';

/** @import { ComparisonRow, LanesValue, TimeRow } from './types.d.ts' */

/**
 * @param {HTMLElement} box
 * @param {LanesValue} value
 */
export function drawTimeline(box, value) {
  const { max, lanes } = value.timeline;
  if (!changed(box, value.timeline)) return;
  if (!(max > 0)) {
    box.replaceChildren();
    return;
  }
  const at = (/** @type {number} */ seconds) => `${(100 * seconds) / max}%`;
  box.replaceChildren(
    h('h4', {}, t('lanes.timeline')),
    ...lanes.map((lane) =>
      h(
        'div.time-lane',
        { role: 'img', 'aria-label': `${lane.title}: ${lane.total_text}` },
        h(
          'span.time-title',
          {},
          h('b', {}, lane.title),
          h('span', {}, lane.total_text),
          lane.first_token_text
            ? h(
                'span',
                {},
                h('i', { 'aria-hidden': 'true' }),
                `${t('lanes.first_token')} ${lane.first_token_text}`,
              )
            : null,
        ),
        h(
          'div.time-rows',
          {},
          ...lane.rows.map((row) =>
            h(
              'div.time-row',
              { title: agentName(row.agent), style: { '--agent': row.color } },
              ...row.bars.map(({ kind, start, end }) =>
                h(`i.slot.${kind}`, {
                  title: `${agentName(row.agent)}: ${t(`lanes.legend.${kind}`)}`,
                  style: { left: at(start), width: `max(2px, ${at(end - start)})` },
                }),
              ),
              h('span', { style: nameAt(row, max) }, agentName(row.agent)),
            ),
          ),
          lane.first_token === null
            ? null
            : h('em', {
                style: { left: at(lane.first_token) },
                title: `${t('lanes.first_token')} ${lane.first_token_text}`,
              }),
        ),
      ),
    ),
  );
}

/**
 * The name stands after its bars, or before them where there is no room.
 * @param {TimeRow} row
 * @param {number} max
 */
function nameAt(row, max) {
  const first = row.bars[0]?.start ?? 0;
  const last = row.bars.at(-1)?.end ?? first;
  return last / max < 0.78
    ? { left: `calc(${(100 * last) / max}% + 6px)` }
    : { right: `calc(${100 - (100 * first) / max}% + 6px)` };
}

/**
 * @param {HTMLElement} box
 * @param {LanesValue} value
 */
export function drawTable(box, value) {
  const { columns, rows } = value.table;
  if (!changed(box, value.table)) return;
  if (!rows.length) {
    box.replaceChildren();
    return;
  }
  const head = h(
    'tr',
    {},
    h('th', { scope: 'col' }, t('lanes.lane')),
    ...columns.map((name) => h('th', { scope: 'col' }, t(`lanes.col.${name}`))),
  );
  const body = rows.map((row) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, row.title),
      ...row.cells.map((cell, i) =>
        h('td', {}, ...(columns[i] === 'answer' ? answer(cell, row) : [cell])),
      ),
    ),
  );
  box.replaceChildren(
    h('h4', {}, t('lanes.table')),
    h(
      'div.table-scroll',
      { tabindex: 0 },
      h('table', {}, h('thead', {}, head), h('tbody', {}, ...body)),
    ),
  );
}

/**
 * @param {string} text
 * @param {ComparisonRow} row
 */
function answer(text, row) {
  const mark =
    row.correct === true
      ? h('b.right', { 'aria-label': t('lanes.right') }, ' ✓')
      : row.correct === false
        ? h('b.wrong', { 'aria-label': t('lanes.wrong') }, ' ✗')
        : '';
  const short = text.length > 60 ? `${text.slice(0, 58)}…` : text;
  return [
    h('span', { title: text, lang: tongue(text) }, row.done ? short || t('lanes.no_answer') : '…'),
    mark,
  ];
}
