// The link to what is on the page: copied, or shown and selected where the browser does not let it be copied.
import { h, isDark, state } from './widget.js';

const CONFIRMED_MS = 2500;

/** The whole state, language and theme included. */
function link() {
  const url = new URL(window.location.href);
  url.searchParams.set('lang', state.language);
  url.searchParams.set('numbers', state.numbers);
  url.searchParams.set('theme', isDark() ? 'dark' : 'light');
  return url.href;
}

/** @param {string} text */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** @param {(key: string) => string} t */
export async function copyLink(t) {
  await copyText(t, link(), 'header.link_copied', 'header.link_by_hand');
}

/**
 * @param {(key: string) => string} t
 * @param {string} text
 * @param {string} said when it is copied
 * @param {string} asked when it must be copied by hand
 */
export async function copyText(t, text, said, asked) {
  document.getElementById('lab-link')?.remove();
  const done = await copied(text);
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const box = h('div.lab-link', { id: 'lab-link', role: 'status' });
  document.querySelector('.gradio-container')?.append(box);
  if (done) {
    box.append(t(said));
    setTimeout(() => box.remove(), CONFIRMED_MS);
    return;
  }
  const field = h('input', { type: 'text', readonly: true, value: text });
  const close = () => {
    box.remove();
    before?.focus();
  };
  box.append(
    h('label', {}, t(asked), field),
    h('button.lab-icon', { type: 'button', onclick: close }, t('address.close')),
  );
  box.addEventListener('keydown', (event) => event.key === 'Escape' && close());
  field.focus();
  field.select();
}
