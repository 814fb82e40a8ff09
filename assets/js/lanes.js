// The lanes: agents as cards in the order of the data, what they think as dots, what they hand over as ribbons.
// Drawn piece by piece as the state grows; the state is made by lab/panels/lanes.py.
import { agentName, h, listen, setText, state, svg, t, tongue } from './widget.js';
import { drawAblations, drawAnswer } from './answer.js';
import { gist, nextSteps } from './gist.js';
import { dialled, drawDial, turnedTo } from './lane_dial.js';
import { drawGiven, drawOffer, setupGiving } from './lane_give.js';
import { drawRouting } from './routed.js';
import { reachable } from './nearest.js';
import { columnsOf, drawRibbons } from './ribbons.js';
import { drawStrip } from './strip.js';
import { drawTable, drawTimeline } from './summary.js';

/** @import { AgentView, LaneView, LanesValue } from './types.d.ts' */
/** @import { Host } from './widget.js' */
/**
 * The nodes of one agent.
 * @typedef {ReturnType<typeof makeCard>} Card
 */
/** @typedef {{ gap: HTMLElement | null, cards: HTMLElement }} StageRow */
/**
 * The nodes of one lane.
 * @typedef {object} LaneNode
 * @property {HTMLElement} box
 * @property {HTMLElement} stages
 * @property {Map<string, Card>} cards
 * @property {StageRow[]} rows
 * @property {HTMLElement} answer
 * @property {HTMLElement} dial of latent steps, on the lane that thinks
 * @property {HTMLElement} about what the lane computes, told when it begins
 * @property {HTMLElement} routing who is asked, where somebody chooses
 * @property {HTMLElement} ablate
 */
/**
 * What is drawn; it grows with the state.
 * @typedef {object} View
 * @property {string} key
 * @property {number} size
 * @property {string} question
 * @property {Map<string, LaneNode>} lanes
 * @property {Map<number, HTMLElement>} moments
 * @property {HTMLElement | undefined} marked
 * @property {HTMLElement} top
 * @property {HTMLElement} grid
 * @property {HTMLElement} given what an agent made of a thought that was given to it
 * @property {HTMLElement} legend
 * @property {HTMLElement} timeline
 * @property {HTMLElement} table
 * @property {HTMLElement} foot
 * @property {Map<string, number>} heights that cards and headers have at least, see heightsOf
 */
/** @typedef {Host<'lanes.js'> & { view?: View | null }} LanesHost */
/** @typedef {(moment: number | null) => void} PickMoment */

const REPEAT = '·';
const FOLDED_FROM = 1; // of steps that would say the same word, so many are shown

/** @param {LanesHost} host */
export function setup(host) {
  host.onSelection(() => {
    mark(host);
    offer(host);
  });
  setupGiving(host);
  listen('given', () => host.view && drawGiven(host.view.given, host));
  listen('ablation', () => {
    if (host.view?.lanes.size) draw(host);
  });
  listen('replay', () => {
    if (host.view?.lanes.size) draw(host);
  });
  listen('dial', () => {
    if (!host.view) return;
    const { view } = host;
    for (const lane of shownNow(host).lanes)
      if (view.lanes.has(lane.id)) drawDialled(host, view, lane);
  });
  host.root.addEventListener('keydown', rove);
}

/** @param {LanesHost} host */
export function clear(host) {
  host.view = null;
}

/** @param {LanesHost} host */
export function draw(host) {
  const now = shownNow(host);
  if (now !== host.value && host.view?.key !== keyOf(now)) paint(host, host.value);
  paint(host, now);
}

/** @param {LanesValue} value */
function keyOf(value) {
  return `${value.run_id}|${state.language}`;
}

/**
 * @param {LanesHost} host
 * @param {LanesValue} value
 */
function paint(host, value) {
  const key = keyOf(value);
  const size = sizeOf(value);
  const kept = host.view;
  const goesOn = kept && kept.key === key && size >= kept.size && kept.top.isConnected;
  const view = goesOn ? kept : start(host, value);
  view.size = size;
  if (value === host.value && value.status !== 'running') settle(view);
  drawQuestion(view, value);
  for (const lane of value.lanes) drawLane(host, view, lane);
  view.legend.hidden = !value.lanes.length;
  drawTimeline(view.timeline, value);
  drawTable(view.table, value);
  drawFoot(view, value);
  drawGiven(view.given, host);
  mark(host);
  offer(host);
}

/**
 * What is drawn: the run as it is, or the moment of it that is replayed.
 * @param {LanesHost} host
 * @returns {LanesValue}
 */
function shownNow({ value }) {
  const { replay } = state;
  const here = replay && replay.record === value.record;
  return here ? /** @type {LanesValue} */ (replay.picture) : value;
}

/**
 * How much there is to see: less than before means that the run is shown from an earlier moment.
 * @param {LanesValue} value
 */
function sizeOf(value) {
  return value.lanes.reduce(
    (sum, lane) =>
      sum +
      1 +
      Number(lane.done) +
      lane.agents.reduce(
        (n, a) =>
          n +
          Number(a.phase !== 'waiting') +
          a.dots.length +
          a.words.length +
          Number(a.prompt !== null),
        0,
      ),
    0,
  );
}

/**
 * @param {LanesHost} host
 * @param {LanesValue} value
 * @returns {View}
 */
function start(host, value) {
  const key = keyOf(value);
  const part = (/** @type {string} */ name, tag = 'div') => h(`${tag}.${name}`);
  /** @type {View} */
  const view = {
    heights: host.view && value.status === 'running' ? heightsOf(host.view) : new Map(),
    key,
    size: 0,
    question: '',
    lanes: new Map(),
    moments: new Map(),
    marked: undefined,
    top: part('lanes-question'),
    grid: part('lanes-grid'),
    given: h('section.lanes-given', { hidden: true, 'aria-live': 'polite' }),
    legend: legend(),
    timeline: part('lanes-timeline', 'section'),
    table: part('lanes-table', 'section'),
    foot: part('lanes-foot'),
  };
  host.view = view;
  host.root.replaceChildren(
    view.top,
    view.grid,
    view.given,
    view.legend,
    view.timeline,
    view.table,
    view.foot,
  );
  return view;
}

/**
 * How high cards and headers are: those of a whole picture stay, so that nothing moves when it is replayed or run again.
 * @param {View} view
 */
function heightsOf(view) {
  if (view.heights.size) return view.heights;
  /** @type {View['heights']} */
  const found = new Map();
  for (const [id, lane] of view.lanes) {
    found.set(id, lane.answer.offsetHeight);
    for (const [name, card] of lane.cards) found.set(`${id}|${name}`, card.box.offsetHeight);
  }
  return found;
}

/**
 * The whole picture is as high as it is.
 * @param {View} view
 */
function settle(view) {
  view.heights = new Map();
  for (const lane of view.lanes.values()) {
    lane.answer.style.minHeight = '';
    for (const card of lane.cards.values()) card.box.style.minHeight = '';
  }
}

/**
 * @param {HTMLElement} node
 * @param {number | undefined} height
 */
function atLeast(node, height) {
  if (height) node.style.minHeight = `${height}px`;
}

function legend() {
  const key = (/** @type {string} */ kind) =>
    h(
      'span',
      {},
      h(`i.slot.${kind}`, { style: { '--agent': 'var(--muted)' } }),
      t(`lanes.legend.${kind}`),
    );
  return h(
    'p.lanes-legend',
    { hidden: true },
    key('prompt'),
    key('latent'),
    key('token'),
    key('dropped'),
    h('span', {}, h('i.line.solid'), t('lanes.legend.solid')),
    h('span', {}, h('i.line.dotted'), t('lanes.legend.dotted')),
  );
}

/**
 * @param {View} view
 * @param {LanesValue} value
 */
function drawQuestion(view, value) {
  const thinks = value.status === 'finished' && value.lanes.some((one) => one.chain === 'states');
  const text = JSON.stringify([
    value.question,
    value.facts,
    value.truth,
    value.relay,
    Boolean(thinks),
  ]);
  if (view.question === text) return;
  view.question = text;
  view.top.replaceChildren(
    ...(value.question
      ? [
          h(
            'p.lanes-facts',
            {},
            value.relay ? h('span.lanes-eye', {}, eye(true), t('lanes.relay_facts'), ' ') : null,
            h('span', { lang: tongue(value.facts) }, value.facts),
          ),
          h(
            'p.lanes-ask',
            {},
            h('b', { lang: tongue(value.question) }, value.question),
            value.truth
              ? h(
                  'span.lanes-truth',
                  {},
                  `${t('lanes.truth')} `,
                  h('b', { lang: tongue(value.truth) }, value.truth),
                )
              : null,
            ...(thinks ? [nextSteps()] : []),
          ),
        ]
      : []),
  );
}

// --- one lane -------------------------------------------------------------------------------------------------

/**
 * @param {LanesHost} host
 * @param {View} view
 * @param {LaneView} lane
 */
function drawLane(host, view, lane) {
  let node = view.lanes.get(lane.id);
  if (!node) {
    node = {
      box: h('section.lane', { 'aria-label': lane.title }),
      stages: h('div.stages'),
      cards: new Map(),
      rows: [],
      answer: h('div.lane-answer', { 'aria-live': 'polite' }),
      about: h('p.lab-note'),
      dial: h('div.lane-dial'),
      routing: h('div.lane-routing'),
      ablate: h('div.lane-ablate'),
    };
    node.box.append(
      h(
        'header',
        {},
        h(
          'h3',
          {},
          lane.title,
          lane.control ? h('span.lane-control', {}, t('lanes.control')) : null,
        ),
        node.answer,
        node.dial,
        node.about,
        node.routing,
      ),
      node.stages,
      node.ablate,
    );
    atLeast(node.answer, view.heights.get(lane.id));
    view.grid.append(node.box);
    view.lanes.set(lane.id, node);
  }
  for (const agent of lane.agents) drawCard(host, view, lane, node, agent);
  drawDialled(host, view, lane);
  drawRouting(node.routing, lane, host);
  drawAblations(node.ablate, lane, host);
}

/**
 * What follows the thumb: the answer, what is handed over, and which of the recorded steps are still taken. What a
 * later agent did with another memory is not in the record, so its card steps back.
 * @param {LanesHost} host
 * @param {View} view
 * @param {LaneView} lane
 */
function drawDialled(host, view, lane) {
  const node = view.lanes.get(lane.id);
  if (!node) return;
  const value = shownNow(host);
  const shown = dialled(lane, value);
  const m = turnedTo(lane, value);
  node.box.classList.toggle('turned', m !== null);
  setText(node.about, gist(lane, value, m));
  for (const agent of lane.agents)
    node.cards
      .get(agent.name)
      ?.dots.querySelectorAll('.dot')
      .forEach((dot, i) => dot.classList.toggle('beyond', m !== null && i >= m));
  node.rows.forEach((row, stage) => row.gap && drawRibbons(row.gap, shown, stage, value));
  drawAnswer(node.answer, shown);
  drawDial(node.dial, lane, value);
}

/**
 * @param {LaneNode} node
 * @param {number} stage
 */
function stageRow(node, stage) {
  while (node.rows.length <= stage) {
    const row = { gap: node.rows.length ? h('div.ribbons') : null, cards: h('div.stage') };
    node.stages.append(...(row.gap ? [row.gap] : []), row.cards);
    node.rows.push(row);
  }
  return node.rows[stage];
}

// --- one agent ------------------------------------------------------------------------------------------------

/**
 * @param {LanesHost} host
 * @param {View} view
 * @param {LaneView} lane
 * @param {LaneNode} node
 * @param {AgentView} agent
 */
function drawCard(host, view, lane, node, agent) {
  let card = node.cards.get(agent.name);
  if (!card) {
    card = makeCard(lane, agent);
    atLeast(card.box, view.heights.get(`${lane.id}|${agent.name}`));
    const row = stageRow(node, agent.stage);
    row.cards.append(card.box);
    row.cards.style.setProperty('--columns', String(columnsOf(row.cards.children.length)));
    row.cards.classList.toggle('many', row.cards.children.length > 2);
    node.cards.set(agent.name, card);
  }
  card.box.dataset.phase = agent.phase;
  setText(card.phase, agent.phase === 'done' ? agent.time : t(`lanes.${agent.phase}`));
  const pickFrom = (/** @type {number | null} */ moment, /** @type {string} */ name) => {
    if (moment !== null)
      host.select({ moment, record: recordOf(host), lane: lane.id, agent: name });
  };
  /** @type {PickMoment} */
  const pick = (moment) => pickFrom(moment, agent.name);
  drawPrompt(host, view, card, agent, pick);
  drawDots(view, card, agent, pick);
  drawWords(view, card, agent, pick);
  const cards = Object.fromEntries(lane.agents.map((a) => [a.name, a]));
  drawStrip(card.strip, agent, {
    scale: shownNow(host).cache_max,
    colors: lane.colors,
    cards,
    pick: pickFrom,
  });
  setText(card.note, agent.note || (agent.cut ? t('lanes.more', { n: agent.cut }) : ''));
}

/**
 * @param {LaneView} lane
 * @param {AgentView} agent
 */
function makeCard(lane, agent) {
  const parts = {
    phase: h('span.agent-phase'),
    prompt: h('details.agent-prompt', { hidden: true }),
    count: h('p.agent-count', { hidden: true }),
    dots: h('div.dots.roving', { role: 'group' }),
    offer: h('div.agent-give', { hidden: true }),
    words: h('p.agent-words.roving', { lang: 'en' }),
    strip: h('div.agent-strip'),
    note: h('p.agent-note'),
    promptDrawn: false,
    fold: /** @type {Fold | null} */ (null),
  };
  reachable(parts.dots, '.dot');
  reachable(parts.words, ".word[role='button']");
  const box = h(
    'article.agent',
    {
      style: { '--agent': lane.colors[agent.name] },
      data: { lane: lane.id, agent: agent.name },
      'aria-label': agentName(agent.name),
    },
    h(
      'header',
      {},
      h('b', {}, agentName(agent.name)),
      h('span.agent-host', {}, agent.host),
      parts.phase,
    ),
    parts.prompt,
    parts.count,
    parts.dots,
    parts.offer,
    parts.words,
    parts.note,
    parts.strip,
  );
  return { ...parts, box };
}

/**
 * @param {LanesHost} host
 * @param {View} view
 * @param {Card} card
 * @param {AgentView} agent
 * @param {PickMoment} pick
 */
function drawPrompt(host, view, card, agent, pick) {
  if (!agent.prompt || card.promptDrawn) return;
  const { n, first, text, tokens } = agent.prompt;
  card.promptDrawn = true;
  card.prompt.hidden = false;
  const body = h('p.agent-words.roving', { lang: tongue(text) });
  reachable(body, ".word[role='button']");
  const fill = () => {
    if (!card.prompt.open || body.childNodes.length) return;
    if (!tokens.length) body.textContent = text;
    tokens.forEach((token, i) =>
      body.append(word(view, token, first === null ? null : first + i, '', pick, i)),
    );
    mark(host);
  };
  card.prompt.addEventListener('toggle', fill);
  const seen = agent.sees_facts;
  const key = { true: 'prompt_facts', false: 'prompt_no_facts', null: 'prompt' }[`${seen}`];
  card.prompt.classList.toggle('shut', seen === false);
  card.prompt.append(
    h('summary', {}, seen === null ? null : eye(seen), t(`lanes.${key}`, { n })),
    body,
  );
}

/**
 * @param {View} view
 * @param {string} text
 * @param {number | null} moment
 * @param {string} title
 * @param {PickMoment} pick
 * @param {number} index
 */
function word(view, text, moment, title, pick, index) {
  const node = h(
    'span.word',
    {
      title,
      role: moment === null ? null : 'button',
      tabindex: index ? -1 : 0,
      onclick: () => pick(moment),
    },
    text,
  );
  if (moment !== null) view.moments.set(moment, node);
  return node;
}

/**
 * @param {View} view
 * @param {Card} card
 * @param {AgentView} agent
 * @param {PickMoment} pick
 */
function drawDots(view, card, agent, pick) {
  const dots = agent.dots;
  if (!dots.length) return;
  card.count.hidden = false;
  setText(
    card.count,
    t(dots.length === 1 ? 'lanes.thoughts_one' : 'lanes.thoughts', { n: dots.length }),
  );
  for (let i = card.dots.querySelectorAll('.dot').length; i < dots.length; i += 1) {
    const { step, top, entropy, norm, moment } = dots[i];
    const { word: said, p } = top[0] || { word: '', p: 0 };
    const again = dots[i - 1]?.top[0]?.word === said;
    const chance = `${Math.round(100 * p)} %`;
    const name = t('lanes.dot', { step, word: said, p: chance });
    const more = top
      .slice(1)
      .map((one) => `${one.word} ${Math.round(100 * one.p)} %`)
      .join(', ');
    const dot = h(
      `button.dot${again ? '.again' : ''}${p < 0.5 ? '.unsure' : ''}`,
      {
        type: 'button',
        tabindex: i ? -1 : 0,
        data: { step },
        'aria-label': name,
        title: `${name}\n${more}\n${t('lanes.entropy', { entropy })}, |h| ${norm}\n${t('give.drag')}`,
        onclick: () => pick(moment),
      },
      h('i', { style: { '--p': Math.max(0.08, p) } }),
      h(
        'span',
        { 'aria-hidden': 'true', lang: tongue(said) },
        again ? REPEAT : said.replace(/^␣/, ''),
      ),
    );
    if (moment !== null) view.moments.set(moment, dot);
    card.dots.append(dot);
    fold(card, dot, again, said);
  }
}

/**
 * Steps that would say the same word over and over, behind one button.
 * @typedef {object} Fold
 * @property {number} same how many in a row so far
 * @property {HTMLElement[]} hidden
 * @property {HTMLElement | null} button
 */

/**
 * @param {Card} card
 * @param {HTMLElement} dot
 * @param {boolean} again
 * @param {string} said
 */
function fold(card, dot, again, said) {
  if (!again || !card.fold) card.fold = { same: 0, hidden: [], button: null };
  const here = card.fold;
  here.same += 1;
  if (here.same <= FOLDED_FROM) return;
  if (!here.button) {
    here.button = h('button.dots-fold', { type: 'button', 'aria-expanded': 'false', onclick });
    dot.before(here.button);
  }
  here.hidden.push(dot);
  dot.hidden = here.button.getAttribute('aria-expanded') === 'false';
  here.button.textContent = t('lanes.idle', { n: here.hidden.length });
  here.button.title = t('lanes.idle_more', { n: here.hidden.length, word: said });
  function onclick() {
    const open = here.button?.getAttribute('aria-expanded') === 'false';
    here.button?.setAttribute('aria-expanded', String(open));
    for (const one of here.hidden) one.hidden = !open;
  }
}

/** @param {boolean} open */
function eye(open) {
  return svg(
    'svg',
    { class: 'eye', viewBox: '0 0 20 14', 'aria-hidden': 'true' },
    svg('path', { d: 'M1 7 C4 2 7 1 10 1 S16 2 19 7 C16 12 13 13 10 13 S4 12 1 7 Z' }),
    open ? svg('circle', { cx: 10, cy: 7, r: 3 }) : svg('path', { d: 'M2 13 L18 1' }),
  );
}

/**
 * @param {View} view
 * @param {Card} card
 * @param {AgentView} agent
 * @param {PickMoment} pick
 */
function drawWords(view, card, agent, pick) {
  for (let i = card.words.children.length; i < agent.words.length; i += 1) {
    const { text, logprob, moment } = agent.words[i];
    const p = logprob === null ? null : Math.exp(logprob);
    const node = word(view, text, moment, p === null ? '' : `${Math.round(100 * p)} %`, pick, i);
    if (p !== null && p < 0.5) node.classList.add('unsure');
    if (/^<\w+>$/.test(text.trim())) node.classList.add('mark');
    card.words.append(node);
  }
  if (!agent.words.length && agent.text) setText(card.words, agent.text);
}

/**
 * @param {View} view
 * @param {LanesValue} value
 */
function drawFoot(view, value) {
  const schedule =
    value.schedule && value.lanes.length > 1 ? t(`lanes.schedule.${value.schedule}`) : '';
  const failed =
    value.status === 'failed' ? h('p.lab-error', { role: 'alert' }, value.message) : null;
  const ready = value.status === 'ready' ? h('p.lab-empty', {}, t('lanes.ready')) : null;
  const stopped = value.status === 'cancelled' ? h('p.lab-note', {}, t('lanes.stopped')) : null;
  view.foot.replaceChildren(
    ...[ready, failed, stopped].filter((node) => node !== null),
    ...[schedule, ...value.notes].filter(Boolean).map((note) => h('p.lab-note', {}, note)),
  );
}

// --- selection and keyboard -----------------------------------------------------------------------------------

/** @param {LanesHost} host */
function recordOf(host) {
  return host.value.record || host.value.run_id;
}

/** @param {LanesHost} host */
function mark(host) {
  if (!host.view) return;
  host.view.marked?.classList.remove('lab-selected');
  const chosen = state.selection;
  const here = chosen && chosen.moment !== null && chosen.record === recordOf(host);
  const node = here ? host.view.moments.get(Number(chosen.moment)) : undefined;
  node?.classList.add('lab-selected');
  host.view.marked = node;
}

/**
 * The selected thought can be given to somebody.
 * @param {LanesHost} host
 */
function offer(host) {
  const { view } = host;
  if (!view) return;
  for (const lane of host.value.lanes)
    for (const agent of lane.agents) {
      const card = view.lanes.get(lane.id)?.cards.get(agent.name);
      if (card) drawOffer(card.offer, lane, agent, host);
    }
}

const STEPS = new Map([
  ['ArrowRight', 1],
  ['ArrowDown', 1],
  ['ArrowLeft', -1],
  ['ArrowUp', -1],
]);

/** @param {KeyboardEvent} event */
function rove(event) {
  const here = /** @type {HTMLElement} */ (event.target);
  const group = here.closest('.roving');
  if (!group) return;
  const items = Array.from(group.querySelectorAll(':scope > [tabindex]:not([hidden])'));
  const step = STEPS.get(event.key);
  if (step) {
    const next = /** @type {HTMLElement | undefined} */ (items[items.indexOf(here) + step]);
    if (!next) return;
    event.preventDefault();
    here.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  } else if ((event.key === 'Enter' || event.key === ' ') && here.matches('.word')) {
    event.preventDefault();
    here.click();
  }
}
