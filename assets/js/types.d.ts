// Written by: python -m lab types. What each widget is given (value) and may send (events).

export interface Widgets {
  'ablation.js': { value: AblationValue; events: {} };
  'address.js': { value: AddressValue; events: { went: AddressOpened } };
  'command.js': { value: CommandValue; events: {} };
  'dial.js': { value: DialValue; events: { measure: MeasureDial; turned: DialTurned } };
  'drafts.js': { value: DraftsValue; events: { reader: ReaderChoice; pick: Pick } };
  'drafts_cards.js': { value: ClaimCardsValue; events: { open: ClaimOpened } };
  'drafts_diff.js': { value: DiffValue; events: {} };
  'family.js': { value: FamilyValue; events: {} };
  'given.js': { value: GivenValue; events: {} };
  'header.js': { value: HeaderValue; events: { language: LanguageChoice } };
  'lanes.js': { value: LanesValue; events: { pick: Pick; ablate: AblateClick; ask: AskAgain; give: GiveThought; take: TakeBack } };
  'lessons.js': { value: LessonsValue; events: { scene: SceneWanted; guess: SceneGuess; measure: MeasureScene; look: LookBehind } };
  'mechanism.js': { value: MechanismValue; events: { pick: Pick; show: ShowAgent } };
  'moment.js': { value: MomentValue; events: { pick: Pick } };
  'notes.js': { value: NotesValue; events: {} };
  'own.js': { value: OwnValue; events: { fill: FillIn; other: AskOther } };
  'pair.js': { value: PairValue; events: { compare: CompareWith } };
  'player.js': { value: ReplayValue; events: { stopped: ReplayedTo } };
  'plotly.js': { value: PlotValue; events: { pick: Pick; lasso: Lasso } };
  'question.js': { value: QuestionValue; events: {} };
  'rail.js': { value: RailValue; events: { open: OpenRecord; rename: RenameRecord; pin: PinRecord; delete: DeleteRecord; clear: ClearRecords; restore: RestoreRecords; more: MoreRecords } };
  'room.js': { value: RoomValue; events: {} };
  'spoken.js': { value: SpokenValue; events: {} };
  'stage.js': { value: StageValue; events: { layer: LayerClicked } };
  'stage_cards.js': { value: GalleryValue; events: { card: CardClicked; line: LineClicked } };
  'status.js': { value: StatusValue; events: {} };
  'table.js': { value: TableValue; events: { pick: Pick } };
}

/** One measured figure, as drawn. */
export interface AbilityFigure {
  /** A share (0 to 1) or a mean. */
  value: number;
  text: string;
  /** Half the interval, with its sign. */
  half: string;
  n: number;
}

/** Abilities under one heading. */
export interface AbilityGroup {
  title: string;
  rows: AbilityRow[];
}

/** One ability: a cell per model, None where it was not measured. */
export interface AbilityRow {
  ability: string;
  cells: (AbilityFigure | null)[];
}

/** A button beside an answer: take something from this lane's hand-over. */
export interface AblateClick {
  record: string;
  lane: string;
  condition: string;
}

/** What was measured on one lane. */
export interface AblatedLane {
  /** By condition. */
  rows: { [key: string]: AblationRow };
  /** The condition that runs now, or empty. */
  pending: string;
  /** Its place in line, as a sentence, while it waits for the device. */
  place: string;
}

/** One run with something taken from its hand-over; or the sentence that says why not. */
export interface AblationRow {
  error: string;
  answer: string;
  correct: boolean | null;
  target: string;
  /** Of the target, with its unit. */
  nll: string;
  note: string;
}

/** The ablations of one record. */
export interface AblationValue {
  record: string | null;
  lanes: { [key: string]: AblatedLane };
  conditions: string[];
  true_run: string;
  /** There is nothing here that could measure more. */
  recorded: boolean;
}

/** Back, Forward or a teacher led to another address. */
export interface AddressOpened {
  query: string;
  serial: number;
}

/** What the address bar says, and the selection, which every widget hears of. */
export interface AddressValue {
  /** What is written to the address; the rest of it stays. */
  keys: string[];
  /** The values by key; the address has no others of the keys. */
  entries: { [key: string]: string };
  /** Keys whose change is a step that Back takes back. */
  steps: string[];
  /** Number of the address that the page had opened last when this was written. */
  serial: number;
  /** What was ignored in the address that came. */
  notice: string;
  selection: Selection | null;
}

/** One agent as drawn. */
export interface AgentView {
  name: string;
  host: string;
  /** Row of the data flow. */
  stage: number;
  /** Whether it has read the facts; None where there are none. */
  sees_facts: boolean | null;
  phase: 'waiting' | 'reading' | 'thinking' | 'speaking' | 'done';
  /** Empty until it has finished. */
  time: string;
  prompt: Prompt | null;
  dots: Dot[];
  words: Word[];
  /** Tokens said after the last one in ``words``. */
  cut: number;
  text: string;
  note: string;
  cache: Cache;
  strip: SegmentView[];
}

/** The text that is traced. */
export interface AggregateText {
  agent: string;
  host: string;
  said: string;
  /** Geometric-mean probability per word, 0 to 1. */
  confidence: number | null;
  writing: boolean;
  /** Its tokens, in order. */
  places: TextPlace[];
  spans: Span[];
}

/** The points before and after this one, None at the ends. */
export interface Around {
  before: number | null;
  after: number | null;
}

/** Other proposers than the router's shall be asked, beside its choice. */
export interface AskAgain {
  record: string;
  lane: string;
  /** Numbers of the proposers, from 1; empty where the router shall choose. */
  chosen: number[];
  /** How many the router shall choose. */
  k: number;
}

/** The question shall be asked of a public model. */
export interface AskOther {
  name: string;
}

/** The agent at work in one lane. */
export interface AtWork {
  lane: string;
  agent: string;
  phase: string;
  step: number;
}

/** Seconds that an agent spent on one kind of slot. */
export interface Bar {
  kind: 'prompt' | 'latent' | 'token';
  start: number;
  end: number;
}

/** Size of an agent's KV cache. */
export interface Cache {
  len: number;
  /** Empty until it was measured. */
  bytes: string;
}

/** One proposer. */
export interface CandidateView {
  agent: string;
  host: string;
  asked: boolean;
  /** Of being right on this question; None where nobody looked at it. */
  chance: number | null;
  /** Share of the past questions on which it was right. */
  rate: number | null;
  words: WordWeight[];
}

/** A card was opened or closed. */
export interface CardClicked {
  number: number;
}

/** One claim in one text. */
export interface Cell {
  state: 'right' | 'wrong' | 'said' | 'missing';
  value: string;
  start: number;
  end: number;
  conflicts: boolean;
}

/** The layers that were clicked. */
export interface ChosenLayers {
  sender: number | null;
  receiver: number | null;
}

/** A claim about a method, and what was measured here. */
export interface ClaimCard {
  name: string;
  title: string;
  claim: string;
  lines: ClaimLine[];
  verdict: 'yes' | 'no' | 'unclear' | 'none';
  sentence: string;
  /** What one run cannot show. */
  caveat: string;
  about: 'latentmas' | 'moa';
  /** Independent reports for and against, with their source. */
  reports: string;
}

/** All claims. */
export interface ClaimCardsValue {
  cards: ClaimCard[];
  /** Name of the card whose figure is shown. */
  open: string | null;
}

/** A claim with its writer's own probability. */
export interface ClaimChance {
  about: string;
  value: string;
  /** None where the truth is unknown. */
  right: boolean | null;
  /** None where the endpoint told no log-probabilities. */
  probability: number | null;
}

/** One measured figure with its interval. */
export interface ClaimLine {
  label: string;
  value: number;
  low: number;
  high: number;
  /** The end of the line; it begins at 0. */
  scale: number;
  text: string;
  control: boolean;
}

/** A card was chosen. */
export interface ClaimOpened {
  name: string;
}

/** One claim across all drafts and the aggregate. */
export interface ClaimRow {
  about: string;
  /** The right value, empty where unknown. */
  truth: string;
  drafts: Cell[];
  aggregate: Cell;
  fate: 'kept' | 'dropped' | 'corrected' | 'spoiled' | 'changed' | 'invented' | 'absent';
}

/** All of one's own records that are over and not pinned shall be deleted. */
export interface ClearRecords {
}

/** The command line that repeats the run. */
export interface CommandValue {
  command: string;
  /** Record that can be downloaded. */
  record: string | null;
}

/** Another run shall stand beside the one on the page; an empty name takes it away. */
export interface CompareWith {
  /** Id of the one on the page. */
  record: string;
  other: string;
}

/** The methods side by side, as texts with units. */
export interface Comparison {
  columns: ('answer' | 'tokens_read' | 'tokens_written' | 'latent_steps' | 'kv_len' | 'kv_bytes' | 'first_token' | 'seconds' | 'peak_bytes' | 'flops')[];
  rows: ComparisonRow[];
}

/** One lane of the comparison; ``cells`` in the order of the columns. */
export interface ComparisonRow {
  title: string;
  correct: boolean | null;
  done: boolean;
  cells: string[];
}

/** One constraint with its words and measured conditions. */
export interface ConstraintCard {
  number: number;
  /** What stands for it in short: its number, or a sign. */
  mark: string;
  title: string;
  rule: string;
  why: string;
  lines: ConstraintLine[];
  /** What could not be measured, and why. */
  missing: string[];
  /** How many conditions work, work in part, fail. */
  tally: { [key: string]: number };
}

/** One measured condition between its floor and its ceiling, all shares. */
export interface ConstraintLine {
  name: string;
  channel: string;
  title: string;
  /** What is handed over, in a word. */
  how: string;
  value: number;
  low: number;
  high: number;
  text: string;
  floor: number;
  ceiling: number;
  light: 'works' | 'partly' | 'fails' | '';
  /** A point of the dial of parameters, which is left out of the tally. */
  dial: boolean;
  /** It can be put on the stage. */
  tried: boolean;
}

/** A record shall be deleted. */
export interface DeleteRecord {
  record: string;
}

/** Right answers among some problems. */
export interface DialRate {
  right: number;
  n: number;
  /** 95 % Wilson interval. */
  low: number;
  high: number;
}

/** What stands at one place of the dial, or at one of its bounds. */
export interface DialStop {
  /** Whether the answer to this problem is known. */
  said: boolean;
  answer: string;
  correct: boolean | null;
  /** KV positions handed to the last agent. */
  slots: number;
  bytes: string;
  rate: DialRate | null;
}

/** Where the thumb came to rest. */
export interface DialTurned {
  record: string;
  m: number;
}

/** All of it; no stops where nobody thinks in latents. */
export interface DialValue {
  record: string;
  lane: string;
  truth: string;
  /** Latent steps of the run itself, where the dial reaches that far. */
  m: number | null;
  /** Where a link put the thumb; at the run's own number if it said nothing. */
  at: number | null;
  /** Another one: an address was opened, and the thumb goes where it says. */
  visit: number;
  /** By m, from 0. */
  stops: DialStop[];
  /** The floor: the last agent alone. */
  nothing: DialStop | null;
  /** The ceiling: the same agents handing over words. */
  text: DialStop | null;
  /** Whether what is missing can be measured here. */
  measurable: boolean;
  working: boolean;
  /** Place in line, or how far the measurement is. */
  told: string;
}

/** Neighbouring words, in both texts or in this one only. */
export interface DiffPiece {
  said: string;
  same: boolean;
}

/** One of the two texts. */
export interface DiffSide {
  agent: string;
  /** None for an agent that said nothing. */
  pieces: DiffPiece[];
}

/** Two texts, word by word. */
export interface DiffValue {
  left: DiffSide;
  right: DiffSide;
  /** Agent → colour. */
  colors: { [key: string]: string };
}

/** One latent step. */
export interface Dot {
  /** 1-based. */
  step: number;
  /** What the unembedding reads here, best first. */
  top: Guess[];
  /** Nats. */
  entropy: number | null;
  /** L2 norm of the hidden state. */
  norm: number | null;
  /** None where it was not captured. */
  moment: number | null;
}

/** Figures of one reader; None where they cannot be told. */
export interface DraftFigures {
  /** Words of the aggregate over mean words of a draft. */
  inflation: number | null;
  /** Claims per written token of the drafts; right ones only where the truth is known. */
  facts_per_token_drafts: number | null;
  facts_per_token_team: number | null;
  /** Lane seconds to the reader's first word. */
  wait: number | null;
  /** Written by the drafts and the reader. */
  tokens: number;
}

/** An agent that was given drafts. */
export interface DraftReader {
  agent: string;
  stage: number;
  role: string;
}

/** Characters ``start:end`` of a draft, taken into the target or dropped; spans cover the whole draft. */
export interface DraftSpan {
  start: number;
  end: number;
  taken: boolean;
}

/** One draft that was read. */
export interface DraftText {
  agent: string;
  host: string;
  said: string;
  /** Geometric-mean probability per word, 0 to 1. */
  confidence: number | null;
  writing: boolean;
  /** Its tokens, in order. */
  places: TextPlace[];
  spans: DraftSpan[];
  /** Share of the aggregate's words owed to it. */
  owed: number;
  /** Share of its own words that was taken. */
  taken: number;
  claims: ClaimChance[];
  /** What is odd about it, or empty. */
  note: string;
}

/** The drafts of one reader and what became of them. */
export interface DraftsValue {
  reader: string;
  readers: DraftReader[];
  /** Agent → colour. */
  colors: { [key: string]: string };
  correct: boolean | null;
  target: AggregateText;
  drafts: DraftText[];
  /** Share of the aggregate's words by kind. */
  shares: { [key: string]: number };
  claims: ClaimRow[];
  /** How many claims of each fate. */
  counts: { [key: string]: number };
  figures: DraftFigures;
}

/** A hint that says what would stand here, and how to get it. */
export interface EmptyValue {
  empty: string;
}

/** An error that stands in the place of the picture. */
export interface ErrorValue {
  error: string;
  /** Another one each time that it is told: who meets the same error twice is told it twice. */
  told: number;
}

/** What a failure experiment measured on the record's model. */
export interface ExportedBreakIt {
  gallery: GalleryValue;
  caption: string;
}

/** What one reader made of its drafts. */
export interface ExportedDrafts {
  lane: string;
  title: string;
  stage: DraftsValue;
  flow: PlotValue;
  waiting: PlotValue;
  confidence: PlotValue;
}

/** One agent's vectors read as words. */
export interface ExportedLens {
  lane: string;
  agent: string;
  host: string;
  plot: PlotValue | EmptyValue;
  notes: NotesValue;
  alignment: PlotValue | EmptyValue;
  alignment_notes: NotesValue;
}

/** The map of one model's layer. */
export interface ExportedMap {
  host: string;
  layer: number;
  plot: PlotValue | EmptyValue;
  notes: NotesValue;
}

/** Who wrote which slot of a lane's caches. */
export interface ExportedMemory {
  lane: string;
  strip: PlotValue;
  notes: NotesValue;
}

/** A whole record. */
export interface ExportedPage {
  /** The name by which selections know it. */
  record: string;
  title: string;
  caption: string;
  /** All texts by language and key. */
  words: { [key: string]: { [key: string]: string } };
  /** The lanes from the first event to the last: a `LanesValue`, then what each next picture changes, see `lab.panels.changes`. */
  replay: any[];
  /** The last picture. */
  lanes: LanesValue;
  /** As far as parts of the hand-overs were taken away. */
  ablation: AblationValue;
  moments: MomentValue[];
  maps: ExportedMap[];
  lenses: ExportedLens[];
  /** When the answer's words appear. */
  watched: PlotValue | null;
  memories: ExportedMemory[];
  growth: PlotValue;
  cost: TableValue;
  drafts: ExportedDrafts[];
  break_it: ExportedBreakIt | null;
}

/** The card of one model. */
export interface FamilyModel {
  name: string;
  /** The constraint that it breaks. */
  breaks: string;
  facts: string[];
  notes: string[];
}

/** A member that is made by arithmetic when asked for. */
export interface FamilyTwin {
  name: string;
  breaks: string;
}

/** All models with their measured abilities. */
export interface FamilyValue {
  models: FamilyModel[];
  groups: AbilityGroup[];
  together: TogetherRow[];
  twins: FamilyTwin[];
}

/** An example shall be asked. */
export interface FillIn {
  number: number;
}

/** All constraints. */
export interface GalleryValue {
  cards: ConstraintCard[];
  /** Number of the open card. */
  open: number | null;
  /** There is no stage on which a line's condition could be tried. */
  recorded: boolean;
}

/** A thought was dragged onto an agent's card. */
export interface GiveThought {
  record: string;
  /** Whose thought. */
  lane: string;
  agent: string;
  step: number;
  to_lane: string;
  to_agent: string;
}

/** One answer of the agent that was asked. */
export interface GivenRow {
  given: 'nothing' | 'thought' | 'random' | 'thoughts' | 'randoms';
  answer: string;
  correct: boolean | null;
  /** Of the target, with its unit. */
  nll: string;
}

/** All that was measured on one thought; no record where nothing was given. */
export interface GivenValue {
  record: string | null;
  lane: string;
  agent: string;
  step: number;
  to_lane: string;
  to_agent: string;
  rows: GivenRow[];
  target: string;
  /** Model whose thought it is. */
  sender: string;
  receiver: string;
  same_space: boolean;
  /** Number of the receiver's own thought that gave way; 0 for one that speaks. */
  own_step: number;
  /** The lanes, run again, said what the record says. */
  agrees: boolean;
  working: boolean;
  /** Its place in line, or the sentence that says why it could not be measured. */
  told: string;
}

/** A word and its probability. */
export interface Guess {
  word: string;
  p: number;
}

/** One hand-over. */
export interface Hand {
  source: string;
  target: string;
  channel: 'kv' | 'hidden' | 'text';
  slots: number;
  bytes: string;
  words: number;
}

/** A record that a student gave to the teacher. */
export interface HandedIn {
  name: string;
  record: string;
}

/** The bar at the top. */
export interface HeaderValue {
  hosts: HostLine[];
  busy: boolean;
  /** Jobs in the queue. */
  waiting: number;
}

/** A vector as a heat strip. */
export interface HeatStrip {
  /** -100 to 100: the dimensions shown, in parts of the largest of them. */
  cells: number[];
  /** Largest absolute entry among all dimensions. */
  largest: number;
  /** L2 norm over all dimensions. */
  norm: number;
}

/** One measure of a map, beside the same measure of shuffled data. */
export interface HonestyMeasure {
  name: string;
  value: number;
  shuffled: number;
}

/** How far a map may be believed. */
export interface HonestyView {
  measures: HonestyMeasure[];
  /** Points it was measured on. */
  n: number;
  sentence: string;
}

/** One loaded model. */
export interface HostLine {
  name: string;
  /** Size, device, dtype, why this device, and from which quantisation the weights come. */
  summary: string;
  /** Why it computes in this dtype. */
  dtype: string;
}

/** Colours of one theme. */
export interface Ink {
  ink: string;
  grid: string;
  paper: string;
}

/** One method at work. */
export interface LaneView {
  id: string;
  /** What its agents hand on, where they are a chain. */
  chain: '' | 'words' | 'states';
  title: string;
  drawn_as: string;
  done: boolean;
  answer: string;
  /** The answer's checkable part. */
  value: string;
  correct: boolean | null;
  /** Whether its hand-over is broken on purpose. */
  control: boolean;
  /** How often the same hand-over is right over many other problems, where that is recorded. */
  rate: Rate | null;
  /** Who of its proposers is asked, where somebody chooses. */
  routing: RoutingView | null;
  agents: AgentView[];
  /** By agent. */
  colors: { [key: string]: string };
  hands: Hand[];
}

/** The whole picture of a run. */
export interface LanesValue {
  run_id: string;
  /** Id of the record, once there is one. */
  record: string | null;
  /** ``ready`` before a run, then what the record says of itself. */
  status: string;
  message: string;
  question: string;
  facts: string;
  /** Whether some agents are not shown the facts. */
  relay: boolean;
  truth: string | null;
  schedule: string;
  notes: string[];
  /** Slots of the largest cache: the common scale of all strips. */
  cache_max: number;
  lanes: LaneView[];
  timeline: Timeline;
  table: Comparison;
}

/** The page is wanted in another language. */
export interface LanguageChoice {
  language: string;
  /** What is shown has texts that only a new look gives in it: menus of a record. */
  again?: boolean;
}

/** The marks within a lasso or a box. */
export interface Lasso {
  point_ids: number[];
}

/** A layer of one of the stacks was chosen. */
export interface LayerClicked {
  side: 'sender' | 'receiver';
  layer: number;
}

/** A proposer is asked past questions. */
export interface Learning {
  host: string;
  done: number;
  total: number;
}

/** One condition, as it was recorded, and as it was measured now. */
export interface LessonBar {
  label: string;
  role: 'floor' | 'asked' | 'ceiling';
  /** Number of the choice it stands for. */
  option: number | null;
  recorded: LessonFigure;
  live: LessonFigure | null;
  /** Problem by problem, of the live measurement of a rate. */
  hits: boolean[];
}

/** A lesson in the list. */
export interface LessonEntry {
  name: string;
  number: number;
  title: string;
  about: string;
  scenes: number;
  seconds: number;
  open: boolean;
}

/** A figure with its 95 % interval. */
export interface LessonFigure {
  value: number;
  low: number;
  high: number;
  n: number;
  /** The figure as people read it. */
  text: string;
  /** The same of its interval. */
  interval: string;
}

/** The tab. */
export interface LessonsValue {
  entries: LessonEntry[];
  lesson: string;
  number: number;
  title: string;
  about: string;
  /** Number of the scene in front, from 0. */
  scene: number;
  /** Per scene, whether it was answered. */
  done: boolean[];
  card: SceneCard;
  /** How many are taken by one live measurement. */
  problems: number;
  /** What is being done on the device for this page; empty: nothing. */
  working: string;
  /** Name of the lesson that follows this one. */
  next: string;
}

/** What students of a room may do. */
export interface Limit {
  /** Ask questions of their own instead of the lab's. */
  own_questions: boolean;
  /** Load other models than the pocket ones. */
  real_models: boolean;
  /** Train a student of the data factory, which takes the device for a minute or more. */
  training: boolean;
  /** Works for the device that one student may start in a minute. */
  runs_per_minute: number;
  /** Students at the same time. */
  size: number;
}

/** A condition is wanted on the stage. */
export interface LineClicked {
  name: string;
  channel: string;
}

/** What figures bring no colours for: they follow the page. */
export interface Look {
  light: Ink;
  dark: Ink;
  /** Frame of the selected cell of a heat-map. */
  ring: string;
}

/** The panel behind the scene in front is wanted. */
export interface LookBehind {
  lesson: string;
  scene: number;
}

/** Measure what is missing on a record's dial. */
export interface MeasureDial {
  record: string;
}

/** The scene in front is to be measured now. */
export interface MeasureScene {
}

/** What was measured, beside which a class sees its guesses. */
export interface Measured {
  /** Percent. */
  rate: number;
  /** Lower end of the 95 % interval, percent. */
  low: number | null;
  high: number | null;
  /** Problems it was measured on. */
  n: number | null;
}

/** One latent step. */
export interface MechanismStep {
  /** 1-based. */
  step: number;
  /** None where it was not captured. */
  moment: number | null;
  /** The state that is fed back; None where it was not captured. */
  hidden: HeatStrip | null;
  /** The next input embedding; None where it was not captured. */
  fed: HeatStrip | null;
  /** L2 norm of the state, as the run told it. */
  norm: number | null;
  /** L2 norm of what was fed, as the run told it. */
  fed_norm: number | null;
  /** Between the state and what was fed. */
  cosine: number | null;
  /** What the head would say, best first. */
  top: Guess[];
  /** Nats, of the head's whole distribution. */
  entropy: number | null;
  /** Key of the would-be word in ``words``; None where the record holds no embedding of it. */
  word: string | null;
  /** Cosine between what was fed and the would-be word's embedding. */
  kept: number | null;
  /** KV positions after this step. */
  slots: number;
}

/** The steps of one agent, and who else could be looked at; no steps where nobody thinks in latents. */
export interface MechanismValue {
  record: string;
  lane: string;
  agent: string;
  host: string;
  /** From the state to the input space, before the length is set. */
  map: 'identity' | 'ridge' | 'softmax' | 'gauge';
  /** Where the state is read. */
  layer: number;
  /** How many the model has. */
  layers: number;
  /** Dimensions of a vector. */
  width: number;
  /** One in so many of them is shown. */
  every: number;
  /** Input and output embeddings are the same table. */
  tied: boolean;
  steps: MechanismStep[];
  /** Input embeddings of would-be words. */
  words: { [key: string]: HeatStrip };
  /** What stands in the cache before the first step. */
  memory: SegmentView[];
  /** Keys and values of one position; empty where it was not measured. */
  slot_bytes: string;
  /** By agent of the lane. */
  colors: { [key: string]: string };
  /** All agents of the run that take latent steps, in order. */
  thinking: ThinkingAgent[];
}

/** One captured point as text. */
export interface MomentCard {
  title: string;
  facts: MomentFact[];
  words: ReadWord[];
  neighbours: Neighbour[];
  point_id: number;
  moment: number;
  layer: number;
  lane: string;
  agent: string;
  kind: string;
  step: number;
}

/** One line of the card. */
export interface MomentFact {
  name: string;
  value: string;
}

/** The card with the points one step and one layer away; no card before there is a selection. */
export interface MomentValue {
  /** Whose positions can be kept in this browser; empty in an exported page. */
  record: string;
  card: MomentCard | null;
  steps: Around;
  layers: Around;
}

/** Older records are wanted too. */
export interface MoreRecords {
}

/** A near point of the same layer. */
export interface Neighbour {
  point_id: number;
  text: string;
  cosine: string;
}

/** A question that a teacher opens: with choices, or without any for a rate in percent. */
export interface NewQuestion {
  text: string;
  choices: string[];
  /** The view of the lab it is about: the query of its address. */
  address: string;
  /** Known before and shown at the reveal, with a rate only. */
  measured: Measured | null;
  /** The number of the right choice, known before and shown at the reveal. */
  right: number | null;
}

/** Sentences under a figure. */
export interface NotesValue {
  lines: string[];
  /** The sentence above the others. */
  strong: string;
  honesty: HonestyView | null;
}

/** A record was chosen. */
export interface OpenRecord {
  record: string;
}

/** A question that the model can answer. */
export interface OwnExample {
  facts: string;
  question: string;
  truth: string;
}

/** A public model that is on this machine. */
export interface OwnOffer {
  name: string;
  title: string;
}

/** A part of the text that was typed. */
export interface OwnPiece {
  text: string;
  known: boolean;
}

/** Nothing is shown of a model that was taught any word, nor of a world's question. */
export interface OwnValue {
  host: string;
  /** Facts and question, if a word of them was never taught to the model. */
  typed: OwnPiece[];
  examples: OwnExample[];
  /** Who knows the words that the model does not. */
  offers: OwnOffer[];
}

/** What one agent thought or said in one of the runs. */
export interface PairAgent {
  name: string;
  color: string;
  thoughts: PairThought[];
  said: DiffPiece[];
  /** The other run has the lane, and no such agent in it. */
  alone: boolean;
}

/** A record that can be compared with. */
export interface PairChoice {
  id: string;
  title: string;
}

/** One column of the comparison of the methods. */
export interface PairCost {
  column: 'answer' | 'tokens_read' | 'tokens_written' | 'latent_steps' | 'kv_len' | 'kv_bytes' | 'first_token' | 'seconds' | 'peak_bytes' | 'flops';
  text: string;
  /** Equal to the other run's; clock times are never told as different. */
  same: boolean;
}

/** One lane of both runs; None where a run has no such lane. */
export interface PairLane {
  title: string;
  here: PairSide | null;
  there: PairSide | null;
  /** Marks on both sides. */
  differences: number;
}

/** One thing that the two plans say differently. */
export interface PairSetting {
  /** Title of the lane, or empty for the whole plan. */
  where: string;
  key: string;
  here: string;
  there: string;
}

/** One lane in one of the runs. */
export interface PairSide {
  answer: string;
  correct: boolean | null;
  /** Answer and verdict are the other run's. */
  same: boolean;
  agents: PairAgent[];
  cost: PairCost[];
}

/** Neighbouring steps that would say one word. */
export interface PairThought {
  word: string;
  /** How many steps. */
  n: number;
  /** The other run's steps of the same numbers would say it too. */
  same: boolean;
}

/** The pair; no other record where nothing is compared. */
export interface PairValue {
  record: string | null;
  other: string | null;
  choices: PairChoice[];
  /** Name of the run on the page. */
  here: string;
  there: string;
  same_problem: boolean;
  settings: PairSetting[];
  lanes: PairLane[];
  /** Marks of everything in ``lanes``. */
  differences: number;
  /** Why there is no pair. */
  told: string;
}

/** A click that selects: a point, or a moment (at the layer selected before) of an agent. */
export interface Pick {
  point_id?: number | null;
  moment?: number | null;
  layer?: number | null;
  record?: string | null;
  lane?: string | null;
  agent?: string | null;
}

/** A record shall stand above the others, or no longer. */
export interface PinRecord {
  record: string;
  pinned: boolean;
}

/** A figure with what is said and saved with it. */
export interface PlotValue {
  figure: PlotlyFigure;
  /** Start of the names of saved files. */
  name: string;
  caption: string;
  /** The toolbar offers lasso and box, and what they hold is sent. */
  lasso: boolean;
  /** By point_id: its nearest points in the full space, which light up when it is hovered. */
  near: { [key: string]: number[] };
  look: Look;
}

/** A Plotly figure. */
export interface PlotlyFigure {
  data: { [key: string]: any }[];
  layout: { [key: string]: any };
}

/** What an agent read; a long prompt comes as its count and the ends of its text. */
export interface Prompt {
  n: number;
  /** Moment of the first token; None when prompts were not captured. */
  first: number | null;
  text: string;
  tokens: string[];
}

/** The question of the open record; nothing where there is none. */
export interface QuestionValue {
  question: string;
  truth: string;
  answers: RailAnswer[];
  /** Id of the record, to take what is shown along as a notebook. */
  record: string;
}

/** The answer of one lane of a record. */
export interface RailAnswer {
  title: string;
  text: string;
  correct: boolean | null;
}

/** One record of the history. */
export interface RailRecord {
  id: string;
  title: string;
  name: string;
  created: string;
  status: string;
  message: string;
  question: string;
  shipped: boolean;
  answers: RailAnswer[];
  /** The name that somebody gave it. */
  called: string;
  /** This browser made it. */
  mine: boolean;
  /** This browser may name, pin and delete it. */
  changeable: boolean;
  pinned: boolean;
  /** What of its plan is not as its preset has it. */
  changed: PairSetting[];
}

/** The history: pinned records, then the other own ones, newest first, then the shipped ones. */
export interface RailValue {
  records: RailRecord[];
  /** Id of the record on the page. */
  open: string | null;
  /** A sentence above the list, or empty. */
  message: string;
  /** Ids of the records that were just deleted, and can be brought back. */
  deleted: string[];
  /** Older records, which are not in the list. */
  more: number;
  /** Records that this browser made and that can be cleared at once. */
  clearable: number;
}

/** A share with its 95 % interval. */
export interface Rate {
  value: number;
  low: number;
  high: number;
  /** Problems it was measured on. */
  n: number;
}

/** A word that the unembedding reads here. */
export interface ReadWord {
  word: string;
  /** Its probability as text. */
  share: string;
  p: number;
}

/** The drafts of another reader are wanted. */
export interface ReaderChoice {
  agent: string;
}

/** A record shall be called something. */
export interface RenameRecord {
  record: string;
  name: string;
}

/** A run to be played; no pictures where there is nothing to play. */
export interface ReplayValue {
  record: string;
  /** JSON of the first picture, then of what changes from each to the next, see `lab.panels.changes`: as text it is made once for all who look. */
  pictures: string;
  /** By picture, how many events it shows. */
  events: number[];
  /** How many events are shown first; all of them if it is not said. */
  at: number | null;
  /** Play it at once: it was run just now, faster than one can follow. */
  play: boolean;
}

/** Somebody stopped at a moment of the replay. */
export interface ReplayedTo {
  record: string;
  events: number;
}

/** Deleted records shall come back. */
export interface RestoreRecords {
  records: string[];
}

/** What is shown once somebody has predicted. */
export interface Revealed {
  bars: LessonBar[];
  /** Where the axis ends; 1 for shares. */
  scale: number;
  metric: string;
  /** Number of the right choice, by the recorded figures. */
  right: number | null;
  /** The prediction beside what was measured. */
  told: string;
  take: string;
  /** Experiment, number of problems, models and versions. */
  source: string;
  /** Whether it can be measured again within moments. */
  measurable: boolean;
  /** Why it cannot be; empty if it can. */
  only_recorded: string;
  /** Whether the live figures lie where the recorded ones do; empty before. */
  agrees: string;
}

/** A question as one person sees it. */
export interface RoomQuestion {
  id: number;
  text: string;
  choices: string[];
  address: string;
  revealed: boolean;
  /** One's own prediction: the number of a choice, or percent. */
  mine: number | null;
  /** For students only after the reveal. */
  tally: RoomTally | null;
  /** The number of the right choice, after the reveal, if there is one. */
  right: number | null;
  measured: Measured | null;
}

/** A room as one person sees it. */
export interface RoomState {
  code: string;
  role: 'stranger' | 'student' | 'teacher';
  /** Grows with every change of the room. */
  version: number;
  closed: boolean;
  pace: 'together' | 'free';
  paused: boolean;
  students: number;
  limit: Limit;
  /** The student's own name, else empty. */
  name: string;
  /** What the teacher showed last: the query of an address. */
  view: string;
  /** Grows with every view shown; 0: none yet. */
  view_number: number;
  question: RoomQuestion | null;
  /** Until the room ends by itself. */
  minutes_left: number;
  /** Its data is deleted that long after its end. */
  deleted_after_hours: number;
  teacher: TeacherView | null;
}

/** How many predicted what, and not who. */
export interface RoomTally {
  /** Per choice, or per bin of a rate. */
  counts: number[];
  answered: number;
  /** Of a rate, in percent. */
  mean: number | null;
}

/** What the strip must know before it asks. */
export interface RoomValue {
  /** How students reach this server; empty: as this browser does. */
  address: string;
  /** Opening a room takes the server's teacher's key. */
  key_needed: boolean;
  /** Questions to take as they are. */
  ready: NewQuestion[];
  /** What a new room allows unless its teacher says otherwise. */
  limit: Limit;
  /** What a look answers; the strip looks by itself. */
  now: RoomState | null;
}

/** The choice of one lane. */
export interface RoutingView {
  ask: string;
  candidates: CandidateView[];
  sure: number | null;
  learned: number;
  /** Until it has chosen. */
  learning: Learning | null;
  /** Once both lanes are done. */
  saved: Saved | null;
}

/** Tokens beside those of the lane that asks all. */
export interface Saved {
  tokens: number;
  all: number;
  /** Of the lane that asks all. */
  title: string;
}

/** The scene in front. */
export interface SceneCard {
  name: string;
  ask: string;
  /** None: a rate in percent. */
  choices: string[];
  /** Number of a choice, or percent. */
  guess: number | null;
  revealed: Revealed | null;
  /** What the panel behind it shows. */
  look: string;
  /** The panel behind it: the query of its address. */
  address: string;
  seconds: number;
}

/** A prediction for the scene in front. */
export interface SceneGuess {
  value: number;
}

/** Another scene, or another lesson. */
export interface SceneWanted {
  lesson: string;
  scene?: number;
}

/** A student as the teacher sees one. */
export interface SeatView {
  name: string;
  /** Was heard of in the last seconds. */
  here: boolean;
  /** The view on the student's screen: the query of its address. */
  where: string;
  /** Has work in the queue for the device. */
  waits: boolean;
}

/** Neighbouring slots of a KV cache, all of one writer and kind. */
export interface SegmentView {
  agent: string;
  kind: 'prompt' | 'latent' | 'token';
  length: number;
  /** False: cropped away by the cache policy. */
  kept: boolean;
}

/** The one moment that all panels show, or the sentence that says why there is none. */
export interface Selection {
  record: string;
  error: string;
  point_id: number | null;
  moment: number | null;
  layer: number | null;
  lane: string;
  agent: string;
  kind: string;
  step: number | null;
}

/** Whose steps are wanted. */
export interface ShowAgent {
  record: string;
  lane: string;
  agent: string;
}

/** A place in a draft: characters ``start:end`` of draft number ``draft``. */
export interface Source {
  draft: number;
  start: number;
  end: number;
}

/** Characters ``start:end`` of the target, all of one kind and from the same drafts; spans cover the whole text. */
export interface Span {
  start: number;
  end: number;
  kind: 'verbatim' | 'near' | 'shared' | 'new';
  sources: Source[];
  /** Share of the target's tokens, 0 to 1; the shares of all spans sum to one. */
  share: number;
}

/** What a model said to a prompt. */
export interface SpokenValue {
  model: string;
  prompt: string;
  words: SpokenWord[];
  /** The right answer, where the question is a known problem's. */
  truth: string | null;
  correct: boolean | null;
}

/** One token said. */
export interface SpokenWord {
  text: string;
  /** Its own probability. */
  p: number;
}

/** One model on the stage. */
export interface Stack {
  title: string;
  layers: number;
}

/** What the receiver said, or why there is nothing. */
export interface StageAnswer {
  /** A prediction is wanted first. */
  hidden: boolean;
  /** Why the hand-over cannot be made. */
  refused: string;
  answer: string;
  right: boolean;
  /** Nats, of the right answer. */
  nll: number | null;
  /** Nats, to the correct hand-over; None where the vocabularies differ. */
  kl: number | null;
  rate: StageRate | null;
}

/** What is asked. */
export interface StageProblem {
  facts: string;
  question: string;
  truth: string;
}

/** Right answers over some more problems, with the Wilson interval of their share. */
export interface StageRate {
  right: number;
  n: number;
  low: number;
  high: number;
}

/** The answers to one problem. */
export interface StageResult {
  facts: string;
  question: string;
  truth: string;
  correct: StageAnswer;
  this: StageAnswer;
  none: StageAnswer;
  lens: StageWord[];
}

/** Sender and receiver, the cable between them, and the answers. */
export interface StageValue {
  sender: Stack;
  receiver: Stack;
  channel: string;
  channel_word: string;
  /** Of the cable. */
  color: string;
  change: string;
  broken: boolean;
  /** The last one if none was chosen. */
  layer_read: number;
  layer_written: number;
  chosen: ChosenLayers;
  /** Layers by which the cache is moved. */
  shift: number;
  /** What would be asked; None where the models' own list of problems decides it. */
  problem: StageProblem | null;
  result: StageResult | null;
  busy: string;
}

/** One latent step: the sender's own word, and what the receiver's input words say of it. */
export interface StageWord {
  step: number;
  said: string;
  /** Probability of the sender's word. */
  p: number;
  /** The receiver's nearest input word; None through a cache, where no vector meets its embedding. */
  heard: string | null;
  cosine: number | null;
}

/** What runs now and at most how long, or what the preset is about. */
export interface StatusValue {
  stopping: boolean;
  loading: boolean;
  text: string;
  now: AtWork[];
  /** Seconds. */
  elapsed: number | null;
  /** Seconds, an upper bound. */
  left: number | null;
  about: string;
}

/** A row of texts. */
export interface TableRow {
  cells: string[];
  /** The point that a click selects. */
  point_id: number | null;
}

/** A table of texts. */
export interface TableValue {
  headers: string[];
  rows: TableRow[];
  /** The last column holds running text. */
  wide: boolean;
}

/** The answers shall not be shown any more. */
export interface TakeBack {
  record: string;
}

/** What only teachers see. */
export interface TeacherView {
  students: SeatView[];
  handed_in: HandedIn[];
  teachers: number;
}

/** Where one token stands in a text. */
export interface TextPlace {
  start: number;
  end: number;
  /** The position of the run that a press selects; None where it was not captured. */
  moment: number | null;
}

/** One agent that takes latent steps. */
export interface ThinkingAgent {
  lane: string;
  /** Of the lane. */
  title: string;
  agent: string;
  color: string;
  /** Of its first step. */
  moment: number | null;
}

/** One lane of the timeline, in lane seconds. */
export interface TimeLane {
  title: string;
  total: number;
  total_text: string;
  first_token: number | null;
  first_token_text: string;
  rows: TimeRow[];
}

/** One agent of the timeline. */
export interface TimeRow {
  agent: string;
  color: string;
  /** Seconds before it could start. */
  waits: number;
  bars: Bar[];
}

/** Bars of all lanes on one axis. */
export interface Timeline {
  max: number;
  lanes: TimeLane[];
}

/** A figure that several models make together. */
export interface TogetherRow {
  ability: string;
  cell: AbilityFigure;
}

/** One token said. */
export interface Word {
  text: string;
  /** Nats; None where the endpoint told none. */
  logprob: number | null;
  moment: number | null;
}

/** A word of the question and what it does to a chance. */
export interface WordWeight {
  word: string;
  logit: number;
}
