// How finely times are told apart.

/** Seconds: from what a decision takes to the time of a whole request. A password hash takes 0.05 to 0.3. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 12]
