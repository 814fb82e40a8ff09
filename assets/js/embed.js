// One figure alone, for an iframe of another page: the same page at the same address, of which only it is seen.
const NAME = /^[a-z][a-z0-9-]{0,60}$/;
const HEIGHT = 640;

/** The figure's name in the address, if the page is a frame for it. */
function asked() {
  const name = new URLSearchParams(window.location.search).get('embed') ?? '';
  return NAME.test(name) ? name : '';
}

/**
 * The element to paste into another page.
 * @param {string} name id of the figure
 * @param {string} title
 */
export function frameOf(name, title) {
  const url = new URL(window.location.href);
  url.searchParams.set('embed', name);
  const [src, named] = [url.href, title].map((text) =>
    text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`),
  );
  const size = `width="100%" height="${HEIGHT}" loading="lazy" style="border: 0"`;
  return `<iframe src="${src}" title="${named}" ${size}></iframe>`;
}

/** Called once: in a frame, only its figure is seen as soon as it is there. */
export function wireEmbed() {
  const name = asked();
  if (!name) return;
  document.documentElement.classList.add('embedded');
  const show = () => document.getElementById(name)?.classList.add('lab-embed');
  new MutationObserver(show).observe(document.body, { childList: true, subtree: true });
  show();
}
