/** What dnc refuses before it reserves memory for it. */
export interface Limits {
  /** Units, or elements, of one layer's output. */
  readonly unitsPerLayer: number;
  /** Elements of one layer's parameters. */
  readonly parametersPerLayer: number;
  readonly layers: number;
}

export const defaultLimits: Limits = { unitsPerLayer: 1_000_000, parametersPerLayer: 500_000_000, layers: 100_000 };

/** The limits, raised by `DNC_MAX_UNITS` and `DNC_MAX_PARAMETERS` in the environment. */
export function limitsFrom(environment: Readonly<Record<string, string | undefined>>): Limits {
  const read = (name: string, otherwise: number): number => {
    const value = Number(environment[name]);
    return environment[name] && Number.isSafeInteger(value) && value > 0 ? value : otherwise;
  };
  return {
    ...defaultLimits,
    unitsPerLayer: read('DNC_MAX_UNITS', defaultLimits.unitsPerLayer),
    parametersPerLayer: read('DNC_MAX_PARAMETERS', defaultLimits.parametersPerLayer),
  };
}
