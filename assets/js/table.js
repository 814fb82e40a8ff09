// A table of texts. A row may carry a point_id: a click or Enter on it then selects that point.
import { h } from './widget.js';

/** @import { TableRow } from './types.d.ts' */
/** @import { Host } from './widget.js' */

/**
 * @param {Host<'table.js'>} host
 * @param {TableRow} row
 */
function drawRow(host, { cells, point_id }) {
  const [first, ...others] = cells;
  const parts = [h('th', { scope: 'row' }, first), ...others.map((cell) => h('td', {}, cell))];
  if (point_id === null) return h('tr', {}, ...parts);
  const choose = () => host.select({ point_id });
  /** @param {KeyboardEvent} event */
  const onkeydown = (event) => event.key === 'Enter' && choose();
  return h('tr', { tabindex: 0, role: 'button', onclick: choose, onkeydown }, ...parts);
}

/** @param {Host<'table.js'>} host */
export function draw(host) {
  const { headers, rows, wide } = host.value;
  const heads = headers.map((name) => h('th', { scope: 'col' }, name));
  host.root.replaceChildren(
    h(
      `div.plain-table${wide ? '.wide' : ''}`,
      rows.length ? { tabindex: 0, role: 'group', 'aria-label': host.t('table.name') } : {},
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, ...heads)),
        h('tbody', {}, ...rows.map((row) => drawRow(host, row))),
      ),
    ),
  );
}
