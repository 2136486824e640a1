// Where commands write, and the statuses that they end with.

/** Where a command writes. */
export interface Output {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean }
  readonly stderr: { write(text: string): unknown }
}

/** The exit status for a wrong usage or configuration. */
export const EXIT_USAGE = 2
