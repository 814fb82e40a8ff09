// One line under the run bar: what runs now and at most how long, or what the preset is about.
import { agentName, announce, h } from './widget.js';

/** @param {number} value */
function seconds(value) {
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} s`;
}

/**
 * What was wrong is told until somebody begins to mend it.
 * @param {import('./widget.js').Host<'status.js'>} host
 */
export function setup(host) {
  const mended = (/** @type {Event} */ { target, type }) => {
    const place = type === 'input' ? '#setup' : '[role="option"]';
    if (target instanceof Element && target.closest(place))
      host.root.querySelector('.lab-error')?.remove();
  };
  for (const kind of ['input', 'mousedown']) document.addEventListener(kind, mended);
}

/** A sentence takes the place of the line: nothing is at work. */
export function clear() {
  announce('working', false);
}

/** @param {import('./widget.js').Host<'status.js'>} host */
export function draw(host) {
  const { t, value } = host;
  announce('working', Boolean(value.loading || value.elapsed || value.now.length));
  const parts = [];
  if (value.stopping) parts.push(h('span', {}, t('status.stopping')));
  if (value.loading) parts.push(h('span', {}, t('status.loading')));
  if (value.text) parts.push(h('span', {}, value.text));
  for (const { lane, agent, phase, step } of value.now)
    parts.push(
      h(
        'span',
        {},
        h('b', {}, lane),
        ` ${agentName(agent)} ${t(`lanes.${phase}`)}${step ? ` ${step}` : ''}`,
      ),
    );
  if (value.elapsed) parts.push(h('span', {}, seconds(value.elapsed)));
  if (value.left) parts.push(h('span', {}, t('status.left', { seconds: seconds(value.left) })));
  if (!parts.length && value.about) parts.push(h('span', {}, value.about));
  host.root.replaceChildren(h('p.run-status', { role: 'status' }, ...parts));
}
