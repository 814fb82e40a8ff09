// Numbers as people read them: “simple” (99.9 %, 80 ± 5 %, two digits) or “exact” (five digits, shares as they are measured).
import { state } from './state.js';

const DIGITS = 5;
/** Units whose numbers are no readings of a model but sizes: three digits say enough. */
const SIZES = /^(B|KB|MB|GB|ms|s|FLOP|[KMGTP]FLOP)$/;
const THIN = '\u202f';

export function isExact() {
  return state.numbers === 'exact';
}

/** @param {string} text */
function signed(text) {
  return text.replace('-', '−');
}

/** @param {number} value */
function exactly(value) {
  const size = Math.abs(value);
  if (size > 0 && size < 1e-3) return signed(value.toExponential(DIGITS - 1));
  return signed(String(Number(value.toPrecision(DIGITS))));
}

/**
 * Digits that a reader keeps: two, whole numbers whole, and no exponents.
 * @param {number} value
 * @param {number} digits
 * @returns {string}
 */
function plainly(value, digits) {
  const size = Math.abs(value);
  if (size > 0 && size < 0.001) return value > 0 ? '< 0.001' : '> −0.001';
  if (size >= 1e9) return `${plainly(value / 1e9, digits)}${THIN}×${THIN}10⁹`;
  if (size >= 100) return signed(String(Math.round(value))).replace(/\B(?=(\d{3})+$)/g, THIN);
  return signed(value === 0 ? '0' : value.toPrecision(digits));
}

/**
 * A share, 0 to 1.
 * @param {number | null} share
 */
export function percent(share) {
  if (share === null || !Number.isFinite(share)) return '–';
  const value = 100 * share;
  if (isExact()) return `${exactly(value)} %`;
  if (value > 0 && value < 0.05) return '< 0.1 %';
  if (value < 100 && value >= 99.95) return '> 99.9 %';
  const whole = Number.isInteger(Number(value.toFixed(1))) || (value >= 10 && value <= 90);
  return `${value.toFixed(whole ? 0 : 1)} %`;
}

/**
 * @param {number | null} value
 * @param {string} [unit]
 */
export function numeral(value, unit = '') {
  if (value === null || Number.isNaN(value)) return '–';
  const tail = unit ? ` ${unit}` : '';
  if (!Number.isFinite(value)) return `${value > 0 ? '∞' : '−∞'}${tail}`;
  if (unit === '%') return percent(value / 100);
  if (isExact()) return exactly(value) + tail;
  return plainly(value, SIZES.test(unit) ? 3 : 2) + tail;
}

/**
 * A figure with the half of its 95 % interval: “80 ± 5 %”.
 * @param {number} value
 * @param {number} half
 * @param {boolean} share
 */
export function spread(value, half, share) {
  if (isExact()) return `${exactly(value)} ± ${exactly(half)}`;
  if (!share) return `${plainly(value, 2)} ± ${plainly(half, 2)}`;
  const digits = 100 * half < 1 ? 1 : 0;
  return `${(100 * value).toFixed(digits)} ± ${(100 * half).toFixed(digits)} %`;
}

/**
 * The number that Python left to the page: value | unit | half, see `lab.words.numeral`.
 * @param {string} text
 */
export function told(text) {
  const [value, unit = '', half = ''] = text.split('|');
  if (half) return spread(Number(value), Number(half), unit === 'share');
  return numeral(Number(value), unit);
}

/**
 * Plotly's own formats in hovers and cells, with as many digits as are wanted.
 * @param {string} template
 */
export function formats(template) {
  if (!isExact()) return template;
  return template.replace(/(%\{[^}:]+:)\.\d([fg])\}/g, (_, start) => `${start}.${DIGITS}~g}`);
}
