// The table claim × draft × aggregate: right, wrong, missing, conflicting, invented. Signs say it without colour.
import { agentName, h, t, tongue } from './widget.js';
import { seen } from './drafts_seen.js';

/** @import { Cell, ClaimRow, DraftsValue } from './types.d.ts' */

const SIGN = { right: '✓', wrong: '✗', said: '' };

/** @param {DraftsValue} value */
export function drawClaims(value) {
  if (!value.claims.length) return h('p.lab-note', {}, t('drafts.no_claims'));
  const names = value.drafts.map((draft) => draft.agent);
  const known = value.claims.some((row) => row.truth);
  /** @param {string} name */
  const headCell = (name) =>
    h('th', { scope: 'col', style: { '--agent': value.colors[name] } }, h('i'), agentName(name));
  return h(
    'section.drafts-claims',
    { 'aria-label': t('drafts.claims') },
    h('h3', {}, t('drafts.claims'), h('span', {}, summary(value.counts))),
    h(
      'div.plain-table',
      {},
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('th', { scope: 'col' }, t('drafts.claim')),
            ...names.map(headCell),
            headCell(value.reader),
            h('th', { scope: 'col' }, t('drafts.fate')),
            known ? h('th', { scope: 'col' }, t('drafts.truth')) : null,
          ),
        ),
        h(
          'tbody',
          {},
          ...value.claims.map((row) =>
            h(
              `tr.${row.fate}`,
              {},
              h('th', { scope: 'row', lang: tongue(row.about) }, seen(row.about)),
              ...row.drafts.map((cell) => claimCell(row, cell)),
              claimCell(row, row.aggregate),
              h('td', {}, h(`b.fate.${row.fate}`, {}, t(`drafts.fate.${row.fate}`))),
              known ? h('td', { lang: tongue(row.truth || '') }, seen(row.truth || '–')) : null,
            ),
          ),
        ),
      ),
    ),
  );
}

/**
 * @param {ClaimRow} row
 * @param {Cell} cell
 */
function claimCell(row, cell) {
  if (cell.state === 'missing') return h('td.missing', { title: t('drafts.missing') }, '·');
  const value = cell.value === row.about ? t('drafts.says_so') : seen(cell.value);
  return h(
    `td.${cell.state}`,
    { title: cell.conflicts ? t('drafts.conflicts') : null },
    h('span', { lang: tongue(value) }, value),
    ' ',
    h(`b.${cell.state}`, { 'aria-label': t(`drafts.${cell.state}`) }, SIGN[cell.state]),
    cell.conflicts ? h('span.conflict', {}, ' ≠') : null,
  );
}

/** @param {{ [fate: string]: number }} counts */
function summary(counts) {
  return ['kept', 'corrected', 'dropped', 'spoiled', 'changed', 'invented', 'absent']
    .filter((fate) => counts[fate])
    .map((fate) => `${counts[fate]} ${t(`drafts.fate.${fate}`)}`)
    .join(' · ');
}
