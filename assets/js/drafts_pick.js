// A word of a draft or of the aggregate is a position of the run: pressed, it is selected on the whole page.
import { state } from './widget.js';

/** @import { AggregateText, DraftText } from './types.d.ts' */
/** @typedef {import('./widget.js').Host<'drafts.js'>} DraftsHost */

/**
 * The letter under the pointer, in the node that holds it.
 * @param {MouseEvent} event
 */
function letterAt({ clientX, clientY }) {
  if (document.caretPositionFromPoint)
    return document.caretPositionFromPoint(clientX, clientY)?.offset ?? 0;
  return document.caretRangeFromPoint?.(clientX, clientY)?.startOffset ?? 0;
}

/**
 * The position whose word holds this letter of the text, or begins after it.
 * @param {AggregateText | DraftText} text
 * @param {number} letter
 */
function momentAt(text, letter) {
  return text.places.find(({ end }) => end > letter)?.moment ?? null;
}

/**
 * @param {DraftsHost} host
 * @param {HTMLElement} box with the pieces of a text, each with where it starts
 * @param {AggregateText | DraftText} text
 */
export function pickWords(host, box, text) {
  if (!text.places.some(({ moment }) => moment !== null)) return;
  box.classList.add('picks');
  /**
   * @param {EventTarget | null} target
   * @param {number} offset
   */
  const pick = (target, offset) => {
    const piece = target instanceof HTMLElement ? target.closest('.piece') : null;
    if (!(piece instanceof HTMLElement)) return;
    const moment = momentAt(text, Number(piece.dataset.start) + offset);
    if (moment !== null) host.select({ moment });
  };
  box.addEventListener('click', (event) => pick(event.target, letterAt(event)));
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    pick(event.target, 0);
  });
}

/**
 * Marks the piece that holds the selected position.
 * @param {HTMLElement} box
 * @param {AggregateText | DraftText} text
 */
export function markPiece(box, text) {
  const { moment } = state.selection ?? {};
  const place = text.places.find((one) => moment !== undefined && one.moment === moment);
  for (const piece of box.querySelectorAll('.piece')) {
    const start = Number(/** @type {HTMLElement} */ (piece).dataset.start);
    const end = Number(/** @type {HTMLElement} */ (piece).dataset.end);
    const holds =
      place !== undefined && moment !== null && start <= place.start && place.start < end;
    piece.classList.toggle('lab-selected', holds);
  }
}
