// A table of texts. A row may carry a point_id: a click or Enter on it then selects that point.
import { h } from './widget.js';

function row(host, cells, point) {
  const choose = () => host.select({ point_id: point });
  const attributes =
    point === null || point === undefined
      ? {}
      : {
          tabindex: 0,
          role: 'button',
          onclick: choose,
          onkeydown: (event) => event.key === 'Enter' && choose(),
        };
  return h(
    'tr',
    attributes,
    ...cells.map((cell, i) => h(i === 0 ? 'th' : 'td', i === 0 ? { scope: 'row' } : {}, cell)),
  );
}

export function draw(host) {
  const { headers = [], rows = [], points = [], title = '', wide = false } = host.value;
  host.root.replaceChildren(
    h(
      `div.plain-table${wide ? '.wide' : ''}`,
      {},
      h(
        'table',
        { 'aria-label': title },
        h('thead', {}, h('tr', {}, ...headers.map((name) => h('th', { scope: 'col' }, name)))),
        h('tbody', {}, ...rows.map((cells, i) => row(host, cells, points[i]))),
      ),
    ),
  );
}
