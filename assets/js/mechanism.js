// The mechanism: a hidden state becomes the next input and no word is chosen. One latent step at a time, at human speed,
// beside it what text would have done; every number is the record's.
import { numeral, percent } from './numbers.js';
import { agentName, changed, h, isDark, state, t, tongue } from './widget.js';

/** @import { MechanismStep, MechanismValue, Selection, HeatStrip } from './types.d.ts' */
/** @import { Host } from './widget.js' */
/**
 * @typedef {object} View
 * @property {string} key
 * @property {number} at index of the step
 * @property {number} phase 0 state, 1 input, 2 cache; 3 is all at rest
 * @property {number} timer 0 while it stands
 * @property {number} left steps that are still played; 0 is to the end
 * @property {boolean} touched
 */
/** @typedef {Host<'mechanism.js'> & { view?: View }} MechanismHost */

const PHASE_MS = 900;
const REST = 3;
const FIRST_LOOK = 6;
/** Smaller probabilities are told as smaller than this. */
const LEAST = 0.0005;

/** @param {MechanismHost} host */
export function setup(host) {
  host.onSelection((selection) => follow(host, selection));
  const look = new IntersectionObserver(
    ([seen]) => {
      const { view } = host;
      if (seen.isIntersecting && view && !view.touched && !calm()) {
        view.touched = true;
        play(host, FIRST_LOOK);
      }
      if (!seen.isIntersecting) stop(host);
    },
    { threshold: 0.6 },
  );
  look.observe(host.root);
}

/** @param {MechanismHost} host */
export function clear(host) {
  halt(host);
  host.view = undefined;
  delete host.root.dataset.key;
}

/** @param {MechanismHost} host */
export function draw(host) {
  const { value } = host;
  if (!value.steps.length) {
    clear(host);
    host.root.replaceChildren();
    return;
  }
  const key = [value.record, value.lane, value.agent].join('|');
  if (host.view?.key !== key) {
    const touched = host.view?.touched ?? false;
    halt(host);
    host.view = { key, at: 0, phase: REST, timer: 0, left: 0, touched };
    const chosen = stepOf(value, state.selection);
    if (chosen >= 0) host.view.at = chosen;
  }
  frame(host);
  show(host);
}

function calm() {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/**
 * Index of the selected step, -1 if it is no step of this agent.
 * @param {MechanismValue} value
 * @param {Selection | null} selection
 */
function stepOf(value, selection) {
  if (!selection || selection.record !== value.record || selection.kind !== 'latent') return -1;
  if (selection.lane !== value.lane || selection.agent !== value.agent) return -1;
  return value.steps.findIndex((step) => step.step === selection.step);
}

/**
 * @param {MechanismHost} host
 * @param {Selection | null} selection
 */
function follow(host, selection) {
  const { value, view } = host;
  if (!view || !selection || selection.record !== value.record || selection.kind !== 'latent')
    return;
  view.touched = true;
  const { lane, agent } = selection;
  if (lane !== value.lane || agent !== value.agent) {
    if (value.thinking.some((one) => one.lane === lane && one.agent === agent))
      host.trigger('show', { record: value.record, lane, agent });
    return;
  }
  const at = stepOf(value, selection);
  if (at >= 0 && at !== view.at) go(host, at);
}

// --- playing --------------------------------------------------------------------------------------------------

/**
 * @param {MechanismHost} host
 * @param {number} steps how many; 0 is to the end
 */
function play(host, steps = 0) {
  const { view, value } = host;
  if (!view) return;
  if (view.at >= value.steps.length - 1 && view.phase === REST) view.at = 0;
  Object.assign(view, { phase: 0, left: steps });
  view.timer = window.setInterval(() => tick(host), PHASE_MS);
  show(host);
}

/** @param {MechanismHost} host */
function stop(host) {
  if (host.view?.timer) {
    halt(host);
    show(host);
  }
}

/**
 * No further step, and nothing is drawn: the value may already be another agent's.
 * @param {MechanismHost} host
 */
function halt({ view }) {
  if (!view) return;
  window.clearInterval(view.timer);
  Object.assign(view, { timer: 0, phase: REST });
}

/** @param {MechanismHost} host */
function tick(host) {
  const { view, value } = host;
  if (!view) return;
  if (view.phase < REST - 1) view.phase += 1;
  else if (view.at + 1 >= value.steps.length || view.left === 1) {
    stop(host);
    return;
  } else {
    view.left = Math.max(0, view.left - 1);
    view.at += 1;
    view.phase = 0;
  }
  show(host);
}

/**
 * @param {MechanismHost} host
 * @param {number} at
 */
function go(host, at) {
  const { view, value } = host;
  if (!view) return;
  stop(host);
  view.at = Math.min(value.steps.length - 1, Math.max(0, at));
  show(host);
}

/**
 * The page's one selection follows what somebody chose here.
 * @param {MechanismHost} host
 */
function choose(host) {
  const { record, lane, agent, steps } = host.value;
  const { moment } = steps[host.view?.at ?? 0];
  if (moment !== null) host.select({ moment, record, lane, agent });
}

// --- drawing --------------------------------------------------------------------------------------------------

/** @param {MechanismHost} host */
function frame(host) {
  const { value, root } = host;
  if (!changed(root, [value.record, value.lane, value.agent, state.language])) return;
  const step = (/** @type {number} */ by) => () => {
    if (!host.view) return;
    host.view.touched = true;
    go(host, host.view.at + by);
    choose(host);
  };
  const button = (/** @type {string} */ name, /** @type {string} */ sign, onclick = step(0)) =>
    h(
      `button.lab-icon.mech-${name}`,
      { type: 'button', 'aria-label': t(`mech.${name}`), title: t(`mech.${name}`), onclick },
      sign,
    );
  const color = value.thinking.find((o) => o.lane === value.lane && o.agent === value.agent)?.color;
  root.replaceChildren(
    h(
      'section.mech',
      { style: { '--agent': color ?? 'var(--muted)' }, 'aria-label': t('mech.title') },
      h('header', {}, h('h3', {}, t('mech.title')), agents(host)),
      h(
        'div.mech-bar',
        {},
        button('back', '‹', step(-1)),
        h('button.mech-play', {
          type: 'button',
          onclick: () => {
            if (!host.view) return;
            host.view.touched = true;
            if (host.view.timer) stop(host);
            else play(host);
          },
        }),
        button('next', '›', step(1)),
        h('input.mech-at', {
          type: 'range',
          min: 1,
          max: value.steps.length,
          step: 1,
          'aria-label': t('mech.at'),
          oninput: (/** @type {{ target: HTMLInputElement }} */ { target }) => {
            if (host.view) host.view.touched = true;
            go(host, Number(target.value) - 1);
          },
          onchange: () => choose(host),
        }),
        h('output.mech-count'),
      ),
      h('p.mech-said'),
      h('div.mech-roads'),
    ),
  );
}

/** @param {MechanismHost} host */
function agents({ value, trigger }) {
  if (value.thinking.length < 2) return h('span.mech-agents', {}, agentName(value.agent));
  const lanes = new Set(value.thinking.map((one) => one.lane)).size;
  const menu = h('select.mech-agents', {
    'aria-label': t('mech.whose'),
    onchange: () => {
      const { lane, agent } = value.thinking[menu.selectedIndex];
      trigger('show', { record: value.record, lane, agent });
    },
  });
  menu.append(
    ...value.thinking.map(({ lane, title, agent }) =>
      h(
        'option',
        { selected: lane === value.lane && agent === value.agent },
        lanes > 1 ? `${agentName(agent)} · ${title}` : agentName(agent),
      ),
    ),
  );
  return menu;
}

/** @param {MechanismHost} host */
function show(host) {
  const { value, view, root } = host;
  const part = (/** @type {string} */ name) =>
    /** @type {HTMLElement} */ (root.querySelector(name));
  if (!view || !part('.mech')) return;
  const step = value.steps[view.at];
  const playing = view.timer !== 0;
  part('.mech').dataset.phase = String(view.phase);
  part('.mech').classList.toggle('playing', playing);
  part('.mech-play').textContent = t(playing ? 'mech.pause' : 'mech.play');
  /** @type {HTMLInputElement} */ (part('.mech-at')).value = String(view.at + 1);
  part('.mech-count').textContent = t('mech.count', { step: step.step, n: value.steps.length });
  const said = part('.mech-said');
  said.setAttribute('aria-live', playing ? 'off' : 'polite');
  said.textContent = sentence(value, step, view.phase);
  const roads = part('.mech-roads');
  if (roads.dataset.step !== `${view.key}|${view.at}|${state.language}|${isDark()}`) {
    roads.dataset.step = `${view.key}|${view.at}|${state.language}|${isDark()}`;
    roads.replaceChildren(...latentRoad(value, step), ...textRoad(value, step), unfold(roads));
  }
}

/**
 * @param {MechanismValue} value
 * @param {MechanismStep} step
 * @param {number} phase
 */
function sentence(value, step, phase) {
  return t(`mech.phase.${phase}`, {
    agent: agentName(value.agent),
    width: value.width,
    norm: numeral(step.norm),
    fed: numeral(step.fed_norm),
    slot: step.slots,
    layers: value.layers,
  });
}

/**
 * State, alignment, input, cache.
 * @param {MechanismValue} value
 * @param {MechanismStep} step
 */
function latentRoad(value, step) {
  const { norm, fed_norm: fed, cosine } = step;
  return [
    h('p.mech-road', {}, h('i.line.solid'), t('mech.road.latent')),
    cell('state', t('mech.state'), [
      strip(step.hidden),
      line(where(value)),
      h('p.mech-line.told', {}, t('mech.length', { n: numeral(norm) })),
    ]),
    h(
      'div.mech-op.align',
      {},
      h('b', {}, t(`mech.map.${value.map}`)),
      h('span', {}, t('mech.rescaled', { n: numeral(fed) })),
    ),
    cell('input', t('mech.input'), [
      strip(step.fed),
      cosine === null ? null : line(t('mech.cosine', { n: numeral(cosine) })),
    ]),
    h('div.mech-op.read', {}, h('span', {}, t('mech.read', { layers: value.layers }))),
    cell('cache', t('mech.cache'), [
      memory(value, step),
      line(
        [t('mech.slots', { n: step.slots }), value.slot_bytes && `+ ${value.slot_bytes}`]
          .filter(Boolean)
          .join(' · '),
      ),
      line(t('mech.again')),
    ]),
  ];
}

/**
 * Head, chosen word, its embedding, what is lost.
 * @param {MechanismValue} value
 * @param {MechanismStep} step
 */
function textRoad(value, step) {
  const [first] = step.top;
  if (!first) return [];
  const others = step.top
    .slice(1, 4)
    .filter(({ p }) => p >= LEAST)
    .map(({ word, p }) => `${bare(word)} ${percent(p)}`);
  const embedding = step.word === null ? null : value.words[step.word];
  const lost = step.kept === null ? null : 1 - step.kept ** 2;
  return [
    h('p.mech-road.text', {}, h('i.line.dotted'), t('mech.road.text')),
    cell('word', t('mech.word'), [
      h(
        'p.mech-would',
        {},
        h('s', { lang: tongue(first.word) }, bare(first.word)),
        h('span', {}, percent(first.p)),
      ),
      line(t('mech.nobody')),
      others.length ? line(t('mech.others', { list: others.join(', ') })) : null,
    ]),
    h('div.mech-op.after', {}, h('b', {}, t('mech.lookup'))),
    cell('embedding', t('mech.embedding', { word: bare(first.word) }), [
      embedding ? strip(embedding) : h('p.mech-missing', {}, t('mech.missing')),
      embedding ? line(t('mech.length', { n: numeral(embedding.norm) })) : null,
      step.kept === null ? null : line(t('mech.kept', { n: numeral(step.kept) })),
    ]),
    h('div.mech-op', {}),
    cell('lost', t('mech.lost'), [
      lost === null
        ? null
        : h(
            'p.mech-lost',
            {},
            h('b', {}, `${Math.round(100 * lost)} %`),
            h('span', {}, t('mech.lost_vector')),
          ),
      line(t('mech.lost_words', { p: percent(1 - first.p), n: numeral(step.entropy) })),
    ]),
  ];
}

/**
 * Where the roads stand one below the other, the end of the second one is behind a button.
 * @param {HTMLElement} roads
 */
function unfold(roads) {
  const open = () => roads.classList.contains('all');
  const button = h('button.mech-unfold', {
    type: 'button',
    onclick: () => {
      roads.classList.toggle('all');
      tell();
    },
  });
  const tell = () => {
    button.setAttribute('aria-expanded', String(open()));
    button.textContent = `${open() ? '▾' : '▸'} ${t('mech.lost')}`;
  };
  tell();
  return button;
}

/**
 * @param {string} name
 * @param {string} title
 * @param {(HTMLElement | null)[]} content
 */
function cell(name, title, content) {
  return h(`div.mech-cell.${name}`, {}, h('h4', {}, title), ...content);
}

/** @param {string} text */
function line(text) {
  return h('p.mech-line', {}, text);
}

/** @param {MechanismValue} value */
function where({ layer, layers, width, every }) {
  const shown = every > 1 ? ` ${t('mech.every', { n: every })}` : '';
  return t(layer === layers ? 'mech.last_layer' : 'mech.layer', { layer, layers, width }) + shown;
}

/**
 * A vector, a cell per dimension: blue above zero, red below, clear at zero.
 * @param {HeatStrip | null} vector
 */
function strip(vector) {
  if (!vector) return h('p.mech-missing', {}, t('mech.uncaptured'));
  const { cells, largest } = vector;
  const canvas = h('canvas.mech-strip', {
    width: cells.length,
    height: 1,
    role: 'img',
    'aria-label': t('mech.strip', { n: cells.length, most: numeral(largest) }),
    title: t('mech.strip', { n: cells.length, most: numeral(largest) }),
  });
  const [above, below] = isDark()
    ? [
        [126, 186, 255],
        [255, 138, 110],
      ]
    : [
        [5, 80, 174],
        [178, 24, 43],
      ];
  const pixels = new ImageData(cells.length, 1);
  cells.forEach((v, i) =>
    pixels.data.set([...(v < 0 ? below : above), Math.round(2.55 * Math.abs(v))], 4 * i),
  );
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
  return canvas;
}

/**
 * The cache up to this step, drawn to its length at the end; the newest position stands out.
 * @param {MechanismValue} value
 * @param {MechanismStep} step
 */
function memory(value, step) {
  const before = value.memory.filter((segment) => segment.kept);
  const found = before.reduce((sum, segment) => sum + segment.length, 0);
  const total = found + value.steps.length;
  const place = step.step;
  /** @param {string} kind @param {string} agent @param {number} length */
  const slot = (kind, agent, length) =>
    h(`i.slot.${kind}`, {
      style: {
        '--agent': value.colors[agent] ?? 'var(--muted)',
        width: `${(100 * length) / total}%`,
      },
      title: t('lanes.segment', {
        agent: agentName(agent),
        n: length,
        kind: t(`lanes.legend.${kind.split('.')[0]}`),
      }),
    });
  return h(
    'div.strip.mech-memory',
    { role: 'img', 'aria-label': t('mech.slots', { n: step.slots }) },
    ...before.map((segment) => slot(segment.kind, segment.agent, segment.length)),
    place > 1 ? slot('latent', value.agent, place - 1) : null,
    slot('latent.new', value.agent, 1),
  );
}

/** @param {string} word */
function bare(word) {
  return word.replace(/^␣(?=.)/, '');
}
