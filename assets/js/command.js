// The command line that repeats the run, with a button to copy it.
import { h } from './widget.js';

function downloads({ t, value }) {
  if (!value.record) return null;
  const link = (kind) => h('a', { href: new URL(`lab/records/${encodeURIComponent(value.record)}.${kind}`, document.baseURI).href, download: `${value.record}.${kind}` }, t(`command.${kind}`));
  return h('p.run-downloads', {}, t('command.download'), link('zip'), link('html'));
}

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
  host.root.replaceChildren(h('div.run-command', {}, h('h4', {}, t('command.title')), h('div', {}, h('code', { tabindex: 0 }, value.command), copy), downloads(host)));
}
