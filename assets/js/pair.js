// Two runs as a pair: a menu of records, and lane by lane what both answered, thought, said and cost, differences marked.
import { seen } from './drafts_seen.js';
import { mark } from './answer.js';
import { agentName, changed, h, state, t, tongue } from './widget.js';

/** @import { PairAgent, PairLane, PairSetting, PairSide, PairValue } from './types.d.ts' */
/** @import { Host } from './widget.js' */
/** @typedef {Host<'pair.js'>} PairHost */

/** @param {PairHost} host */
export function clear(host) {
  delete host.root.dataset.key;
}

/** @param {PairHost} host */
export function draw(host) {
  const { value, root } = host;
  if (!changed(root, [value, state.language])) return;
  root.replaceChildren(...(value.record ? [menu(host), ...picture(value)] : []));
}

/** @param {PairHost} host */
function menu({ value, trigger }) {
  const select = h('select', {
    onchange: () => {
      if (value.record) trigger('compare', { record: value.record, other: select.value });
    },
  });
  select.append(
    h('option', { value: '' }, t('pair.nobody')),
    ...value.choices.map(({ id, title }) => h('option', { value: id }, title)),
  );
  select.value = value.other ?? '';
  return h('label.pair-menu', {}, h('span', {}, t('pair.with')), select);
}

/** @param {PairValue} value */
function picture(value) {
  if (value.told) return [h('p.lab-error', { role: 'alert' }, value.told)];
  if (!value.other) return [];
  return [
    h(
      'section.pair',
      { 'aria-label': t('pair.title') },
      h('div.pair-told', { role: 'status' }, ...told(value)),
      ...value.lanes.map(pairLane),
    ),
  ];
}

/**
 * What was changed, and whether the pair can say anything about it.
 * @param {PairValue} value
 */
function told({ settings, same_problem, differences, here, there }) {
  /** @type {HTMLElement[]} */
  const lines = [h('p.lab-note', {}, t('pair.names', { here, there }))];
  if (!same_problem) lines.push(h('p.pair-warning', {}, t('pair.other_problem')));
  if (!settings.length) lines.push(h('p', {}, t('pair.same_plan')));
  else lines.push(h('ul.pair-settings', {}, ...settings.map(setting)));
  if (settings.length + Number(!same_problem) > 1)
    lines.push(h('p.pair-warning', {}, t('pair.many')));
  lines.push(
    h('p.lab-note', {}, t(differences ? 'pair.marked' : 'pair.equal', { n: differences })),
  );
  return lines;
}

/**
 * A setting of a plan in words: “proposers 2 · temperature” for proposers.2.decoding.temperature.
 * @param {string} path
 */
export function settingName(path) {
  /** @type {string[]} */
  const names = [];
  for (const part of path.split('.'))
    if (/^\d+$/.test(part)) names[names.length - 1] += ` ${part}`;
    else if (part !== 'decoding') names.push(t(`pair.key.${part}`));
  return names.join(' · ');
}

/** @param {PairSetting} one */
function setting({ where, key, here, there }) {
  if (key === 'lane')
    return h(
      'li',
      {},
      `${where}: `,
      h('b', {}, t(there === '–' ? 'pair.only_here' : 'pair.only_there')),
    );
  const what = settingName(key);
  return h(
    'li',
    {},
    where ? h('span', {}, `${where}: `) : null,
    h('b', {}, `${what} `),
    h('span.pair-change', {}, `${here} → ${there}`),
  );
}

/**
 * A lane in which nothing differs is folded.
 * @param {PairLane} lane
 */
function pairLane({ title, here, there, differences }) {
  return h(
    'details.pair-lane',
    { open: differences > 0 },
    h(
      'summary',
      {},
      h('b', {}, title),
      h('span.lab-note', {}, t(differences ? 'pair.differ' : 'pair.alike', { n: differences })),
    ),
    h('div.pair-sides', {}, side(here, 'del', t('pair.here')), side(there, 'ins', t('pair.there'))),
  );
}

/**
 * @param {PairSide | null} one
 * @param {'del' | 'ins'} tag of what only this side has
 * @param {string} name
 */
function side(one, tag, name) {
  if (!one)
    return h(
      'div.pair-side',
      {},
      h('p.lab-note', {}, name),
      h('p.lab-note', {}, t('pair.no_lane')),
    );
  return h(
    'div.pair-side',
    {},
    h('p.lab-note', {}, name),
    h(
      'p.pair-answer',
      {},
      h('span.lab-note', {}, t('lanes.answer')),
      ' ',
      h(one.same ? 'span' : tag, { lang: tongue(one.answer) }, one.answer || t('lanes.no_answer')),
      ' ',
      mark(one.correct),
    ),
    ...one.agents.map((agent) => agentLine(agent, tag)),
    h(
      'dl.pair-cost',
      {},
      ...one.cost.flatMap(({ column, text, same }) => [
        h(
          'div',
          {},
          h('dt', {}, t(`lanes.col.${column}`)),
          h('dd', {}, h(same ? 'span' : tag, {}, text)),
        ),
      ]),
    ),
  );
}

/**
 * @param {PairAgent} agent
 * @param {'del' | 'ins'} tag
 */
function agentLine({ name, color, thoughts, said, alone }, tag) {
  const steps = thoughts.reduce((sum, { n }) => sum + n, 0);
  return h(
    `div.pair-agent${alone ? '.alone' : ''}`,
    { style: { '--agent': color } },
    h('b', {}, alone ? h(tag, {}, agentName(name)) : agentName(name)),
    alone ? h('span.pair-alone', {}, t(`pair.agent_${tag}`)) : null,
    thoughts.length
      ? h(
          'p.pair-thoughts',
          { 'aria-label': t('lanes.thoughts', { n: steps }) },
          ...thoughts.map(({ word, n, same }) =>
            h(same ? 'span' : tag, {}, `${seen(word.replace(/^␣/, ''))}${n > 1 ? ` ×${n}` : ''}`),
          ),
        )
      : null,
    said.length
      ? h(
          'p.pair-said',
          { lang: tongue(said.map((piece) => piece.said).join('')) },
          ...said.map((piece) => h(piece.same ? 'span' : tag, {}, seen(piece.said))),
        )
      : null,
  );
}
