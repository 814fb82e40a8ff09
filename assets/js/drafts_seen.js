// Words of strangers made safe to see: control and direction characters become visible signs, so that a draft can
// neither reverse the line it stands in nor hide what it says. Line breaks stay.
/** @param {string} text */
export function seen(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    if (char === '\n') return char;
    return code < 32
      ? String.fromCodePoint(0x2400 + code)
      : `⟨${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}
