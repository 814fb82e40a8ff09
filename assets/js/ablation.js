// Holds the ablations of the open record and tells the lanes, which show them beside the answer.
import { announce, state } from './widget.js';

/** @param {import('./widget.js').Host<'ablation.js'>} host */
export function draw(host) {
  state.ablation = host.value;
  announce('ablation');
}
