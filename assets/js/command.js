// The command line that repeats the run, with a button to copy it, and what can be taken along of a record.
import { h } from './widget.js';

/** @import { Host } from './widget.js' */

/**
 * A link to the notebook that shows the same as the page does when it is pressed.
 * @param {(key: string) => string} t
 * @param {string} record
 */
export const notebookLink = (t, record) =>
  notebookAt(t, `lab/records/${encodeURIComponent(record)}.ipynb`, record);

/**
 * @param {(key: string) => string} t
 * @param {string} path on this server
 * @param {string} name of the file
 */
export function notebookAt(t, path, name) {
  return h(
    'a.notebook-link',
    {
      href: new URL(path, document.baseURI).href,
      download: `${name}.ipynb`,
      title: t('command.notebook_title'),
      onclick: (/** @type {{ currentTarget: HTMLAnchorElement }} */ { currentTarget }) => {
        currentTarget.href = new URL(path + window.location.search, document.baseURI).href;
      },
    },
    t('command.notebook'),
  );
}

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
  return h(
    'p.run-downloads',
    {},
    t('command.download'),
    link('zip'),
    link('html'),
    notebookLink(t, record),
  );
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
