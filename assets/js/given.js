// Holds what an agent made of a thought that was given to it, and tells the lanes, which show it (lane_give.js).
import { announce, state } from './widget.js';

/** @import { Host } from './widget.js' */

/** @param {Host<'given.js'>} host */
export function draw(host) {
  state.given = host.value;
  announce('given');
}
