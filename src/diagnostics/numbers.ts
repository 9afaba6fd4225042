/** How many there are, for people: `1 row`, `2,000 rows`. */
export function counted(count: number, one: string, more = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : more}`;
}

/** Four digits that tell: `0.1235`. */
export function brief(value: number): string {
  return String(Number(value.toPrecision(4)));
}
