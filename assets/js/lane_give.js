// A thought is given to another agent: dragged onto its card, or chosen and sent from a menu under the thoughts. What that
// agent says stands under the lanes, beside what it says without it and with random numbers.
import { mark } from './answer.js';
import { agentName, changed, h, state, t, tongue } from './widget.js';

/** @import { AgentView, GivenRow, GivenValue, LanesValue, LaneView } from './types.d.ts' */
/** @import { Host } from './widget.js' */
/** @typedef {Host<'lanes.js'>} LanesHost */
/** @typedef {{ lane: string, agent: string, step: number }} Thought */

const FAR = 6; // pixels from which a press is a drag

/**
 * Whether there is somebody to ask: a finished record on a page with a server.
 * @param {LanesHost} host
 */
function canGive({ value }) {
  return (
    Boolean(value.record) &&
    value.status === 'finished' &&
    document.getElementById('lab-tabs') !== null
  );
}

/**
 * @param {LanesHost} host
 * @param {Thought} thought
 * @param {string} lane
 * @param {string} agent
 */
function give({ value, trigger }, thought, lane, agent) {
  if (value.record)
    trigger('give', {
      record: value.record,
      lane: thought.lane,
      agent: thought.agent,
      step: thought.step,
      to_lane: lane,
      to_agent: agent,
    });
}

// --- by mouse or pen ------------------------------------------------------------------------------------------

/** @param {LanesHost} host */
export function setupGiving(host) {
  host.root.addEventListener('pointerdown', (down) => begin(host, down));
}

/**
 * @param {LanesHost} host
 * @param {PointerEvent} down
 */
function begin(host, down) {
  const dot = /** @type {HTMLElement} */ (down.target).closest('.dot');
  const from = /** @type {HTMLElement | null} */ (dot?.closest('.agent') ?? null);
  if (!(dot instanceof HTMLElement) || !from || down.button !== 0) return;
  if (down.pointerType === 'touch' || !canGive(host)) return;
  const thought = {
    lane: from.dataset.lane ?? '',
    agent: from.dataset.agent ?? '',
    step: Number(dot.dataset.step),
  };
  /** @type {HTMLElement | null} */
  let ghost = null;
  /** @type {HTMLElement | null} */
  let over = null;
  const aim = (/** @type {HTMLElement | null} */ card) => {
    over?.classList.remove('taking');
    over = card;
    over?.classList.add('taking');
  };
  const move = (/** @type {PointerEvent} */ { clientX, clientY }) => {
    if (!ghost) {
      if (Math.hypot(clientX - down.clientX, clientY - down.clientY) < FAR) return;
      ghost = h('div.dot-ghost', { style: { '--agent': from.style.getPropertyValue('--agent') } });
      ghost.append(...Array.from(dot.childNodes, (node) => node.cloneNode(true)));
      host.root.append(ghost);
      host.root.classList.add('giving');
    }
    ghost.style.left = `${clientX}px`;
    ghost.style.top = `${clientY}px`;
    const under = document.elementFromPoint(clientX, clientY)?.closest('.agent');
    const card = under instanceof HTMLElement && host.root.contains(under) ? under : null;
    if (card !== over) aim(card);
  };
  const stop = () => {
    aim(null);
    ghost?.remove();
    host.root.classList.remove('giving');
    window.removeEventListener('pointermove', move);
    window.removeEventListener('pointerup', drop);
    window.removeEventListener('pointercancel', stop);
    window.removeEventListener('keydown', escape);
  };
  const drop = () => {
    const card = ghost && over;
    stop();
    if (card) give(host, thought, card.dataset.lane ?? '', card.dataset.agent ?? '');
  };
  const escape = (/** @type {KeyboardEvent} */ { key }) => key === 'Escape' && stop();
  window.addEventListener('pointermove', move);
  window.addEventListener('pointerup', drop);
  window.addEventListener('pointercancel', stop);
  window.addEventListener('keydown', escape);
}

// --- by keyboard or finger ------------------------------------------------------------------------------------

/**
 * Under the thoughts of the agent whose thought is selected: to whom it shall be given.
 * @param {HTMLElement} box
 * @param {LaneView} lane
 * @param {AgentView} agent
 * @param {LanesHost} host
 */
export function drawOffer(box, lane, agent, host) {
  const { selection } = state;
  const { value } = host;
  const mine =
    selection?.kind === 'latent' && selection.lane === lane.id && selection.agent === agent.name;
  const step = mine && selection.record === value.record && canGive(host) ? selection.step : null;
  const cards = value.lanes.flatMap((l) => l.agents.map((a) => [l.id, l.title, a.name]));
  if (!changed(box, [step, state.language, step === null ? null : cards])) return;
  box.hidden = step === null;
  if (step === null) {
    box.replaceChildren();
    return;
  }
  const menu = h('select', { 'aria-label': t('give.whom') });
  menu.append(...value.lanes.flatMap((one) => group(one)));
  menu.value = likely(value, lane, agent);
  box.replaceChildren(
    h('span', {}, t('give.to', { n: step })),
    menu,
    h(
      'button',
      {
        type: 'button',
        onclick: () => {
          const { lane: to = '', agent: who = '' } = menu.selectedOptions[0].dataset;
          give(host, { lane: lane.id, agent: agent.name, step }, to, who);
        },
      },
      t('give.go'),
    ),
  );
}

/** @param {LaneView} lane */
function group(lane) {
  const options = lane.agents.map((one) =>
    h(
      'option',
      { value: `${lane.id}|${one.name}`, data: { lane: lane.id, agent: one.name } },
      `${agentName(one.name)} · ${lane.title}`,
    ),
  );
  return h('optgroup', { label: lane.title }, options);
}

/**
 * Somebody who was handed nothing tells most; else the last agent of another lane, or of this one.
 * @param {LanesValue} value
 * @param {LaneView} lane
 * @param {AgentView} agent
 */
function likely(value, lane, agent) {
  const others = value.lanes.filter((one) => one.id !== lane.id);
  const one = others.find((other) => other.control) ?? others.at(-1) ?? lane;
  return `${one.id}|${(one.agents.at(-1) ?? agent).name}`;
}

// --- what came of it ------------------------------------------------------------------------------------------

/**
 * @param {HTMLElement} box
 * @param {LanesHost} host
 */
export function drawGiven(box, host) {
  const { value } = host;
  const given = state.given?.record && state.given.record === value.record ? state.given : null;
  if (!changed(box, [given, state.language, value.record])) return;
  const before = box.hidden;
  box.hidden = !given;
  box.replaceChildren(...(given ? panel(given, host, () => shut(box, host)) : []));
  if (given && (before || given.rows.length)) box.scrollIntoView({ block: 'nearest' });
}

/**
 * @param {HTMLElement} box
 * @param {LanesHost} host
 */
function shut(box, { value, trigger }) {
  state.given = null;
  if (value.record) trigger('take', { record: value.record });
  box.hidden = true;
  box.replaceChildren();
  delete box.dataset.key;
}

/**
 * @param {GivenValue} given
 * @param {LanesHost} host
 * @param {() => void} close
 */
function panel(given, host, close) {
  const { value } = host;
  const find = (/** @type {string} */ id, /** @type {string} */ name) => {
    const lane = value.lanes.find((one) => one.id === id);
    return { lane, agent: lane?.agents.find((one) => one.name === name) };
  };
  const from = find(given.lane, given.agent);
  const to = find(given.to_lane, given.to_agent);
  const word = from.agent?.dots[given.step - 1]?.top[0]?.word ?? '';
  const title = t('give.title', {
    n: given.step,
    word: word.replace(/^␣/, ''),
    agent: agentName(given.agent),
    lane: from.lane?.title ?? '',
    receiver: agentName(given.to_agent),
    place: to.lane?.title ?? '',
  });
  return [
    h(
      'header',
      {},
      h('h3', {}, title),
      h(
        'button.lab-icon',
        { type: 'button', 'aria-label': t('give.close'), title: t('give.close'), onclick: close },
        '×',
      ),
    ),
    given.working ? h('p.lab-note', { role: 'status' }, given.told || t('give.working')) : null,
    !given.working && given.told ? h('p.lab-error', { role: 'alert' }, given.told) : null,
    given.working || given.told || given.rows.length ? null : ask(given, host),
    ...(given.rows.length ? [table(given), ...notes(given)] : []),
  ].filter((node) => node !== null);
}

/**
 * A thought that came with a link, of models that nobody loads unasked.
 * @param {GivenValue} given
 * @param {LanesHost} host
 */
function ask(given, host) {
  const again = () => give(host, given, given.to_lane, given.to_agent);
  return h('button.give-ask', { type: 'button', onclick: again }, t('give.ask'));
}

/** @param {GivenValue} given */
function table(given) {
  const head = (/** @type {string} */ text) => h('th', { scope: 'col' }, text);
  return h(
    'table.ablations.given-table',
    {},
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        head(t('give.given')),
        head(t('lanes.answer')),
        head(t('ablate.nll', { target: given.target })),
      ),
    ),
    h('tbody', {}, ...given.rows.map((row) => line(row, given.step))),
  );
}

/**
 * @param {GivenRow} row
 * @param {number} step
 */
function line(row, step) {
  const said = row.answer || t('lanes.no_answer');
  return h(
    `tr.given-${row.given}`,
    {},
    h('th', { scope: 'row' }, t(`give.row.${row.given}`, { n: step })),
    h('td', {}, h('span', { lang: tongue(said) }, said), ' ', mark(row.correct)),
    h('td', {}, row.nll),
  );
}

/** @param {GivenValue} given */
function notes(given) {
  const agent = agentName(given.to_agent);
  const { own_step: own, sender, receiver } = given;
  const lines = [t(own ? 'give.replaced' : 'give.before', { agent, n: own })];
  if (!given.same_space) lines.push(t('give.other', { sender, receiver }));
  if (!given.agrees) lines.push(t('give.differs'));
  return lines.map((text) => h('p.lab-note', {}, text));
}
