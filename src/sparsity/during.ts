import { Type } from '../ir/kind.js';

/** The argument that every method has: the phases in which it acts. */
export const phases = Type.Optional(
  Type.Union([Type.String(), Type.Array(Type.String())], {
    description: 'The phase, or list of phases, in which it acts; absent: every phase of `train`, and not `finetune`.',
  }),
);

/** The same, with what there is to say of where the method makes sense. */
export function phasesWhere(sense: string) {
  return Type.Optional(
    Type.Union([Type.String(), Type.Array(Type.String())], { description: `${phases.description} ${sense}` }),
  );
}

/** Whether a method with this `during` acts in a phase. */
export function actsIn(
  during: string | readonly string[] | undefined,
  phase: { readonly name: string; readonly finetune: boolean },
): boolean {
  if (during === undefined) return !phase.finetune;
  return typeof during === 'string' ? during === phase.name : during.includes(phase.name);
}
