// Figures with their units.

/** Microseconds. */
export function us(value: number): string {
  return `${value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })} us`
}

/** Milliseconds. */
export function ms(value: number): string {
  return `${value.toFixed(0)} ms`
}

/** Mebibytes. */
export function mib(value: number): string {
  return `${value.toFixed(0)} MiB`
}
