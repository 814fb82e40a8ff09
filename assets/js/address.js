// Keeps the address bar in step with the page, and tells every widget about the selection.
import { setSelection, state } from './widget.js';

/** @param {import('./widget.js').Host<'address.js'>} host */
export function draw(host) {
  const { keys, selection } = host.value;
  if (keys.length) {
    const url = new URL(window.location.href);
    for (const key of keys) {
      const value = host.value[key];
      if (value === null) url.searchParams.delete(key);
      else url.searchParams.set(key, String(value));
    }
    if (url.href !== window.location.href)
      window.history.replaceState(window.history.state, '', url);
  }
  if (JSON.stringify(selection) !== JSON.stringify(state.selection)) setSelection(selection);
}
