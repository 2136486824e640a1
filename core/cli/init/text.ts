// Values in the files and commands that `dockwarden init` writes.

/** Plain where YAML 1.1 and 1.2 read it as the same text. */
export function yaml(text: string): string {
  return /^[A-Za-z/][\w./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text)
}

/** A word of a command line. @example shell("it's") // "'it'\\''s'" */
export function shell(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** A path in a unit. */
export function unitPath(text: string): string {
  const escaped = text.replaceAll('%', '%%')
  return /^[\w./:@%+=,-]+$/.test(escaped) ? escaped : JSON.stringify(escaped)
}

/**
 * A word of a unit's command.
 *
 * @see systemd.service(5), "Command lines", and systemd.unit(5), "Specifiers"
 */
export function unitWord(text: string): string {
  return unitPath(text).replaceAll('$', '$$$$')
}
