import type { MissingNumbers } from '../../data/columns.js';
import { nearest } from '../../diagnostics/did-you-mean.js';
import type { Span } from '../../diagnostics/source.js';
import type { Document, EntryNode } from '../../dsl/document.js';
import type { Call, Duration } from '../../ir/kind.js';
import {
  clippingKeys,
  type DataValues,
  data,
  liveDefaults,
  type OriginValues,
  optionalKeys,
  origin,
  type PhaseValues,
  type SectionKind,
  type SimplifyValues,
  resources,
  sections,
  simplify,
  type TrainValues,
  train,
  trainDefaults,
} from '../sections.js';
import type {
  DataSpec,
  FileReference,
  LiveSpec,
  Origin,
  PhaseSpec,
  Shares,
  SimplifySpec,
  TargetSpec,
  Threshold,
  TrainSpec,
} from '../spec.js';
import { metricOf } from '../monitored.js';
import { isByOutput } from '../objectives.js';
import { spellingsOf } from '../vocabulary.js';
import { type Context, listWords } from './context.js';
import { OFF, schemaOf } from './expected.js';
import { validate } from './faults.js';
import { type Override, reportMiss } from './overrides.js';
import { defaultValue, isOff, resolveMap, resolveValue } from './resolve.js';
import { describeTerm, type Term } from './term.js';
import { Unit } from './unit.js';

/** A section with its values, and where each was written. */
interface Read<V> {
  readonly values: Partial<V>;
  readonly unit: Unit;
}

/** What stands in for a call that is missing or wrong: it was reported, so nothing runs with it. */
const missing: Call = { word: '', arguments: {} };

/** Resolves and validates a section. `written` is its value at the top of the spec, absent where only `--set` gives keys. */
function readSection<V>(
  context: Context,
  kind: SectionKind,
  entry: EntryNode | undefined,
  at: Span,
  override: Override | undefined,
): Read<V> {
  const unit = new Unit(`section.${kind.keyword}`, kind.keyword, entry?.key.span ?? at);
  const node = override?.value ?? entry?.value;
  const term: Term = node ? context.lets.evaluate(node) : { kind: 'map', span: at, entries: [], size: 1, depth: 1 };
  if (term.kind === 'broken') return { values: {}, unit };
  if (kind.off && isOff(term)) {
    for (const child of override?.children.values() ?? [])
      reportMiss(context, child, `\`${kind.keyword}\` is off, so it has no keys`);
    return { values: {}, unit };
  }
  if (term.kind !== 'map') {
    const found = describeTerm(term);
    const expected = `keys in braces (\`{ key: value }\`)${kind.off ? ` or \`${OFF}\`` : ''}`;
    const details = { owner: 'the spec', name: kind.keyword, expected, found };
    context.report('wrong-type', details, { at: term.span });
    return { values: {}, unit };
  }
  const values = resolveMap(context, schemaOf(kind.schema), term, unit, '', override) ?? {};
  validate(context, unit, values);
  return { values: values as Partial<V>, unit };
}

/** Where the sections stand, and what `--set` gives them. */
export interface SectionPlaces {
  readonly document: Document;
  readonly model: Span;
  readonly sets: Override;
}

/** The section that a key is likely meant to be which is none. */
export function sectionMeant(key: string): string | undefined {
  return nearest(key, [...Object.keys(sections), 'model', 'let', 'block']);
}

/** Whether a section is there under a name that was mistyped, which is said of that name. */
function isMisspelt(document: Document, keyword: string): boolean {
  return document.entries.some(({ key }) => !Object.hasOwn(sections, key.text) && sectionMeant(key.text) === keyword);
}

function entryOf(document: Document, key: string): EntryNode | undefined {
  return document.entries.find((entry) => entry.key.text === key);
}

export function lowerData(context: Context, { document, model, sets }: SectionPlaces): DataSpec {
  const entry = entryOf(document, data.keyword);
  const override = sets.child(data.keyword);
  if (!entry && !override) {
    const help = ['for example `data { source: mnist; validation: 5000 }`'];
    if (!isMisspelt(document, data.keyword))
      context.report('missing-section', { section: data.keyword }, { at: model, help });
    return { source: missing, seed: 0 };
  }
  const { values, unit } = readSection<DataValues>(context, data, entry, model, override);
  checkFolds(context, values, unit);
  const both = values.target !== undefined && unit.terms.get('/targets');
  if (both) {
    const help = ['`target` is for one output, `targets { output: field }` for several: keep one'];
    context.report('two-ways', { owner: data.keyword, keys: ['target', 'targets'] }, { at: both.span, help });
  }
  const sourceTerm = unit.terms.get('/source');
  const trainOn = rowsToTrainOn(context, values, unit);
  const splitSpans = Object.fromEntries(
    (['validation', 'test', 'train'] as const).flatMap((key) => {
      const term = unit.terms.get(`/${key}`);
      return term ? [[key, term.span]] : [];
    }),
  );
  return {
    source: values.source ?? missing,
    ...(values.validation && { validation: values.validation }),
    ...(values.test && { test: values.test }),
    ...(trainOn && { train: trainOn }),
    seed: values.seed ?? 0,
    ...(values.inputs && { inputs: values.inputs }),
    ...(values.target !== undefined && { target: fieldName(values.target) }),
    ...(values.targets && {
      targets: Object.fromEntries(Object.entries(values.targets).map(([output, field]) => [output, fieldName(field)])),
    }),
    ...(values.columns && { columns: values.columns }),
    ...(values.missing !== undefined && { missing: values.missing as MissingNumbers }),
    ...(values.standardize !== undefined && { standardize: values.standardize }),
    ...(values.window && { window: values.window }),
    ...(values.augment && { augment: values.augment }),
    ...(entry && { span: entry.span }),
    ...(sourceTerm && { sourceSpan: sourceTerm.span }),
    ...(Object.keys(splitSpans).length > 0 && { splitSpans }),
  };
}

/** `train` chooses of the source's rows: neither another source nor a fold, which is what is held out of training, is a choice of them. */
function rowsToTrainOn(context: Context, { train: call }: Partial<DataValues>, unit: Unit): Call | undefined {
  if (!call || ['count', 'share', 'first', 'last'].includes(call.word)) return call;
  const expected = 'a number of rows, a share (10%), first(n) or last(n)';
  const at = unit.terms.get('/train')?.span ?? unit.at;
  const help =
    call.word === 'fold'
      ? ['a fold is what is held out: `validation: fold(1, of: 5)` trains on the other four']
      : ['rows of another source are trained on as `source`'];
  context.report('wrong-type', { owner: 'data', name: 'train', expected, found: `${call.word}(…)` }, { at, help });
  return undefined;
}

/** A number is the position of a column. */
function fieldName(field: number | string): string {
  return typeof field === 'number' ? `column_${field}` : field;
}

function checkFolds(context: Context, values: Partial<DataValues>, unit: Unit): void {
  for (const key of ['validation', 'test'] as const) {
    const call = values[key];
    if (call?.word !== 'fold') continue;
    const { k, of } = call.arguments as { readonly k?: number; readonly of?: number };
    if (k === undefined || of === undefined || k <= of) continue;
    const at = unit.terms.get(`/${key}`)?.span ?? unit.at;
    context.report(
      'out-of-range',
      { owner: 'fold', name: 'k', expected: `≤ of, which is ${of}`, found: String(k) },
      { at },
    );
  }
}

/** What stretches of training take from the section, and where it was written. */
interface Inherited {
  readonly values: Partial<PhaseValues>;
  readonly unit?: Unit;
}

/** The phases of training; `inherited` is what `finetune` and they take from the section. */
export interface Training {
  readonly train: TrainSpec;
  readonly inherited: Inherited;
  /** Names that `during` may use; undefined where the phases could not be read. */
  readonly phases: ReadonlySet<string> | undefined;
}

export function lowerTrain(context: Context, { document, model, sets }: SectionPlaces): Training {
  const entry = entryOf(document, train.keyword);
  const override = sets.child(train.keyword);
  if (!entry && !override) {
    const help = ['for example `train { loss: mean_squared_error; epochs: 20 }`'];
    if (!isMisspelt(document, train.keyword))
      context.report('missing-section', { section: train.keyword }, { at: model, help });
    // Fine-tuning takes its loss from the section: that it has none is said once.
    return { train: { seed: 1, phases: [] }, inherited: { values: { loss: missing } }, phases: undefined };
  }
  const { values, unit } = readSection<TrainValues>(context, train, entry, model, override);
  const { phases, seed, engine, epochs, steps, ...inherited } = values;
  // A length from the command line takes the place of the one that is written, in whatever unit.
  const ownLength = {
    ...(epochs !== undefined && !replaces(override, 'steps', 'epochs') && { epochs }),
    ...(steps !== undefined && !replaces(override, 'epochs', 'steps') && { steps }),
  };
  const engineAt = unit.terms.get('/engine')?.span;
  const lowered: PhaseSpec[] = [];
  if (unit.bad.has('/phases')) {
    // Reported; nothing is known of them.
  } else if (phases) {
    for (const key of ['epochs', 'steps'] as const) {
      const term = unit.terms.get(`/${key}`);
      if (!term) continue;
      const names = Object.keys(phases).map((name) => `\`${train.keyword}.phases.${name}.${key}\``);
      const help = override?.child(key)
        ? `set it for a phase: ${names.slice(0, 8).join(', ')}`
        : 'remove it, or the phases';
      context.report('length-above-phases', { key }, { at: term.span, help: [help] });
    }
    for (const [name, own] of Object.entries(phases)) {
      const at = unit.terms.get(`/phases/${name}`)?.span ?? unit.at;
      if (name === 'finetune' || !/^[A-Za-z_]\w*$/.test(name)) context.report('phase-name', { name }, { at });
      lowered.push(lowerPhase(context, name, inherit(inherited, own), unit, `/phases/${name}`, at));
    }
  } else {
    lowered.push(lowerPhase(context, train.keyword, { ...inherited, ...ownLength }, unit, '', unit.at));
  }
  return {
    train: {
      seed: seed ?? 1,
      ...(engine !== undefined && { engine }),
      ...(engineAt && { engineSpan: engineAt }),
      phases: lowered,
      ...(entry && { span: entry.span }),
    },
    inherited: { values: inherited, unit },
    phases: unit.bad.has('/phases') ? undefined : new Set(lowered.map((phase) => phase.name)),
  };
}

function replaces(override: Override | undefined, key: string, other: string): boolean {
  return override?.child(key) !== undefined && override.child(other) === undefined;
}

/**
 * What a stretch has that says some keys itself. A clipping of its own takes the place of the section's, of whatever kind, and a loss that of losses by
 * output, or the other way round. What both say by output is the section's for the outputs that the stretch leaves out.
 */
function inherit(inherited: Partial<PhaseValues>, own: Partial<PhaseValues>): Partial<PhaseValues> {
  const clips = clippingKeys.some((key) => own[key] !== undefined && own[key] !== OFF);
  const replaced = new Set<string>([
    ...(clips ? clippingKeys : []),
    ...(own.loss ? ['losses'] : []),
    ...(own.losses ? ['loss'] : []),
  ]);
  const kept = Object.entries(inherited).filter(([key]) => !replaced.has(key));
  const merged = Object.entries(own).map(([key, value]) => {
    const before: unknown = inherited[key as keyof PhaseValues];
    const byOutput =
      key === 'class_weight'
        ? isByOutput(before) && isByOutput(value)
        : keysByOutput.includes(key) && isMap(before) && isMap(value);
    return [key, byOutput ? { ...(before as object), ...(value as object) } : value];
  });
  return { ...Object.fromEntries(kept), ...Object.fromEntries(merged) };
}

const keysByOutput: readonly string[] = ['losses', 'loss_weights', 'metrics'];

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What an optional key holds once what is `off` is left out; undefined: nothing. */
function switchedOn(value: unknown): unknown {
  if (value === undefined || value === OFF) return undefined;
  if (!isByOutput(value)) return value;
  const left = Object.entries(value).filter(([, one]) => (one as unknown) !== OFF);
  return left.length > 0 ? Object.fromEntries(left) : undefined;
}

/** Fills in what a stretch of training leaves out, and checks that it has a loss and one length. */
function lowerPhase(
  context: Context,
  name: string,
  values: Partial<PhaseValues>,
  unit: Unit,
  place: string,
  at: Span,
  section: Unit = unit,
): PhaseSpec {
  const isBad = (key: string) => unit.bad.has(`${place}/${key}`) || unit.bad.has(`/${key}`) || unit.bad.has(place);
  const spanOf = (key: string) => (unit.terms.get(`${place}/${key}`) ?? section.terms.get(`/${key}`))?.span;
  if (values.loss && values.losses) {
    const details = { owner: name, keys: ['loss', 'losses'] };
    const help = ['`loss` is for one output, `losses { output: loss }` for several: keep one'];
    context.report('two-ways', details, { at: spanOf('losses') ?? at, help });
  }
  if (!values.loss && !values.losses && !isBad('loss') && !isBad('losses')) {
    const help = ['for example `loss: sparse_categorical_crossentropy(from_logits: true)`'];
    context.report('missing-key', { section: name, key: 'loss', expected: 'a loss' }, { at, help });
  }
  const clips = clippingKeys.filter((key) => values[key] !== undefined && values[key] !== OFF);
  if (clips.length > 1) {
    const details = { owner: name, keys: clips };
    context.report('two-clippings', details, { at: spanOf(clips[1]!) ?? at, help: ['keep one of them'] });
  }
  const weights = isByOutput(values.class_weight) ? Object.entries(values.class_weight) : [];
  for (const [output, weight] of weights) {
    if (typeof weight !== 'number' || isBad('class_weight')) continue;
    const expected = '`balanced`, a list or a map, since others are given by output';
    const details = { owner: 'class_weight', name: output, expected, found: `the number ${weight}` };
    context.report('wrong-type', details, { at: spanOf(`class_weight/${output}`) ?? at });
  }
  const optimizer = { registry: 'optimizer', default: trainDefaults.optimizer } as const;
  return {
    name,
    length: lengthOf(context, name, values, at, isBad('epochs') || isBad('steps')),
    ...(values.loss && { loss: values.loss }),
    ...(values.losses && { losses: values.losses }),
    metrics: values.metrics ?? [],
    optimizer: values.optimizer ?? (defaultValue(context, optimizer, at) as Call),
    batch_size: values.batch_size ?? trainDefaults.batch_size,
    ...Object.fromEntries(
      optionalKeys.flatMap((key) => {
        const value = switchedOn(values[key]);
        return value === undefined ? [] : [[key, value]];
      }),
    ),
    places: Object.fromEntries(
      Object.entries(values)
        .flatMap(([key, value]) => [key, ...(keysWithPlaces.includes(key) ? placesIn(key, value) : [])])
        .flatMap((key) => {
          const span = spanOf(key);
          return span ? [[key, span]] : [];
        }),
    ),
  };
}

/** Keys of which messages point at parts. */
const keysWithPlaces: readonly string[] = [...keysByOutput, 'class_weight'];

/** The places of the parts of a value, `metrics/0` and `metrics/price/0`. A value that was refused may be of any form. */
function placesIn(place: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null || 'word' in value) return [];
  return Object.entries(value).flatMap(([key, one]) => [`${place}/${key}`, ...placesIn(`${place}/${key}`, one)]);
}

function lengthOf(
  context: Context,
  owner: string,
  { epochs, steps }: Partial<PhaseValues>,
  at: Span,
  isBad: boolean,
): Duration {
  if (epochs !== undefined && steps !== undefined)
    context.report('two-lengths', { owner }, { at, help: ['remove one'] });
  if (epochs !== undefined) return { amount: epochs, unit: 'epochs' };
  if (steps !== undefined) return { amount: steps, unit: 'steps' };
  if (!isBad) context.report('missing-length', { owner }, { at, help: ['for example `epochs: 20`'] });
  return { amount: 1, unit: 'epochs' };
}

export function lowerSimplify(
  context: Context,
  { document, model, sets }: SectionPlaces,
  inherited: Inherited,
  dataSpec: DataSpec,
): SimplifySpec {
  const entry = entryOf(document, simplify.keyword);
  const override = sets.child(simplify.keyword);
  if (!entry && !override) return { threshold: { kind: 'unit', value: 0 } };
  const { values, unit } = readSection<SimplifyValues>(context, simplify, entry, model, override);
  const at = unit.terms.get('/threshold')?.span ?? unit.at;
  // One from the command line takes the place of the other that is written.
  const given = values.target && replaces(override, 'target', 'threshold') ? undefined : values.threshold;
  const aimed = replaces(override, 'threshold', 'target') ? undefined : values.target;
  const threshold = lowerThreshold(context, given, at);
  const target = aimed && lowerTarget(context, aimed, unit);
  if (aimed && given !== undefined && (typeof given !== 'number' || given > 0)) {
    const also = [{ at: unit.terms.get('/target')?.span ?? unit.at, note: 'the target' }];
    context.report('threshold-and-target', {}, { at, also, help: ['remove one of them'] });
  }
  const judged = threshold.kind === 'auto' ? 'threshold: auto(…)' : target?.tolerance !== undefined && 'tolerance';
  if (judged && dataSpec.source !== missing && !dataSpec.validation) {
    const also = dataSpec.span ? [{ at: dataSpec.span, note: 'no `validation` here' }] : [];
    const place = threshold.kind === 'auto' ? at : (unit.terms.get('/target/tolerance')?.span ?? unit.at);
    const help = ['add `validation: 10%` to `data`'];
    context.report('auto-needs-validation', { what: judged }, { at: place, also, help });
  }
  const finetune = values.finetune
    ? lowerPhase(
        context,
        'finetune',
        inherit(inherited.values, values.finetune),
        unit,
        '/finetune',
        unit.terms.get('/finetune')?.span ?? unit.at,
        inherited.unit,
      )
    : undefined;
  // Who switches fine-tuning off wants nothing of it.
  const distil = unit.off.has('/finetune') ? undefined : values.distil;
  if (distil && !values.finetune && !unit.bad.has('/finetune')) {
    const details = {
      section: simplify.keyword,
      key: 'finetune',
      expected: 'training of the small network, since `distil` is given',
    };
    const help = ['for example `finetune { epochs: 5 }`'];
    context.report('missing-key', details, { at: unit.terms.get('/distil')?.span ?? unit.at, help });
  }
  const live = lowerLive(context, values, unit);
  const { round_to: roundTo, ranges } = values;
  return {
    threshold: target ? { kind: 'unit', value: 0 } : threshold,
    ...(target && { target }),
    ...(live && { live }),
    ...(roundTo !== undefined && { roundTo }),
    ...(ranges && { ranges }),
    ...(finetune && { finetune }),
    ...(distil && { distil }),
    ...(entry && { span: entry.span }),
  };
}

function lowerTarget(context: Context, values: NonNullable<SimplifyValues['target']>, unit: Unit): TargetSpec {
  const { tolerance, latency_table: table, batch_size } = values;
  const placeOf = (key: string) => (unit.terms.get(`/target/${key}`) ?? unit.terms.get('/target'))?.span ?? unit.at;
  const isBad = (key: string) => unit.bad.has(`/target/${key}`) || unit.bad.has('/target');
  const missingKey = (key: string, expected: string, at: Span, help: string) =>
    context.report('missing-key', { section: 'target', key, expected }, { at, help: [`for example \`${help}\``] });
  const shares = sharesOf(values);
  if (Object.keys(shares).length === 0 && !resources.some(isBad))
    missingKey('parameters', 'a share, or one of `multiply_adds` or `latency`', placeOf(''), 'parameters: 10%');
  // These say nothing alone.
  if (values.metric !== undefined && tolerance === undefined && !isBad('tolerance'))
    missingKey('tolerance', 'what the metric may lose', placeOf('metric'), 'tolerance: 0.5%');
  for (const key of ['batch_size', 'latency_table'] as const)
    if (values[key] !== undefined && shares.latency === undefined && !isBad('latency'))
      missingKey('latency', `a share, since \`${key}\` is given`, placeOf(key), 'latency: 50%');
  const metric = judgedMetric(context, values.metric, placeOf('metric'));
  return {
    shares,
    ...(tolerance !== undefined && { tolerance }),
    ...(metric !== undefined && { metric }),
    batch_size: batch_size ?? 1,
    span: placeOf(''),
    ...(table && { latencyTable: reference(table, placeOf('latency_table')) }),
  };
}

/** The shares among the keys of a target. */
function sharesOf(values: Shares): Shares {
  return Object.fromEntries(resources.flatMap((key) => (values[key] === undefined ? [] : [[key, values[key]]])));
}

/** `after` and `patience` say nothing without `every`. */
function lowerLive(
  context: Context,
  { every, after = liveDefaults.after, patience = liveDefaults.patience, round_to: roundTo }: Partial<SimplifyValues>,
  unit: Unit,
): LiveSpec | undefined {
  if (every !== undefined) return { every, after, patience, ...(roundTo !== undefined && { roundTo }) };
  for (const key of ['after', 'patience'] as const) {
    const term = unit.terms.get(`/${key}`);
    if (!term || unit.bad.has('/every') || unit.off.has('/every')) continue;
    const details = {
      section: simplify.keyword,
      key: 'every',
      expected: `epochs between looks, since \`${key}\` is given`,
    };
    context.report('missing-key', details, { at: term.span, help: ['for example `every: 1`'] });
    return undefined;
  }
  return undefined;
}

function lowerThreshold(context: Context, value: number | Call | undefined, at: Span): Threshold {
  if (value === undefined || typeof value === 'number') return { kind: 'unit', value: value ?? 0 };
  const given = value.arguments as {
    readonly threshold?: number;
    readonly tolerance?: number;
    readonly metric?: string;
  };
  if (value.word === 'weight') return { kind: 'weight', value: given.threshold ?? 0 };
  const metric = judgedMetric(context, given.metric, at);
  return { kind: 'auto', tolerance: given.tolerance ?? 0, ...(metric !== undefined && { metric }) };
}

/** The metric that a search looks at, as the history names it. One that is no word was told by the schema. */
function judgedMetric(context: Context, given: unknown, at: Span): string | undefined {
  if (typeof given !== 'string') return undefined;
  const metric = metricOf(given)?.name;
  if (metric === undefined) {
    const help = [`metrics: ${listWords(['loss', ...spellingsOf('metric')])}; of several outputs \`output_mae\``];
    context.report('unknown-word', { word: given, what: 'a metric' }, { at, help });
  }
  return metric;
}

export function lowerWeights(context: Context, { document, sets }: SectionPlaces): FileReference | undefined {
  const override = sets.child('weights');
  const entry = entryOf(document, 'weights');
  const node = override?.value ?? entry?.value;
  if (!node) return undefined;
  const unit = new Unit('section.weights', 'weights', node.span);
  const schema = schemaOf(sectionFile);
  const call = resolveValue(context, schema, context.lets.evaluate(node), unit, '/file', override) as Call | undefined;
  return call && reference(call, entry?.span ?? node.span);
}

const sectionFile = origin.schema.properties.spec;

function reference(call: Call, span: Span): FileReference {
  const given = call.arguments as { readonly path?: string; readonly sha256?: string };
  return { path: given.path ?? '', ...(given.sha256 !== undefined && { sha256: given.sha256 }), span };
}

export function lowerOrigin(context: Context, { document, model }: SectionPlaces): Origin | undefined {
  const entry = entryOf(document, origin.keyword);
  if (!entry) return undefined;
  const { values, unit } = readSection<OriginValues>(context, origin, entry, model, undefined);
  if (!values.spec) return undefined;
  return {
    spec: reference(values.spec, unit.terms.get('/spec')?.span ?? entry.span),
    threshold: lowerThreshold(context, values.threshold, unit.terms.get('/threshold')?.span ?? entry.span),
    ...(values.target && { target: sharesOf(values.target) }),
    ...(values.max_difference !== undefined && { max_difference: values.max_difference }),
    ...(values.within !== undefined && { within: values.within }),
    span: entry.span,
  };
}
