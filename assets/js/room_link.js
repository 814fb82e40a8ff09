// Asks the server's routes of the rooms, and keeps which room this browser is in.
import { headingTo } from './address.js';
import { filled } from './words.js';
import { t } from './widget.js';

/** @import { RoomState } from './types.d.ts' */

const PATIENCE_MS = 8000;
const LATER_MS = 1500;
const FIRST_TAB = 'side_by_side';
const KEPT = 'lab-room';

/** Why the server, or the way to it, said no. */
export class RoomError extends Error {
  /**
   * @param {string} text
   * @param {string} reason
   */
  constructor(text, reason) {
    super(text);
    this.reason = reason;
  }
}

/** @param {string} path */
export const roomAddress = (path) => new URL(`lab/room${path}`, document.baseURI).href;

/**
 * @param {string} path
 * @param {object} [body] with one, something is to be done
 * @returns {Promise<{ state: RoomState | null, invitation: string }>}
 */
export async function ask(path, body) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const sent = body && {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const answer = await fetch(roomAddress(path), { ...sent, signal, cache: 'no-store' }).catch(
    () => null,
  );
  const data = await answer?.json().catch(() => null);
  if (!answer?.ok || !data)
    throw new RoomError(data?.error ? filled(data.error) : t('room.lost'), data?.reason ?? 'lost');
  return filled(data);
}

/**
 * The same until the server has heard it: for what may be said twice and must not be lost.
 * @param {string} path
 * @param {object} body
 * @param {(error: RoomError) => void} onWait
 */
export async function insist(path, body, onWait) {
  for (;;) {
    try {
      return await ask(path, body);
    } catch (error) {
      const no = /** @type {RoomError} */ (error);
      if (!['lost', 'locked'].includes(no.reason)) throw no;
      onWait(no);
      await new Promise((done) => setTimeout(done, LATER_MS));
    }
  }
}

/** @param {string | null} given */
const clean = (given) =>
  (given ?? '')
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .slice(0, 12);

/** The room in the address, else the one that this browser was in last. */
export const currentCode = () =>
  clean(new URLSearchParams(location.search).get('room') ?? localStorage.getItem(KEPT));

/** @param {string} code empty: none */
export function enterRoom(code) {
  const url = new URL(location.href);
  if (code) {
    url.searchParams.set('room', clean(code));
    localStorage.setItem(KEPT, clean(code));
  } else {
    url.searchParams.delete('room');
    localStorage.removeItem(KEPT);
  }
  history.replaceState(history.state, '', url);
}

/** The view on this screen: the query of the address, without the room and without one's own look. */
export function here() {
  const view = new URLSearchParams(location.search);
  for (const own of ['room', 'lang', 'theme']) view.delete(own);
  view.sort();
  return view.toString();
}

/**
 * The view on this screen, also while the address still names the tab before: it is the server that
 * writes it, a moment later.
 */
export function inFront() {
  const view = new URLSearchParams(here());
  const tab = /** @type {HTMLElement | null} */ (
    document.querySelector('#lab-tabs button[role="tab"][aria-selected="true"]')
  )?.dataset.tabId;
  if (tab && tab !== (view.get('tab') ?? FIRST_TAB)) view.set('tab', tab);
  view.sort();
  return view.toString();
}

/**
 * Whether this screen shows a view, or will in a moment: all that it says, and perhaps more.
 * @param {string} view
 */
export function shown(view) {
  const mine = new URLSearchParams(headingTo() ?? location.search);
  return [...new URLSearchParams(view)].every(([key, value]) => mine.get(key) === value);
}

/**
 * A secret that a link carries behind its “#”, where no server sees it; it is taken out of the address.
 * @param {string} name
 */
export function fromHash(name) {
  const hash = new URLSearchParams(location.hash.slice(1));
  const secret = hash.get(name);
  if (!secret) return '';
  history.replaceState(history.state, '', location.pathname + location.search);
  return secret;
}
