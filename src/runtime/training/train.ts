import type {
  Distillation,
  EvaluationProgram,
  MethodSite,
  Phase,
  StepProgram,
} from '../../compiler/4-program/index.js';
import {
  actingSites,
  averageOf,
  evaluationProgram,
  frozenParams,
  judgedState,
  HeldZeros,
  settledKernels,
  stepProgram,
  teacherName,
  tensorsKept,
  type When,
} from '../../compiler/4-program/index.js';
import { multiplyAdds } from '../../compiler/3-dims/index.js';
import { placesOf } from '../../compiler/5-shrink/cut.js';
import { checkLiving, type Living, stateLeft } from '../../compiler/5-shrink/live.js';
import { deathsWhileTraining } from '../../compiler/5-shrink/shrink.js';
import type { DistilSpec, LiveSpec, PhaseSpec } from '../../compiler/spec.js';
import { type BoundTable, Batches } from '../../data/batches.js';
import type { Values } from '../../compiler/5-shrink/values.js';
import { render } from '../../diagnostics/render.js';
import { fail } from '../../diagnostics/report.js';
import { allParams, type Network } from '../../ir/graph.js';
import { type HostTensor, type Program, sizeOf } from '../../program/program.js';
import { RandomInputs } from './random-inputs.js';
import { StepInputs } from './step-inputs.js';
import { ScalarInputs } from './scalar-inputs.js';
import { aliveUnits, unitsOf } from './alive.js';
import type { Checkpoints, Position } from './checkpoint.js';
import type { Engine, EngineOptions, EngineRecord, Loaded } from '../engines/engine.js';
import { evaluateRows, type Score } from './evaluate-rows.js';
import type { History } from './history.js';
import { learningRateAt } from './learning-rate.js';
import { breathe, Pace } from './pace.js';
import { phaseWeights } from './class-counts.js';
import { type Supervision, supervise, unsupervised } from './supervision.js';
import type { HistoryRow, Watcher } from './progress.js';
import { tensorsOf, valuesOf } from '../weights/tensors.js';
import { methodsWith, openMoment, unitOfBias } from './host-moment.js';
import type { Advanced } from '../../sparsity/method.js';
import { addTotals, lossesOf, lossOf, metricOf, newTotals, penaltyOf, type Totals } from './totals.js';

/** One stretch of training: a phase, or the fine-tuning. */
export interface Stretch {
  readonly phase: PhaseSpec;
  readonly finetune: boolean;
  /** The stretches before it, and the one that comes next. */
  readonly earlier: readonly When[];
  readonly next: When | undefined;
  readonly network: Network;
  /** The network's parameters before training. */
  readonly initial: () => Values;
  /** Parameters as its initializers draw them, others for each number. */
  readonly drawn: (number: number) => Values;
  readonly train: BoundTable;
  readonly validation: BoundTable | undefined;
  /** When units that are dead go on the way, and how many steps follow in later phases, for which a smaller network pays, too. */
  readonly live: (LiveSpec & { readonly stepsAfter: number }) | undefined;
  /** The network that was trained before, where this one is to do as it does. */
  readonly teacher?: Teacher;
  /** It goes on after its network shrank: what it runs on was said. */
  readonly continued: boolean;
}

export interface Teacher {
  readonly distil: DistilSpec;
  /** Where its forward pass is a part of every step. Absent: what it says is among the rows. */
  readonly inStep?: { readonly network: Network; readonly values: Values };
}

/** What every stretch of a run shares. */
export interface Training {
  readonly seed: number;
  readonly engine: Engine;
  readonly engineOptions: EngineOptions;
  /** Whether somebody asked for the engine's number of threads. */
  readonly threadsAsked: boolean;
  /**
   * Told how each step program is run, before its first step.
   *
   * @throws Failure resume-engine, where it was run in another way before
   */
  readonly holdToSteps: (phase: string, program: Program, found: EngineRecord) => void;
  readonly history: History;
  readonly timing: History;
  readonly checkpoints: Checkpoints;
  /** Seconds between checkpoints within a phase. They change no number. */
  readonly checkpointSeconds: number;
  readonly watcher: Watcher;
  /** `signal` is set when the user asked to stop: training then ends after the step, with a checkpoint. Behind `afterEpochs` epochs of the run it ends so, too. */
  readonly stopping: { signal: NodeJS.Signals | undefined; readonly afterEpochs?: number | undefined };
}

/** Where a stretch begins or goes on. */
export interface Start {
  readonly position: Position;
  readonly totals: Totals;
  /** With live shrinking: what the stretch's network is of the spec's. */
  readonly living?: Living | undefined;
  /** Layers that are no longer trained. */
  readonly frozen?: readonly string[] | undefined;
  /** Of the steps; and the best weights so far, as `best:<parameter>`. */
  readonly state: Readonly<Record<string, HostTensor>>;
  /** Absent: the stretch begins. */
  readonly supervision?: Supervision | undefined;
  /** It was said that the network died. */
  readonly died?: boolean;
}

export interface StretchEnd extends Start {
  /**
   * `stopped`: the user asked for it, or it was to end here. `changed`: units went or layers were frozen, and what `living` and `frozen` leave of the network is trained on from here, as if the
   * stretch had been stopped and resumed. A checkpoint was written either way.
   */
  readonly because: 'done' | 'stopped' | 'changed';
}

/** Trains one stretch, from `start` to its end, to where the user stops it, or to where its network shrinks. The loop of dnc, whole. */
export async function trainStretch(training: Training, stretch: Stretch, start: Start): Promise<StretchEnd> {
  const { phase, network } = stretch;
  const { finetune, earlier } = stretch;
  const acting: Phase = {
    ...phase,
    finetune,
    earlier,
    ...phaseWeights(phase, network, stretch.train),
    ...(stretch.teacher && { distil: distillation(stretch.teacher) }),
  };
  const step: StepProgram = stepProgram(network, acting);
  const evaluation: EvaluationProgram = evaluationProgram(network, acting, {
    stateOf: (param) => judgedState(param, phase),
    acting,
  });
  const sites = actingSites(network, acting);
  const advancing = methodsWith(sites, 'advance');
  /** The parameters and the methods' own tensors. */
  const stateNames = step.state.flatMap(({ name, slot }) => (slot === undefined ? [name] : []));
  const whole = unitsOf(network);
  const batches = new Batches(stretch.train, { seed: training.seed, batchSize: phase.batch_size });
  const scalarInputs = new ScalarInputs();
  const random = new RandomInputs(step.program, training.seed);
  const stepsPerEpoch = batches.steps;
  const steps = phase.length.unit === 'steps' ? phase.length.amount : phase.length.amount * stepsPerEpoch;
  const epochs = Math.ceil(steps / stepsPerEpoch);

  const loaded = withTeacher(
    await training.engine.load({ step: step.program, evaluation: evaluation.program }, training.engineOptions),
    step,
    stretch.teacher,
  );
  let stepInputs: StepInputs | undefined;
  try {
    stepInputs = new StepInputs(batches, random, {
      seed: training.seed,
      threads: { count: training.engineOptions.threads, asked: training.threadsAsked },
      note: (text) => training.watcher.note(`${phase.name}: ${text}`),
    });
    training.holdToSteps(phase.name, step.program, loaded.record);
    if (!stretch.continued) training.watcher.note(`${phase.name}: ${loaded.describe}\n`);
    await loaded.setState({ ...completeState(step, start.state), ...stateOfTeacher(step, stretch.teacher) });
    let { position, totals, living, frozen, supervision = unsupervised } = start;
    let best = bestOf(start.state);
    let score: Score | undefined;
    let died = start.died ?? false;
    /** Where the step that was made last began. */
    let stepBefore = position;
    const pace = new Pace(steps - position.stretchSteps, training.checkpointSeconds);

    const rateAt = (at: number) =>
      learningRateAt(phase, { step: at, steps, stepsPerEpoch, standstills: supervision.plateau?.standstills ?? 0 });
    const save = async (state: Start['state']) => {
      refuseBrokenState(state, stretch, stepBefore, training.checkpoints.newestPath());
      training.checkpoints.save({
        position,
        totals,
        ...(living && { living }),
        ...(frozen && { frozen }),
        historyLength: training.history.length,
        ...(supervision !== unsupervised && { supervision }),
        // Within an epoch the state has moved on from what was scored.
        ...(position.step === 0 && score && Number.isFinite(score.score) && { score: score.score }),
        state: { ...state, ...best },
      });
      pace.saved();
    };

    /** At `epoch` epochs of the stretch and `totalEpochs` of the run. */
    const advance = async ({ epoch, totalEpochs }: Pick<Position, 'epoch' | 'totalEpochs'>, last: boolean) => {
      let changed = false;
      let begins: Advanced['begins'];
      const newlyFrozen: string[] = [];
      for (const [method, own] of advancing) {
        const state = await loaded.state();
        const judged = judgedIn(state, network, acting);
        const { moment, written } = openMoment(
          {
            network,
            values: valuesOf(network, state),
            settled: () => settledValues(network, sites, judged),
            initial: stretch.initial,
            state,
            train: stretch.train,
            phase,
            seed: training.seed,
            epoch: totalEpochs,
            engine: training.engine,
            engineOptions: training.engineOptions,
          },
          own,
        );
        const result = await method.advance!({ ...moment, epoch, epochs, last });
        begins ??= result.begins;
        newlyFrozen.push(...(result.frozen ?? []).filter((layer) => !frozen?.includes(layer)));
        const others = written();
        if (others.size === 0) continue;
        // A method's own tensors are no weights, and what was best stays so.
        changed ||= allParams(network).some(({ name }) => others.has(name));
        await loaded.setState({ ...state, ...withWritten(state, others) });
      }
      if (begins) {
        changed = true;
        const initial = stretch.initial();
        const drawn = begins === 'newly drawn' ? stretch.drawn(totalEpochs) : initial;
        // Statistics, and layers that are not trained, have no other beginning.
        const state = valuesOf(network, await loaded.state());
        const values = new Map(
          allParams(network).map(({ name, layer, trained }) => [
            name,
            (trained ? drawn : frozen?.includes(layer) ? state : initial).get(name)!,
          ]),
        );
        await loaded.setState(begunAgain(step, network, acting, await loaded.state(), values));
        position = { ...position, optimizerSteps: 0 };
      }
      if (newlyFrozen.length > 0) {
        const state = await loaded.state();
        await loaded.setState({ ...state, ...frozenState(network, acting, sites, newlyFrozen, state) });
        // What was best until now computes with the masks of methods that have done their work.
        changed ||= sites.some(({ method, kernel }) => method.mask && newlyFrozen.includes(kernel.param.layer));
      }
      return { changed, frozen: newlyFrozen };
    };

    if (position.stretchSteps === 0 && position.step === 0) {
      const { frozen: from } = await advance(position, false);
      if (from.length > 0) {
        frozen = [...(frozen ?? []), ...from];
        return { position, totals, living, frozen, supervision, state: await loaded.state(), died, because: 'changed' };
      }
    }

    // A run that was stopped right after the last step of the stretch still has that epoch to end.
    while (!supervision.ended && (position.stretchSteps < steps || position.step > 0)) {
      while (position.step < stepsPerEpoch && position.stretchSteps < steps) {
        // One batch, its random numbers and scalars, one step.
        const { inputs, rows } = await stepInputs.read({ epoch: position.totalEpochs, step: position.step });
        const learningRate = rateAt(position.stretchSteps);
        const scalars = step.scalars({
          step: position.optimizerSteps + 1,
          stretchStep: position.stretchSteps + 1,
          learningRate,
          rows,
        });
        const results = await loaded.run('step', {
          ...inputs,
          ...scalarInputs.of(scalars),
        });
        refuseDivergence(results, stretch, position, training.checkpoints.newestPath());
        addTotals(totals, results, rows);
        stepBefore = position;
        position = {
          ...position,
          step: position.step + 1,
          stretchSteps: position.stretchSteps + 1,
          optimizerSteps: position.optimizerSteps + 1,
        };

        // What does not change a number: progress, checkpoints, the user's wish to stop.
        if (pace.tick()) {
          training.watcher.step?.({
            phase: phase.name,
            epoch: position.epoch + 1,
            epochs,
            step: position.step,
            steps: stepsPerEpoch,
            loss: lossOf(totals),
            ...pace.now(),
          });
          await breathe();
        }
        if (training.stopping.signal) {
          const state = await loaded.state();
          await save(state);
          return { position, totals, living, frozen, state, because: 'stopped' };
        }
        if (pace.checkpointDue() && position.step < stepsPerEpoch && position.stretchSteps < steps)
          await save(await loaded.state());
      }

      // The epoch's end: validation, one line of history, units alive.
      score = stretch.validation && (await evaluateRows(loaded, 'evaluation', evaluation, stretch.validation));
      const learningRate = rateAt(position.stretchSteps - 1);
      const settled = settledValues(network, sites, await loaded.state(stateNames));
      const alive = aliveUnits(network, settled);
      const row = historyRow({ stretch, step, position, totals, learningRate, score, alive });
      training.history.append(row);
      const seconds = pace.epochDone();
      training.timing.append({ epoch: row.epoch, seconds });
      training.watcher.epoch?.(row, { epoch: position.epoch + 1, epochs, seconds });
      // An axis of which no unit is needed keeps one.
      if (!died && Object.entries(alive).some(([maker, units]) => units <= 1 && units < whole[maker]!)) {
        const deaths = deathsWhileTraining(network, settled);
        if (deaths.length > 0) training.watcher.note(render(deaths, { color: false }));
        died = deaths.length > 0;
      }

      // Between epochs methods may write weights, and freeze layers.
      const done = { epoch: position.epoch + 1, totalEpochs: position.totalEpochs + 1 };
      const supervised = supervise(phase, supervision, row, position.epoch);
      const isLast = position.stretchSteps >= steps || supervised.after.ended;
      const advanced = await advance(done, isLast);

      // Units that have been dead for long enough go, where that pays. What was best until now was another network.
      const looks = living !== undefined && looksNow(stretch.live, position.totalEpochs + 1);
      const state = looks ? await loaded.state() : {};
      const { shrunk, ...looked } = looks
        ? checkLiving(network, valuesOf(network, state), living!, {
            patience: stretch.live!.patience,
            stepsLeft: steps - position.stretchSteps + stretch.live!.stepsAfter,
            averaged: phase.ema_momentum !== undefined,
            roundTo: stretch.live!.roundTo,
          })
        : { living };
      living = looked.living;

      const { after, isBest } = shrunk ? supervise(phase, withoutBest(supervision), row, position.epoch) : supervised;
      const keepsBest = isBest && phase.early_stopping?.restore_best_weights === true;
      if (after.ended) training.watcher.note(`${phase.name}: ${endText(phase, after)}\n`);
      supervision = after;
      totals = newTotals();
      position = { ...position, ...done, step: 0 };
      if (advanced.changed) supervision = withoutBest(supervision);
      if (advanced.frozen.length > 0) {
        frozen = [...(frozen ?? []), ...advanced.frozen];
        training.watcher.note(`frozen: ${advanced.frozen.join(', ')}\n`);
      }
      const stops = !finetune && position.totalEpochs >= (training.stopping.afterEpochs ?? Number.POSITIVE_INFINITY);
      if (shrunk) {
        const left = stateLeft(network, shrunk, step.state, state);
        best = keepsBest && !advanced.changed ? asBest(judgedIn(left, shrunk.network, acting)) : {};
        await save(left);
        training.watcher.note(shrunkText(network, shrunk.network));
        const because = stops ? 'stopped' : 'changed';
        return { position, totals, living, frozen, supervision, state: { ...left, ...best }, died, because };
      }
      if (advanced.changed) best = {};
      else if (keepsBest) best = asBest(judgedIn(await loaded.state(), network, acting));
      if (advanced.frozen.length > 0) {
        const left = await loaded.state();
        await save(left);
        const because = stops ? 'stopped' : 'changed';
        return { position, totals, living, frozen, supervision, state: { ...left, ...best }, died, because };
      }
      if (stops || pace.checkpointDue() || position.stretchSteps >= steps || supervision.ended)
        await save(await loaded.state());
      if (stops) return { position, totals, living, frozen, supervision, state: {}, because: 'stopped' };
    }
    const state = await loaded.state();
    const judged = { ...judgedIn(state, network, acting), ...restored(best) };
    return {
      position,
      totals,
      living,
      frozen,
      state: { ...settled(network, acting, stretch.next, { ...state, ...judged }) },
      died,
      because: 'done',
    };
  } finally {
    await stepInputs?.close();
    await loaded.close();
  }
}

/** What was written, by its name; the average of a weight that was made 0 is 0, too. */
function withWritten(state: Start['state'], written: ReadonlyMap<string, Float32Array>): Start['state'] {
  return Object.fromEntries(
    [...written].flatMap(([name, data]): [string, HostTensor][] => {
      const average = state[averageOf(name)];
      const own: [string, HostTensor] = [name, { shape: state[name]!.shape, data }];
      if (!average) return [own];
      return [own, [averageOf(name), { ...average, data: withZerosOf(average.data as Float32Array, data) }]];
    }),
  );
}

function withZerosOf(data: Float32Array, other: Float32Array): Float32Array {
  return data.map((value, k) => (other[k] === 0 ? 0 : value));
}

/**
 * The state of a network that begins again from other parameters: zeros that are held stay, slots are 0, averages start at the parameters. Methods' own tensors go on.
 */
function begunAgain(
  step: StepProgram,
  network: Network,
  acting: Phase,
  state: Start['state'],
  values: Values,
): Start['state'] {
  const zeros = new HeldZeros(network, acting);
  const begun = new Map(
    allParams(network).map((param): [string, Float32Array] => {
      const [before, now] = [values.get(param.name)!, state[param.name]!.data as Float32Array];
      if (zeros.keeps(param)) return [param.name, withZerosOf(before, now)];
      const holders = zeros.kernelsOfUnits(param);
      if (holders.length === 0) return [param.name, before];
      const weights = new Float64Array(before.length);
      const unitOf = unitOfBias(network, param)!;
      for (const { param: kernel, site } of holders) {
        const { groupOf } = placesOf(site.kernelShape, site.incoming!);
        const sums = new Float64Array(weights.length);
        groupOf.forEach((unit, k) => {
          sums[unit]! += Math.abs((state[kernel.name]!.data as Float32Array)[k]!);
        });
        unitOf.forEach((unit, k) => {
          weights[k]! += sums[unit]!;
        });
      }
      return [param.name, before.map((value, k) => (weights[k] === 0 && now[k] === 0 ? 0 : value))];
    }),
  );
  return Object.fromEntries(
    step.state.map(({ name, shape, param, slot }): [string, HostTensor] => {
      const from = begun.get(slot === undefined || name === averageOf(param.name) ? param.name : '');
      if (from) return [name, { shape, data: from.slice() }];
      return [name, slot === undefined ? state[name]! : { shape, data: new Float32Array(sizeOf(shape)) }];
    }),
  );
}

function distillation({ distil, inStep }: Teacher): Distillation {
  return { ...distil, ...(inStep && { teacher: inStep.network }) };
}

/** The parameters of a teacher that are read in a step: they stay as they are. */
function stateOfTeacher({ program }: StepProgram, teacher: Teacher | undefined): Start['state'] {
  if (!teacher?.inStep) return {};
  const { network, values } = teacher.inStep;
  const read = new Set(program.inputs.flatMap(({ name, role }) => (role === 'state' ? [name] : [])));
  const all = Object.entries(tensorsOf(network, values)).map(([name, tensor]) => [teacherName(name), tensor] as const);
  return Object.fromEntries(all.filter(([name]) => read.has(name)));
}

/** Programs whose state is that of the student: no checkpoint holds the teacher, which the run has anyway. */
function withTeacher(loaded: Loaded, { state }: StepProgram, teacher: Teacher | undefined): Loaded {
  if (!teacher?.inStep) return loaded;
  const own = state.map(({ name }) => name);
  return {
    describe: loaded.describe,
    record: loaded.record,
    run: (program, inputs) => loaded.run(program, inputs),
    state: (names = own) => loaded.state(names),
    setState: (tensors) => loaded.setState(tensors),
    close: () => loaded.close(),
  };
}

/** The weights that are validated and saved, by their parameter, and the methods' own tensors: those of the last step, or their averages. */
function judgedIn(state: Start['state'], network: Network, phase: Phase): Record<string, HostTensor> {
  const params = [...allParams(network), ...tensorsKept(network, phase).map(({ param }) => param)];
  return Object.fromEntries(params.map((param) => [param.name, state[judgedState(param, phase)]!]));
}

/** What layers keep that are no longer trained: the weights that are validated, when the methods that act there have done their work. */
function frozenState(
  network: Network,
  phase: Phase,
  sites: readonly MethodSite[],
  frozen: readonly string[],
  state: Start['state'],
): Start['state'] {
  const values = settledValues(network, sites, judgedIn(state, network, phase));
  return Object.fromEntries(
    frozenParams(network, frozen).map((name) => [name, { shape: state[name]!.shape, data: values.get(name)! }]),
  );
}

/** The parameters as they are when the methods that act have done their work. */
function settledValues(network: Network, sites: readonly MethodSite[], state: Start['state']): Values {
  return new Map([...valuesOf(network, state), ...settledKernels(network, sites, state)]);
}

/** The state for the next stretch: kernels of methods that do not act there are settled, and the own tensors of those methods go. */
function settled(network: Network, phase: Phase, next: When | undefined, state: Start['state']): Start['state'] {
  const stays = next && new Set(actingSites(network, next).map(({ annotation }) => annotation));
  const ending = actingSites(network, phase).filter(({ annotation }) => !stays?.has(annotation));
  const kernels = [...settledKernels(network, ending, state)].map(([name, data]) => [
    name,
    { shape: state[name]!.shape, data },
  ]);
  const gone = ending.flatMap(({ tensors }) => Object.values(tensors).map(({ param }) => param.name));
  const isGone = (name: string) => gone.some((own) => name === own || name.startsWith(`${own}:`));
  const left = Object.entries(state).filter(([name]) => !isGone(name));
  return { ...Object.fromEntries(left), ...Object.fromEntries(kernels) };
}

/** What early stopping remembers, without the best value so far: the next one is the best. */
function withoutBest({ stopping: _, ...others }: Supervision): Supervision {
  return others;
}

const BEST = 'best:';

/** The best weights of a checkpoint, or none. */
function bestOf(state: Start['state']): Readonly<Record<string, HostTensor>> {
  return Object.fromEntries(Object.entries(state).filter(([name]) => name.startsWith(BEST)));
}

function asBest(weights: Readonly<Record<string, HostTensor>>): Record<string, HostTensor> {
  return Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [`${BEST}${name}`, tensor]));
}

/** The best weights under their own names; none where none are kept. */
function restored(best: Readonly<Record<string, HostTensor>>): Record<string, HostTensor> {
  return Object.fromEntries(Object.entries(best).map(([name, tensor]) => [name.slice(BEST.length), tensor]));
}

/** That early stopping has ended a stretch, for people. */
function endText({ early_stopping }: PhaseSpec, { stopping }: Supervision): string {
  const waited = `${stopping!.wait} ${stopping!.wait === 1 ? 'epoch' : 'epochs'}`;
  const taken = early_stopping!.restore_best_weights ? '; its weights are taken' : '';
  return `stopped early, ${early_stopping!.monitor} got no better for ${waited}; the best was epoch ${stopping!.bestEpoch + 1}${taken}`;
}

/** Whether dead units are looked for at the end of an epoch, the number of epochs done being given. */
function looksNow(live: LiveSpec | undefined, epochs: number): boolean {
  return live !== undefined && epochs >= live.after && (epochs - live.after) % live.every === 0;
}

/** A line for people. */
function shrunkText(before: Network, after: Network): string {
  const units = Object.entries(unitsOf(after)).flatMap(([layer, left]) => {
    const had = unitsOf(before)[layer]!;
    return had === left ? [] : [`${layer} ${had} → ${left}`];
  });
  const [large, small] = [multiplyAdds(before), multiplyAdds(after)].map((count) => count.toLocaleString('en'));
  return `live shrinking: ${units.join(', ')}; ${large} → ${small} multiply-adds a row\n`;
}

/** The state a step program needs: what there is by name, zeros for slots that are new, and what methods' own tensors start from. */
function completeState(step: StepProgram, known: Readonly<Record<string, HostTensor>>): Record<string, HostTensor> {
  return Object.fromEntries(
    step.state.map(({ name, shape, start = 0 }) => {
      return [name, known[name] ?? { shape, data: new Float32Array(sizeOf(shape)).fill(start) }];
    }),
  );
}

function historyRow(at: {
  readonly stretch: Stretch;
  readonly step: StepProgram;
  readonly position: Position;
  readonly totals: Totals;
  readonly learningRate: number;
  readonly score: Score | undefined;
  readonly alive: Readonly<Record<string, number>>;
}): HistoryRow {
  const { stretch, step, position, totals, score } = at;
  const loss = lossOf(totals);
  const penalties = Object.fromEntries(step.penalties.map((method) => [method, penaltyOf(totals, method)]));
  return {
    phase: stretch.phase.name,
    epoch: position.totalEpochs + 1,
    step: position.stretchSteps,
    learning_rate: at.learningRate,
    objective: Object.values(penalties).reduce((sum, penalty) => sum + penalty, loss),
    loss,
    ...(step.losses.length > 0 && { losses: lossesOf(totals, step.losses) }),
    penalties,
    metrics: Object.fromEntries(step.metrics.map((use) => [use.name, metricOf(totals, use)])),
    ...(score && {
      validation: { loss: score.loss, ...(score.losses && { losses: score.losses }), metrics: score.metrics },
    }),
    alive: at.alive,
    ...(stretch.live && { units: unitsOf(stretch.network) }),
  };
}

/** Ends training at the first result that is not a finite number; the checkpoints before it stay. */
function refuseDivergence(
  results: Readonly<Record<string, HostTensor>>,
  stretch: Stretch,
  position: Position,
  checkpoint: string | undefined,
): void {
  // A metric's sum of squares may leave the range of float32 where the loss does not.
  for (const [name, { data }] of Object.entries(results))
    if (!name.startsWith('metric:') && !Number.isFinite(data[0]))
      diverged(
        name === 'loss' ? 'the loss' : name.startsWith('loss:') ? `the loss of ${name.slice(5)}` : `the result ${name}`,
        stretch,
        position,
        checkpoint,
      );
}

/** The same for what the step left: its results were computed from the numbers before its update. No checkpoint holds a broken state. */
function refuseBrokenState(
  state: Readonly<Record<string, HostTensor>>,
  stretch: Stretch,
  position: Position,
  checkpoint: string | undefined,
): void {
  for (const [name, { data }] of Object.entries(state))
    for (const value of data) if (!Number.isFinite(value)) diverged(name, stretch, position, checkpoint);
}

/** `position` is that before the step. */
function diverged(what: string, stretch: Stretch, position: Position, checkpoint: string | undefined): never {
  fail(
    'diverged',
    { what, phase: stretch.phase.name, epoch: position.epoch + 1, step: position.step + 1 },
    {
      help: [
        'a smaller learning_rate is the usual cure',
        checkpoint === undefined ? 'no checkpoint had been written yet' : `the last good checkpoint is ${checkpoint}`,
      ],
    },
  );
}
