// A whole record in one file: the live page's own widgets, one below the other, given the values that
// lab/panels/export_html.py stored. What is clicked is looked up in the file instead of being asked for.
import * as card from './moment.js';
import * as cards from './stage_cards.js';
import * as drafts from './drafts.js';
import * as lanes from './lanes.js';
import * as notes from './notes.js';
import * as plotly from './plotly.js';
import * as table from './table.js';
import { toggleTheme } from './header.js';
import { pictures, replayBar } from './replay.js';
import { h, listen, mount, setLanguage, setSelection, setText, state, t } from './widget.js';
import { tellLanguage } from './state.js';
import { filled } from './words.js';

/** @import { ExportedDrafts, ExportedLens, ExportedPage, MomentValue, Pick } from './types.d.ts' */
/** @typedef {{ draw: (host: any) => void }} Module */
/** @typedef {{ [name: string]: (data: any) => void }} Events */
/** @typedef {{ box: HTMLElement, show: (value: unknown) => void }} Placed */

const PLOT_HEIGHT = 300;

// A widget is drawn when it comes near the window: figures take time, and most of them lie further down.
const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      target.dispatchEvent(new Event('near'));
    }
  },
  { rootMargin: '400px' },
);

/**
 * A widget of the live page.
 * @param {Module} module
 * @param {any} value
 * @param {Events} events
 * @returns {Placed}
 */
function place(module, value, events = {}) {
  /** @type {(() => void)[]} */
  const watchers = [];
  const box = h('div.lab-frame', {}, h('div.lab-widget'));
  if (module === plotly) box.style.minHeight = `${value?.figure?.layout.height ?? PLOT_HEIGHT}px`;
  const gradio = {
    element: box,
    props: { value },
    /**
     * @param {string} name
     * @param {unknown} data
     */
    trigger: (name, data) => events[name]?.(data),
    /**
     * @param {string} _
     * @param {() => void} callback
     */
    watch: (_, callback) => watchers.push(callback),
  };
  box.addEventListener('near', () => mount(module, gradio), { once: true });
  near.observe(box);
  return {
    box,
    show(next) {
      gradio.props.value = next;
      for (const callback of watchers) callback();
    },
  };
}

/**
 * An element that shows what Python said, in the page's language.
 * @template {HTMLElement} E
 * @param {E} node
 * @param {string} text
 */
function told(node, text) {
  const write = () => setText(node, filled(text));
  listen('language', write);
  write();
  return node;
}

/**
 * An element whose text follows the language.
 * @template {HTMLElement} E
 * @param {E} node
 * @param {string} key
 */
function said(node, key) {
  const tell = () => setText(node, t(key));
  listen('language', tell);
  tell();
  return node;
}

/**
 * @param {string} name
 * @param {...(Node | null)} parts
 */
function section(name, ...parts) {
  const title = said(h('h2', {}), `export.part.${name}`);
  return h('section.export-part', { id: name, 'data-part': name }, title, ...parts);
}

/**
 * A menu for the items of a section, absent where there is nothing to choose.
 * @template T
 * @param {string} key of its label
 * @param {T[]} items
 * @param {(item: T) => string} name
 * @param {(item: T) => void} show
 */
function menu(key, items, name, show) {
  const select = h('select', {
    onchange: () => show(items[select.selectedIndex]),
  });
  select.append(...items.map((item) => h('option', {}, name(item))));
  const box = h(
    'label.export-menu',
    { hidden: items.length < 2 },
    said(h('span', {}), key),
    select,
  );
  return {
    box,
    /** @param {T | undefined} item */
    choose(item) {
      const at = item === undefined ? -1 : items.indexOf(item);
      if (at < 0 || at === select.selectedIndex) return;
      select.selectedIndex = at;
      show(items[at]);
    },
  };
}

/** @param {ExportedPage} page */
export function show(page) {
  tellLanguage();
  listen('language', () => {
    state.ablation = filled(page.ablation);
  });
  state.ablation = filled(page.ablation);
  const known = momentsOf(page);
  const side = place(card, { card: null, steps: none(), layers: none() }, { pick });
  /** @param {Pick} data */
  function pick(data) {
    const found = known(data);
    if (!found?.card) {
      if (data.point_id !== undefined || data.moment !== undefined)
        side.show({ empty: t('export.left_out') });
      return;
    }
    const { point_id, moment, layer, lane, agent, kind, step } = found.card;
    side.show(found);
    setSelection({
      ...{ record: page.record, error: '', point_id, moment, layer },
      ...{ lane, agent, kind, step },
    });
  }
  const events = { pick };
  const parts = [
    lanesPart(page, events),
    mapPart(page, events),
    lensPart(page, events),
    memoryPart(page, events),
    page.drafts.length ? draftsPart(page) : null,
    page.break_it ? breakPart(page.break_it) : null,
    section('cost', place(table, page.cost).box),
  ].filter((part) => part !== null);
  const root = /** @type {HTMLElement} */ (document.getElementById('page'));
  root.replaceChildren(
    header(page, parts),
    h(
      'div',
      { id: 'lab-body' },
      h('div', { id: 'lab-main' }, ...parts, told(h('p.lab-caption'), page.caption)),
      h('aside', { id: 'lab-side' }, side.box),
    ),
  );
}

const none = () => ({ before: null, after: null });

/**
 * The moment of a click: a point, or a moment at the layer selected before, else at its last one.
 * @param {ExportedPage} page
 * @returns {(pick: Pick) => MomentValue | undefined}
 */
function momentsOf(page) {
  const points = new Map(page.moments.map((value) => [value.card?.point_id, value]));
  return ({ point_id, moment, layer }) => {
    if (point_id !== null && point_id !== undefined) return points.get(point_id);
    const there = page.moments.filter((value) => value.card?.moment === moment);
    const wanted = layer ?? state.selection?.layer;
    return there.find((value) => value.card?.layer === wanted) ?? highest(there);
  };
}

/** @param {MomentValue[]} values */
function highest(values) {
  return values.reduce(
    (best, one) => ((one.card?.layer ?? -1) > (best.card?.layer ?? -1) ? one : best),
    values[0],
  );
}

/**
 * @param {ExportedPage} page
 * @param {HTMLElement[]} parts
 */
function header(page, parts) {
  const links = parts.map((part) =>
    said(h('a', { href: `#${part.id}` }), `export.part.${part.dataset.part}`),
  );
  const title = told(h('h1.lab-name'), page.title);
  const other = () => setLanguage(state.language === 'zh' ? 'en' : 'zh');
  const language = said(
    h('button.lab-icon', { type: 'button', onclick: other }),
    'header.language',
  );
  const theme = said(
    h('button.lab-icon', { type: 'button', onclick: toggleTheme }),
    'header.theme',
  );
  return h('header.export-header', {}, title, h('nav', {}, ...links), language, theme);
}

/**
 * @param {ExportedPage} page
 * @param {Events} events
 */
function lanesPart(page, events) {
  const steps = pictures(page.replay);
  const picture = place(lanes, page.lanes, events);
  const bar = replayBar(steps, (at) =>
    picture.show(at === steps.length - 1 ? page.lanes : steps[at]),
  );
  listen('language', bar.label);
  picture.box.id = 'lanes-picture';
  return section('lanes', steps.length > 1 ? bar.box : null, picture.box);
}

/**
 * @param {ExportedPage} page
 * @param {Events} events
 */
function mapPart(page, events) {
  const plot = place(plotly, page.maps[0].plot, events);
  const under = place(notes, page.maps[0].notes);
  const choice = menu(
    'export.map',
    page.maps,
    ({ host, layer }) => `${host}, ${t('moment.layer')} ${layer}`,
    (map) => {
      plot.show(map.plot);
      under.show(map.notes);
    },
  );
  onMoment(({ lane, agent, layer }) => {
    const host = page.lenses.find((lens) => lens.lane === lane && lens.agent === agent)?.host;
    choice.choose(page.maps.find((map) => map.host === host && map.layer === layer));
  });
  return section('map', choice.box, plot.box, under.box);
}

/**
 * @param {ExportedPage} page
 * @param {Events} events
 */
function lensPart(page, events) {
  const first = page.lenses.find(({ alignment }) => 'figure' in alignment) ?? page.lenses[0];
  const plot = place(plotly, first.plot, events);
  const under = place(notes, first.notes);
  const alignment = place(plotly, first.alignment, events);
  const told = place(notes, first.alignment_notes);
  const choice = menu(
    'export.agent',
    page.lenses,
    ({ agent, lane }) => `${agent} · ${lane}`,
    (/** @type {ExportedLens} */ lens) => {
      plot.show(lens.plot);
      under.show(lens.notes);
      alignment.show(lens.alignment);
      told.show(lens.alignment_notes);
    },
  );
  choice.choose(first);
  onMoment(({ lane, agent }) =>
    choice.choose(page.lenses.find((lens) => lens.lane === lane && lens.agent === agent)),
  );
  return section(
    'lens',
    ...[choice.box, plot.box, under.box],
    ...(page.watched
      ? [said(h('h3', {}), 'export.watched'), place(plotly, page.watched, events).box]
      : []),
    ...[said(h('h3', {}), 'export.alignment'), told.box, alignment.box],
  );
}

/**
 * @param {ExportedPage} page
 * @param {Events} events
 */
function memoryPart(page, events) {
  const strip = place(plotly, page.memories[0].strip, events);
  const under = place(notes, page.memories[0].notes);
  const choice = menu(
    'export.lane',
    page.memories,
    ({ lane }) => lane,
    (memory) => {
      strip.show(memory.strip);
      under.show(memory.notes);
    },
  );
  onMoment(({ lane }) => choice.choose(page.memories.find((memory) => memory.lane === lane)));
  const growth = place(plotly, page.growth, events);
  const title = said(h('h3', {}), 'export.growth');
  return section('memory', choice.box, strip.box, under.box, title, growth.box);
}

/** @param {ExportedPage} page */
function draftsPart(page) {
  /** @param {{ agent: string }} wanted */
  const reader = ({ agent }) => {
    const { lane } = chosen;
    put(page.drafts.find((one) => one.lane === lane && one.stage.reader === agent) ?? chosen);
  };
  let chosen = page.drafts[0];
  const stage = place(drafts, chosen.stage, { reader });
  const plots = /** @type {const} */ (['flow', 'waiting', 'confidence']).map((name) => ({
    name,
    placed: place(plotly, chosen[name]),
  }));
  /** @param {ExportedDrafts} next */
  function put(next) {
    chosen = next;
    stage.show(next.stage);
    for (const { name, placed } of plots) placed.show(next[name]);
  }
  const lanesOf = page.drafts.filter(
    (one, i) => page.drafts.findIndex((other) => other.lane === one.lane) === i,
  );
  const choice = menu('export.lane', lanesOf, ({ title }) => title, put);
  return section('drafts', choice.box, stage.box, ...plots.map(({ placed }) => placed.box));
}

/** @param {NonNullable<ExportedPage['break_it']>} measured */
function breakPart({ gallery, caption }) {
  let open = gallery.open;
  const placed = place(cards, gallery, {
    card: ({ number }) => {
      open = open === number ? null : number;
      placed.show({ ...gallery, open });
    },
  });
  const note = said(h('p.lab-note', {}), 'export.break_it');
  return section('break_it', note, placed.box, told(h('p.lab-caption'), caption));
}

/** @param {(selection: NonNullable<typeof state.selection>) => void} follow */
function onMoment(follow) {
  listen('selection', (selection) => selection && follow(selection));
}
