/* global Plotly */
// An exported record: sections with figures, one selection, a card. Text enters through textContent only.
(() => {
  const data = JSON.parse(document.getElementById('record').textContent);
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const ink = dark ? '#e8ebf0' : '#1c2430';
  const grid = dark ? '#363d48' : '#dfe3e8';
  const state = { tab: 'Map', group: null, name: null, point: null };

  function h(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {}))
      if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
      else node.setAttribute(key, value);
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
  }
  const column = (name, i) =>
    Array.isArray(data.points[name][0])
      ? data.points[name][0][data.points[name][1][i]]
      : data.points[name][i];
  const known = (i) => i !== null && i !== undefined && i >= 0 && i < data.points.moment.length;

  function ring(traces) {
    if (!known(state.point)) return [];
    const moment = column('moment', state.point);
    const tests = [
      (c) => (Array.isArray(c) ? c[0] : c) === state.point,
      (c) => Array.isArray(c) && c[1] === moment,
    ];
    for (const same of tests)
      for (const trace of traces) {
        const custom = trace.customdata || [];
        const base = {
          type: 'scatter',
          mode: 'markers',
          hoverinfo: 'skip',
          showlegend: false,
          xaxis: trace.xaxis,
          yaxis: trace.yaxis,
        };
        if (trace.type === 'heatmap') {
          for (let r = 0; r < custom.length; r += 1) {
            const c = (custom[r] || []).findIndex(same);
            if (c >= 0)
              return [
                {
                  ...base,
                  x: [trace.x[c]],
                  y: [trace.y[r]],
                  marker: { symbol: 'square-open', size: 18, color: '#D55E00', line: { width: 3 } },
                },
              ];
          }
        } else {
          const i = custom.findIndex(same);
          if (i < 0) continue;
          const x = trace.type === 'bar' ? trace.base[i] + trace.x[i] / 2 : trace.x[i];
          return [
            {
              ...base,
              x: [x],
              y: [trace.y[i]],
              marker: {
                symbol: 'circle-open',
                size: 20,
                color: ink,
                line: { width: 3, color: ink },
              },
            },
          ];
        }
      }
    return [];
  }

  function layout(source) {
    const out = { ...source, font: { ...source.font, color: ink } };
    for (const key of Object.keys(out))
      if (/^[xy]axis\d*$/.test(key))
        out[key] = {
          gridcolor: grid,
          zerolinecolor: grid,
          linecolor: grid,
          automargin: true,
          ...out[key],
        };
    return out;
  }

  const plot = h('div', { id: 'plot', role: 'img' });
  const under = h('div', {});
  const controls = h('nav', { 'aria-label': 'Panels' });
  const card = h('aside', { 'aria-live': 'polite' });

  function section() {
    const inTab = data.sections.filter((s) => s.tab === state.tab);
    const groups = [...new Set(inTab.map((s) => s.group))];
    if (!groups.includes(state.group)) state.group = groups[0];
    const inGroup = inTab.filter((s) => s.group === state.group);
    if (!inGroup.some((s) => s.name === state.name)) state.name = inGroup[0]?.name;
    return {
      groups,
      names: inGroup.map((s) => s.name),
      now: inGroup.find((s) => s.name === state.name),
    };
  }

  function choose(label, names, now, set) {
    if (names.length < 2) return null;
    const select = h(
      'select',
      {
        'aria-label': label,
        onchange: (event) => {
          set(event.target.value);
          draw();
        },
      },
      names.map((n) => h('option', { value: n }, n)),
    );
    select.value = now;
    return select;
  }

  function draw() {
    const { groups, names, now } = section();
    const tabs = [...new Set(data.sections.map((s) => s.tab))];
    controls.replaceChildren(
      ...tabs.map((tab) =>
        h(
          'button',
          {
            type: 'button',
            'aria-pressed': String(tab === state.tab),
            onclick: () => {
              state.tab = tab;
              draw();
            },
          },
          tab,
        ),
      ),
      ...[
        choose('View', groups, state.group, (v) => {
          state.group = v;
        }),
        choose('Which', names, state.name, (v) => {
          state.name = v;
        }),
      ].filter(Boolean),
    );
    if (!now) return;
    under.replaceChildren(...now.notes.map((note) => h('p', { class: 'note' }, note)));
    plot.setAttribute('aria-label', `${now.tab}, ${now.group}, ${now.name}`);
    Plotly.react(plot, {
      data: [...now.figure.data, ...ring(now.figure.data)],
      layout: layout(now.figure.layout),
      config: {
        responsive: true,
        displaylogo: false,
        showSendToCloud: false,
        plotlyServerURL: '',
        scrollZoom: true,
      },
    });
    if (!plot.wired) {
      plot.wired = true;
      plot.on('plotly_click', (event) => {
        const custom = event.points[0]?.customdata;
        select(Array.isArray(custom) ? custom[0] : custom);
      });
    }
  }

  function select(point) {
    if (!known(point)) return;
    state.point = point;
    const facts = [
      ['Agent', `${column('agent', point)} (${column('lane', point)})`],
      [
        'Moment',
        `${column('kind', point)} ${column('step', point)}, position ${column('position', point)}`,
      ],
      ['Layer', column('layer', point)],
      ['Token', column('token', point)],
      ['Its log-probability', `${column('logprob', point) ?? '–'} nats`],
      ['Entropy', `${column('entropy', point) ?? '–'} nats`],
      ['Length', column('norm', point) ?? '–'],
      ['The head reads here', column('words', point)],
    ];
    card.replaceChildren(
      h('h2', {}, 'This moment'),
      h(
        'dl',
        {},
        facts.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, String(value))]),
      ),
    );
    draw();
  }

  const verdict = (correct) => (correct === null ? '' : correct ? ' ✓' : ' ✗');
  card.append(
    h('h2', {}, 'This moment'),
    h('p', { class: 'note' }, 'Click a point, a cell or a slot.'),
  );
  document.getElementById('page').append(
    h(
      'header',
      {},
      h('h1', {}, data.title),
      h('p', {}, data.facts),
      h('p', {}, data.question + (data.truth ? ` (truth: ${data.truth})` : '')),
      ...data.answers.map(([lane, answer, correct]) =>
        h('p', {}, `${lane}: ${answer}${verdict(correct)}`),
      ),
      h('p', { class: 'note' }, data.caption),
      ...data.notes.map((note) => h('p', { class: 'note' }, note)),
    ),
    controls,
    h('section', {}, plot, under),
    card,
    h(
      'footer',
      {},
      h('h2', {}, 'Cost'),
      h(
        'div',
        { class: 'scroll' },
        h(
          'table',
          {},
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              data.cost.headers.map((n) => h('th', { scope: 'col' }, n)),
            ),
          ),
          h(
            'tbody',
            {},
            data.cost.rows.map((row) =>
              h(
                'tr',
                {},
                row.map((cell) => h('td', {}, cell)),
              ),
            ),
          ),
        ),
      ),
    ),
  );
  draw();
})();
