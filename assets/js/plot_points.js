// What a figure's marks carry: Plotly's packed arrays, and the point of a record that a mark stands for.

/** @import { Pick } from './types.d.ts' */

const TYPES = {
  f8: Float64Array,
  f4: Float32Array,
  i4: Int32Array,
  u4: Uint32Array,
  i2: Int16Array,
  u2: Uint16Array,
  i1: Int8Array,
  u1: Uint8Array,
};

/** @typedef {{ bdata: string, dtype: keyof typeof TYPES, shape?: string }} Packed */

/**
 * Plotly's packed arrays to plain ones, one level of nesting at most.
 * @param {Packed | any[] | null | undefined} value
 * @returns {any[]}
 */
export function plain(value) {
  if (!value || typeof value !== 'object' || !('bdata' in value)) return value ?? [];
  const bytes = Uint8Array.from(atob(value.bdata), (c) => c.charCodeAt(0));
  const flat = Array.from(new TYPES[value.dtype](bytes.buffer));
  const shape = value.shape ? String(value.shape).split(',').map(Number) : [flat.length];
  if (shape.length < 2) return flat;
  return Array.from({ length: shape[0] }, (_, i) => flat.slice(i * shape[1], (i + 1) * shape[1]));
}

/**
 * @param {any} custom customdata of a mark
 * @returns {Pick | null}
 */
export function pointOf(custom) {
  const first =
    Array.isArray(custom) || ArrayBuffer.isView(custom) ? Reflect.get(custom, 0) : custom;
  if (first && typeof first === 'object') return first;
  const number = Number(first);
  return first !== null && first !== undefined && first !== '' && Number.isFinite(number)
    ? { point_id: number }
    : null;
}
