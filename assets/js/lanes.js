// The lanes: agents as cards in the order of the data, what they think as dots, what they hand over as ribbons.
// Drawn piece by piece as the state grows; the state is made by lab/panels/lanes.py.
import { h, listen, setText, state, t } from './widget.js';
import { drawAnswer } from './answer.js';
import { drawRibbons } from './ribbons.js';
import { drawStrip } from './strip.js';
import { drawTable, drawTimeline } from './summary.js';

const REPEAT = '·';

export function setup(host) {
  host.onSelection(() => mark(host));
  listen('ablation', (results) => {
    host.ablation = results;
    if (host.view?.lanes.size) draw(host);
  });
  host.root.addEventListener('keydown', rove);
}

export function clear(host) {
  host.view = null;
}

export function draw(host) {
  const value = host.value;
  const key = `${value.run_id}|${state.language}`;
  const size = sizeOf(value);
  if (host.view?.key !== key || size < host.view.size || !host.view.top.isConnected) start(host, key);
  const view = host.view;
  view.size = size;
  drawQuestion(view, value);
  for (const lane of value.lanes) drawLane(host, lane);
  view.legend.hidden = !value.lanes.length;
  drawTimeline(view.timeline, value);
  drawTable(view.table, value);
  drawFoot(view, value);
  mark(host);
}

// How much there is to see: less than before means that the run is shown from an earlier moment.
function sizeOf(value) {
  return value.lanes.reduce((sum, lane) => sum + 1 + lane.done + lane.agents.reduce((n, a) => n + 1 + a.dots.length + a.words.length + Boolean(a.prompt), 0), 0);
}

function start(host, key) {
  const part = (name, tag = 'div') => h(`${tag}.${name}`);
  const view = { key, lanes: new Map(), moments: new Map(), top: part('lanes-question'), grid: part('lanes-grid'), legend: legend(), timeline: part('lanes-timeline', 'section'), table: part('lanes-table', 'section'), foot: part('lanes-foot') };
  host.view = view;
  host.root.replaceChildren(view.top, view.grid, view.legend, view.timeline, view.table, view.foot);
}

function legend() {
  const key = (kind) => h('span', {}, h(`i.slot.${kind}`, { style: { '--agent': 'var(--muted)' } }), t(`lanes.legend.${kind}`));
  return h('p.lanes-legend', { hidden: true }, key('prompt'), key('latent'), key('token'), key('dropped'),
    h('span', {}, h('i.line.solid'), t('lanes.legend.solid')), h('span', {}, h('i.line.dotted'), t('lanes.legend.dotted')));
}

function drawQuestion(view, value) {
  const text = JSON.stringify([value.question, value.facts, value.truth]);
  if (view.question === text) return;
  view.question = text;
  view.top.replaceChildren(...(value.question ? [
    h('p.lanes-facts', {}, value.facts),
    h('p.lanes-ask', {}, h('b', {}, value.question), value.truth ? h('span.lanes-truth', {}, `${t('lanes.truth')} `, h('b', {}, value.truth)) : null)] : []));
}

// --- one lane -------------------------------------------------------------------------------------------------

function drawLane(host, lane) {
  const { view, value } = host;
  let node = view.lanes.get(lane.id);
  if (!node) {
    node = { box: h('section.lane', { 'aria-label': lane.title }), stages: h('div.stages'), cards: new Map(), rows: [], answer: h('div.lane-answer', { 'aria-live': 'polite' }) };
    node.box.append(h('header', {}, h('h3', {}, lane.title), h('p.lab-note', {}, lane.drawn_as)), node.stages, node.answer);
    view.grid.append(node.box);
    view.lanes.set(lane.id, node);
  }
  for (const agent of lane.agents) drawCard(host, lane, node, agent);
  node.rows.forEach((row, stage) => stage > 0 && drawRibbons(row.gap, lane, stage, value));
  drawAnswer(node.answer, lane, value, host.ablation, host.trigger);
}

function stageRow(node, stage) {
  while (node.rows.length <= stage) {
    const row = { gap: node.rows.length ? h('div.ribbons') : null, cards: h('div.stage') };
    node.stages.append(...[row.gap, row.cards].filter(Boolean));
    node.rows.push(row);
  }
  return node.rows[stage];
}

// --- one agent ------------------------------------------------------------------------------------------------

function drawCard(host, lane, node, agent) {
  let card = node.cards.get(agent.name);
  if (!card) {
    card = makeCard(agent, lane.colors[agent.name]);
    const row = stageRow(node, agent.stage);
    row.cards.append(card.box);
    row.cards.style.setProperty('--columns', row.cards.children.length);
    row.cards.classList.toggle('many', row.cards.children.length > 2);
    node.cards.set(agent.name, card);
  }
  card.box.dataset.phase = agent.phase;
  setText(card.phase, agent.phase === 'done' ? agent.time || '' : t(`lanes.${agent.phase}`));
  const pick = (moment) => moment !== null && moment !== undefined && host.select({ moment, record: recordOf(host), lane: lane.id, agent: agent.name });
  if (agent.prompt && !card.promptDrawn) drawPrompt(host, card, agent, pick);
  drawDots(host, card, agent, pick);
  drawWords(host, card, agent, pick);
  const cards = Object.fromEntries(lane.agents.map((a) => [a.name, a]));
  drawStrip(card.strip, agent, { scale: host.value.kv_max, colors: lane.colors, cards, pick: (moment, name) => moment !== null && host.select({ moment, record: recordOf(host), lane: lane.id, agent: name }) });
  setText(card.note, agent.note || (agent.cut ? t('lanes.more', { n: agent.cut }) : ''));
}

function makeCard(agent, color) {
  const card = { phase: h('span.agent-phase'), prompt: h('details.agent-prompt', { hidden: true }), count: h('p.agent-count', { hidden: true }), dots: h('div.dots.roving', { role: 'group' }), words: h('p.agent-words.roving'), strip: h('div.agent-strip'), note: h('p.agent-note'), dotNodes: [], wordNodes: [] };
  card.box = h('article.agent', { style: { '--agent': color }, 'aria-label': agent.name },
    h('header', {}, h('b', {}, agent.name), h('span.agent-host', {}, agent.host), card.phase),
    card.prompt, card.count, card.dots, card.words, card.note, card.strip);
  return card;
}

function drawPrompt(host, card, agent, pick) {
  const { n, first, text, tokens } = agent.prompt;
  card.promptDrawn = true;
  card.prompt.hidden = false;
  const body = h('p.agent-words.roving');
  const fill = () => {
    if (!card.prompt.open || body.childNodes.length) return;
    if (!tokens.length) body.textContent = text;
    tokens.forEach((token, i) => body.append(word(host, token, first === null ? null : first + i, '', pick, i)));
    mark(host);
  };
  card.prompt.addEventListener('toggle', fill);
  card.prompt.append(h('summary', {}, t('lanes.prompt', { n })), body);
}

function word(host, text, moment, title, pick, index) {
  const node = h('span.word', { title, role: moment === null ? null : 'button', tabindex: index ? -1 : 0, onclick: () => pick(moment) }, text);
  if (moment !== null && moment !== undefined) remember(host, moment, node);
  return node;
}

function drawDots(host, card, agent, pick) {
  const dots = agent.dots;
  if (!dots.length) return;
  card.count.hidden = false;
  setText(card.count, t(dots.length === 1 ? 'lanes.thoughts_one' : 'lanes.thoughts', { n: dots.length }));
  for (let i = card.dotNodes.length; i < dots.length; i += 1) {
    const [step, top, entropy, norm, , moment] = dots[i];
    const [said, p] = top[0] || ['', 0];
    const again = i > 0 && (dots[i - 1][1][0] || [])[0] === said;
    const chance = `${Math.round(100 * p)} %`;
    const name = t('lanes.dot', { step, word: said, p: chance });
    const more = top.slice(1).map(([w, q]) => `${w} ${Math.round(100 * q)} %`).join(', ');
    const dot = h(`button.dot${again ? '.again' : ''}${p < 0.5 ? '.unsure' : ''}`, { type: 'button', tabindex: i ? -1 : 0, 'aria-label': name, title: `${name}\n${more}\n${entropy} nats, |h| ${norm}`, onclick: () => pick(moment) },
      h('i', { style: { '--p': Math.max(0.08, p) } }), h('span', { 'aria-hidden': 'true' }, again ? REPEAT : said.replace(/^␣/, '')));
    if (moment !== null) remember(host, moment, dot);
    card.dots.append(dot);
    card.dotNodes.push(dot);
  }
}

function drawWords(host, card, agent, pick) {
  for (let i = card.wordNodes.length; i < agent.words.length; i += 1) {
    const [text, logprob, moment] = agent.words[i];
    const p = logprob === null ? null : Math.exp(logprob);
    const node = word(host, text, moment, p === null ? '' : `${Math.round(100 * p)} %`, pick, i);
    if (p !== null && p < 0.5) node.classList.add('unsure');
    if (/^<\w+>$/.test(text.trim())) node.classList.add('mark');
    card.words.append(node);
    card.wordNodes.push(node);
  }
  if (!agent.words.length && agent.text) setText(card.words, agent.text);
}

function drawFoot(view, value) {
  const schedule = value.schedule && value.lanes.length > 1 ? t(`lanes.schedule.${value.schedule}`) : '';
  const failed = value.status === 'failed' ? h('p.lab-error', { role: 'alert' }, value.message) : null;
  const ready = value.status === 'ready' ? h('p.lab-empty', {}, t('lanes.ready')) : null;
  const stopped = value.status === 'cancelled' ? h('p.lab-note', {}, t('lanes.stopped')) : null;
  view.foot.replaceChildren(...[ready, failed, stopped, schedule && h('p.lab-note', {}, schedule), ...value.notes.map((note) => h('p.lab-note', {}, note))].filter(Boolean));
}

// --- selection and keyboard -----------------------------------------------------------------------------------

function recordOf(host) {
  return host.value.record || host.value.run_id;
}

function remember(host, moment, node) {
  host.view.moments.set(moment, node);
}

function mark(host) {
  if (!host.view) return;
  host.view.marked?.classList.remove('lab-selected');
  const chosen = state.selection;
  const node = chosen && chosen.record === recordOf(host) ? host.view.moments.get(chosen.moment) : null;
  node?.classList.add('lab-selected');
  host.view.marked = node;
}

function rove(event) {
  const group = event.target.closest?.('.roving');
  if (!group) return;
  const items = Array.from(group.children).filter((node) => node.tabIndex !== undefined && node.getAttribute('tabindex'));
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (step) {
    const next = items[items.indexOf(event.target) + step];
    if (!next) return;
    event.preventDefault();
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  } else if ((event.key === 'Enter' || event.key === ' ') && event.target.matches('.word')) {
    event.preventDefault();
    event.target.click();
  }
}
