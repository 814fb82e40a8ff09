// The command line that repeats the run, with a button to copy it.
import { h } from './widget.js';

/** @import { Host } from './widget.js' */

/** @param {Host<'command.js'>} host */
function downloads({ t, value }) {
  const { record } = value;
  if (!record) return null;
  const link = (/** @type {'zip' | 'html'} */ kind) =>
    h(
      'a',
      {
        href: new URL(`lab/records/${encodeURIComponent(record)}.${kind}`, document.baseURI).href,
        download: `${record}.${kind}`,
      },
      t(`command.${kind}`),
    );
  return h('p.run-downloads', {}, t('command.download'), link('zip'), link('html'));
}

/** @param {Host<'command.js'>} host */
export function draw(host) {
  const { t, value } = host;
  if (!value.command) {
    host.root.replaceChildren();
    return;
  }
  const copy = h('button.lab-icon', { type: 'button' }, t('command.copy'));
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(value.command);
    copy.textContent = t('command.copied');
  });
  host.root.replaceChildren(
    h(
      'div.run-command',
      {},
      h('h4', {}, t('command.title')),
      h('div', {}, h('code', { tabindex: 0 }, value.command), copy),
      downloads(host),
    ),
  );
}
