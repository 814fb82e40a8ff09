// Meet the models: the ability table (models as columns), figures of several models, and one card per model.
import { h, t } from './widget.js';

/** @import { AbilityFigure, FamilyModel, FamilyValue, TogetherRow } from './types.d.ts' */
/** @import { Host } from './widget.js' */

/** @param {AbilityFigure | null} figure */
function cell(figure) {
  if (!figure) return h('td.fam-none', {}, '–');
  const title = `${figure.text} ${figure.half}, ${t('models.n', { n: figure.n })}`;
  return h(
    'td.fam-cell',
    { title, style: { '--share': `${Math.max(0, Math.min(1, figure.value)) * 100}%` } },
    h('b', {}, figure.text),
    h('small', {}, figure.half),
  );
}

/** @param {FamilyValue} value */
function abilities(value) {
  const names = value.models.map((m) => h('th', { scope: 'col' }, m.name.replace('pocket-', '')));
  const groups = value.groups.map((group) =>
    h(
      'tbody',
      {},
      h(
        'tr.fam-group',
        {},
        h('th', { colspan: value.models.length + 1, scope: 'rowgroup' }, group.title),
      ),
      ...group.rows.map((row) =>
        h('tr', {}, h('th', { scope: 'row' }, row.ability), ...row.cells.map((c) => cell(c))),
      ),
    ),
  );
  return h(
    'div.fam-scroll',
    { tabindex: 0, role: 'group', 'aria-label': t('table.name') },
    h(
      'table.fam-table',
      {},
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t('models.ability')), ...names)),
      ...groups,
    ),
  );
}

/** @param {TogetherRow[]} rows */
function together(rows) {
  if (!rows.length) return null;
  return h(
    'section',
    {},
    h('h3', {}, t('models.together')),
    h(
      'table.fam-table.fam-narrow',
      {},
      h(
        'tbody',
        {},
        ...rows.map((row) => h('tr', {}, h('th', { scope: 'row' }, row.ability), cell(row.cell))),
      ),
    ),
  );
}

/** @param {FamilyModel} model */
function card(model) {
  return h(
    'article.fam-card',
    {},
    h('h3', {}, model.name),
    h('p', {}, `${t('models.breaks')}: ${model.breaks}`),
    h('ul', {}, ...model.facts.map((fact) => h('li', {}, fact))),
    ...model.notes.map((note) => h('p.lab-note', {}, note)),
  );
}

/** @param {Host<'family.js'>} host */
export function draw(host) {
  const value = host.value;
  host.root.replaceChildren(
    h(
      'div.family',
      {},
      h('p.note-strong', {}, t('models.why')),
      abilities(value),
      h('p.lab-note', {}, t('models.measured')),
      together(value.together),
      h('div.fam-cards', {}, ...value.models.map(card)),
      h(
        'section',
        {},
        h('h3', {}, t('models.twins')),
        h(
          'dl.fam-twins',
          {},
          ...value.twins.flatMap((twin) => [
            h('dt', {}, twin.name),
            h('dd', {}, `${t('models.breaks')}: ${twin.breaks}`),
          ]),
        ),
      ),
    ),
  );
}
