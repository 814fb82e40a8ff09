// Holds the dial of latent steps: where its thumb stands, and for every m what was sent before. The lane whose steps they
// are draws it (lane_dial.js), so that its own answer follows the thumb.
import { announce, state } from './widget.js';

/** @import { Host } from './widget.js' */
/** @typedef {Host<'dial.js'> & { m?: number, record?: string, asked?: string, visit?: number }} DialHost */

/** @param {DialHost} host */
export function draw(host) {
  const { value } = host;
  if (!value.stops.length) {
    clear(host);
    return;
  }
  if (host.record !== value.record || host.visit !== value.visit) {
    host.record = value.record;
    host.visit = value.visit;
    host.m = value.at ?? value.m ?? value.stops.length - 1;
  }
  tell(host);
}

/** @param {DialHost} host */
export function clear(host) {
  host.record = undefined;
  if (!state.dial) return;
  state.dial = null;
  announce('dial');
}

/** @param {DialHost} host */
function tell(host) {
  const { value, m = 0 } = host;
  state.dial = {
    value,
    m,
    turn(to) {
      host.m = to;
      tell(host);
      if (host.value.measurable) measure(host);
    },
    rest: () => host.trigger('turned', { record: host.value.record, m: host.m ?? 0 }),
    measure: () => measure(host, true),
  };
  announce('dial');
}

/**
 * What is missing is measured once for every record, and again if somebody asks.
 * @param {DialHost} host
 * @param {boolean} again
 */
function measure(host, again = false) {
  if ((host.asked === host.value.record && !again) || host.value.working) return;
  host.asked = host.value.record;
  host.trigger('measure', { record: host.value.record });
}
