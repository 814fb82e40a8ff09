import { h } from './widget.js';
export function draw(host) { host.root.replaceChildren(h('pre', {}, JSON.stringify(host.value, null, 1).slice(0, 3000))); }
