// Texts that fit on one line of a log or of a terminal.

/** What some programs take for the end of a text or of a line, and what stands for bytes that were no text. */
export const UNPRINTABLE = /[\p{Cc}\u2028\u2029\ufffd]/u
