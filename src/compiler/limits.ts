/** What dnc refuses before it reserves memory for it. */
export interface Limits {
  /** Units on one axis, and numbers of a row of data. */
  readonly unitsPerLayer: number;
  /** Numbers of one layer's output for one row: a picture's early maps have many more than units, which are its rows, columns and channels. */
  readonly numbersPerOutput: number;
  /** Elements of one layer's parameters. */
  readonly parametersPerLayer: number;
  readonly layers: number;
}

/** Of 100 million numbers, 400 MB, a step of one row has room on few machines. */
const NUMBERS_PER_UNIT = 100;

export const defaultLimits: Limits = {
  unitsPerLayer: 1_000_000,
  numbersPerOutput: NUMBERS_PER_UNIT * 1_000_000,
  parametersPerLayer: 500_000_000,
  layers: 100_000,
};

/** The limits, raised by `DNC_MAX_UNITS` and `DNC_MAX_PARAMETERS` in the environment. */
export function limitsFrom(environment: Readonly<Record<string, string | undefined>>): Limits {
  const read = (name: string, otherwise: number): number => {
    const value = Number(environment[name]);
    return environment[name] && Number.isSafeInteger(value) && value > 0 ? value : otherwise;
  };
  const unitsPerLayer = read('DNC_MAX_UNITS', defaultLimits.unitsPerLayer);
  return {
    ...defaultLimits,
    unitsPerLayer,
    numbersPerOutput: NUMBERS_PER_UNIT * unitsPerLayer,
    parametersPerLayer: read('DNC_MAX_PARAMETERS', defaultLimits.parametersPerLayer),
  };
}
