// The bar at the top: name, models with device, idle or busy, language, light or dark, projector.
import { wireGradioWords } from './gradio_words.js';
import { wireEmbed } from './embed.js';
import { copyLink } from './link.js';
import { wireProjector } from './projector.js';
import { wireTabs } from './tabs.js';
import { tellLanguage } from './state.js';
import {
  announce,
  h,
  isDark,
  isProjector,
  listen,
  lookAsked,
  setLanguage,
  setNumbers,
  state,
  svg,
} from './widget.js';

/** @import { HeaderValue, HostLine } from './types.d.ts' */
/**
 * @typedef {import('./widget.js').Host<'header.js'> & { working?: boolean, before?: HeaderValue }} Header
 * working: a run of this page is at work; before: what the server told while it was
 */

const ICONS = {
  sun: 'M12 7a5 5 0 1 0 0 10a5 5 0 1 0 0-10M12 1v3M12 20v3M1 12h3M20 12h3M4.2 4.2l2.1 2.1M17.7 17.7l2.1 2.1M4.2 19.8l2.1-2.1M17.7 6.3l2.1-2.1',
  moon: 'M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5Z',
  link: 'M10 14a4 4 0 0 0 6 0l4-4a4 4 0 0 0-6-6l-1.5 1.5M14 10a4 4 0 0 0-6 0l-4 4a4 4 0 0 0 6 6l1.5-1.5',
  projector: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
};

/** @param {keyof typeof ICONS} name */
function icon(name) {
  return svg(
    'svg',
    {
      viewBox: '0 0 24 24',
      width: 16,
      height: 16,
      fill: 'none',
      stroke: 'currentColor',
      'stroke-width': 1.8,
      'stroke-linecap': 'round',
      'aria-hidden': 'true',
    },
    svg('path', { d: ICONS[name] }),
  );
}

/** Light or dark, kept by the browser. */
export function toggleTheme() {
  const dark = !isDark();
  document.body.classList.toggle('dark', dark);
  localStorage.setItem('lab-theme', dark ? 'dark' : 'light');
  announce('look');
}

function toggleProjector() {
  const on = document.documentElement.classList.toggle('projector');
  localStorage.setItem('lab-projector', on ? '1' : '');
  announce('look');
  return on;
}

/** In projector mode a panel's controls are folded into one button, so that its figure has the room. */
const OUT = 'controls-out';
const controlsOut = () => document.documentElement.classList.contains(OUT);

/** @param {MouseEvent} event */
function toggleControls({ currentTarget }) {
  const out = document.documentElement.classList.toggle(OUT);
  /** @type {HTMLElement} */ (currentTarget).setAttribute('aria-pressed', String(out));
  announce('look');
}

/**
 * The page on the whole screen, where the browser allows it.
 * @param {boolean} on
 */
function fillScreen(on) {
  const change = on
    ? document.documentElement.requestFullscreen?.()
    : document.fullscreenElement && document.exitFullscreen();
  Promise.resolve(change).catch(() => null); // refused: the page is large all the same
}

/** @param {Header} host */
export function setup(host) {
  wireTabs();
  wireGradioWords();
  wireProjector();
  wireEmbed();
  const stored = lookAsked('theme', ['light', 'dark']) || localStorage.getItem('lab-theme');
  if (stored) document.body.classList.toggle('dark', stored === 'dark');
  if (localStorage.getItem('lab-projector')) toggleProjector();
  tellLanguage();
  listen('working', (working) => {
    if (working === Boolean(host.working)) return;
    host.working = working;
    host.before = host.value;
    draw(host);
  });
  if (state.language !== 'en')
    setTimeout(() => host.trigger('language', { language: state.language }), 500);
}

/**
 * Models of the same size on the same device share one summary, so that the bar stays readable.
 * @param {HostLine[]} hosts
 */
function grouped(hosts) {
  /** @type {Map<string, HostLine[]>} */
  const groups = new Map();
  for (const one of hosts) groups.set(one.summary, [...(groups.get(one.summary) || []), one]);
  return [...groups.values()];
}

/** @param {Header} host */
export function draw(host) {
  const { t, value } = host;
  const models = value.hosts.length
    ? grouped(value.hosts).map((alike) => {
        const [{ summary, dtype }] = alike;
        const names = alike.map(({ name }) => name).join(', ');
        const title = [`${names} ${summary}`, dtype].filter(Boolean).join('\n');
        return h('span.lab-host', { title }, h('b', {}, names), ` ${summary}`);
      })
    : [h('span.lab-host', {}, t('header.no_model'))];
  // The server is asked every few seconds; the page's own run is known at once.
  const works = host.working || (value.busy && value !== host.before);
  const busy = works || value.waiting > 0;
  const stateText =
    (works ? t('header.busy') : t('header.idle')) +
    (value.waiting ? ` · ${t('header.queued', { n: value.waiting })}` : '');
  /**
   * @param {string} label
   * @param {Node | string} text
   * @param {(event: MouseEvent) => void} action
   * @param {boolean} [pressed]
   */
  const button = (label, text, action, pressed) =>
    h(
      'button.lab-icon',
      {
        type: 'button',
        title: label,
        'aria-label': label,
        'aria-pressed': pressed === undefined ? null : String(pressed),
        onclick: action,
      },
      text,
    );
  host.root.replaceChildren(
    h(
      'div.lab-header',
      { role: 'banner' },
      h('h1.lab-name', {}, 'Latent Lab'),
      h('div.lab-hosts', {}, ...models),
      h(
        `span.lab-state${busy ? '.busy' : ''}`,
        { role: 'status' },
        h('i', { 'aria-hidden': 'true' }),
        stateText,
      ),
      button(t('header.room'), t('header.room'), () => announce('room')),
      button(t('header.link'), icon('link'), () => void copyLink(t)),
      button(t('header.language'), t('header.language'), () => {
        const language = state.language === 'zh' ? 'en' : 'zh';
        setLanguage(language);
        host.trigger('language', { language, again: true });
      }),
      button(
        t('header.exact'),
        '0.00',
        () => {
          setNumbers(state.numbers === 'exact' ? 'simple' : 'exact');
          draw(host);
        },
        state.numbers === 'exact',
      ),
      button(
        t('header.theme'),
        icon(isDark() ? 'sun' : 'moon'),
        () => {
          toggleTheme();
          draw(host);
        },
        isDark(),
      ),
      isProjector()
        ? button(t('header.controls_title'), t('header.controls'), toggleControls, controlsOut())
        : null,
      button(
        t('header.projector'),
        icon('projector'),
        () => {
          fillScreen(toggleProjector());
          draw(host);
        },
        isProjector(),
      ),
    ),
  );
}
