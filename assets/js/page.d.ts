// What the page puts on `window`, and the parts of Gradio and Plotly that the widgets use.
import type { AblationValue, DialValue, GivenValue, Selection } from './types.d.ts';

/** The dial of latent steps, and what its thumb does. */
export interface Dial {
  value: DialValue;
  /** Where the thumb stands. */
  m: number;
  turn: (m: number) => void;
  /** The thumb came to rest. */
  rest: () => void;
  /** Measure what is missing. */
  measure: () => void;
}

export interface PageState {
  selection: Selection | null;
  language: string;
  /** simple or exact */
  numbers: string;
  ablation: AblationValue | null;
  dial: Dial | null;
  /** What an agent made of the thought that was given to it. */
  given: GivenValue | null;
  /** The picture of a run that the lanes draw in the place of its last one. */
  replay?: { record: string; picture: unknown } | null;
}

/** What Gradio gives to a component's script. */
export interface Gradio {
  element: HTMLElement;
  trigger: (name: string, data?: unknown) => void;
  props: { value: any };
  watch: (name: string, callback: () => void) => void;
}

export interface PlotlyLibrary {
  react(node: HTMLElement, figure: object): Promise<void>;
  purge(node: HTMLElement): void;
  restyle(node: HTMLElement, update: object, traces: number[]): Promise<void>;
  relayout(node: HTMLElement, update: object): Promise<void>;
  downloadImage(node: HTMLElement, options: object): void;
  Plots: { resize(node: HTMLElement): void };
  Icons: { camera: object; disk: object };
}

/** The element that Plotly draws into. */
export interface PlotNode extends HTMLDivElement {
  on(name: 'plotly_afterplot' | 'plotly_relayouting', callback: () => void): void;
  data?: { z?: unknown }[];
  /** What Plotly made of the layout. */
  _fullLayout: { [name: string]: any };
  on(
    name: 'plotly_click' | 'plotly_hover' | 'plotly_unhover' | 'plotly_selected',
    callback: (event: { points?: { customdata?: unknown }[] }) => void,
  ): void;
}

/** One term of the glossary. */
export interface GlossaryEntry {
  names: string[];
  text: string;
  source: string;
}

declare global {
  interface Window {
    labBus?: EventTarget;
    labFocus?: MutationObserver;
    labState?: PageState;
    LAB_WORDS?: { [language: string]: { [key: string]: string } };
    LAB_GLOSSARY?: { [language: string]: GlossaryEntry[] };
    Plotly?: PlotlyLibrary;
    /** Brings plotly.js where it comes with the page instead of from the server. */
    labPlotly?: () => Promise<PlotlyLibrary>;
  }
}
