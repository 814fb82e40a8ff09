// Unpacks the file: the record's values, the page's modules and plotly.js, all without a request.
(async () => {
  const packed = /** @type {HTMLElement} */ (document.getElementById('pack')).textContent ?? '';
  const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  const { page, modules, plotly } = await new Response(plain).json();
  window.LAB_WORDS = page.words;
  window.labPlotly = async () => {
    script('text/javascript', plotly);
    return /** @type {import('../js/page.d.ts').PlotlyLibrary} */ (window.Plotly);
  };
  const dark = window.matchMedia('(prefers-color-scheme: dark)').matches;
  document.body.classList.toggle('dark', dark);
  /** @type {{ [name: string]: string }} */
  const imports = {};
  for (const [name, text] of Object.entries(modules))
    imports[name] = `data:text/javascript;charset=utf-8,${encodeURIComponent(text)}`;
  script('importmap', JSON.stringify({ imports }));
  const entry = 'lab/exported.js';
  const { show } = await import(entry);
  show(page);

  /**
   * @param {string} type
   * @param {string} text
   */
  function script(type, text) {
    const node = document.createElement('script');
    node.type = type;
    node.textContent = text;
    document.head.append(node);
  }
})();
