// Holds the ablations of the open record and tells the lanes, which show them beside the answer.
import { announce } from './widget.js';

export function draw(host) {
  announce('ablation', host.value);
}
