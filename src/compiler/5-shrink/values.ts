/** Parameter values by name (`fc1.kernel`), row-major, as trained and stored. */
export type Values = ReadonlyMap<string, Float32Array>;

/** Parameter values in float64, or as stored. */
export type ValuesExact = ReadonlyMap<string, Float32Array | Float64Array>;
