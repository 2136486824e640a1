// Makes HTML from text: whatever is put into a template is escaped, but for what a template made itself.
import escapeHtml from 'escape-html'

/** A piece of a document, safe to put into another one. Only `html` and `trusted` make it. */
export class Html {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

/** What a template takes; undefined and false leave nothing, so that a part can be left out with `&&` or `?:`. */
export type HtmlValue = string | number | Html | undefined | false | readonly HtmlValue[]

/** A value right after an equals sign: an attribute without quotes, which escaping would not keep together. */
const UNQUOTED = /=\s*$/

/**
 * A tagged template for HTML. Texts and numbers are escaped, arrays are joined, and what a template made is put in as it is.
 *
 * @throws TypeError when an attribute's value is not in quotes: a fault in the template, whatever the values are
 * @example html`<p title="${'"'}">${'a < b'}</p>`.toString() // '<p title="&quot;">a &lt; b</p>'
 */
export function html(texts: TemplateStringsArray, ...values: HtmlValue[]): Html {
  let whole = texts[0]!
  for (const [place, value] of values.entries()) {
    if (UNQUOTED.test(texts[place]!))
      throw new TypeError(`put quotes around the value after "${texts[place]}"`)
    whole += rendered(value) + texts[place + 1]!
  }
  return new Html(whole)
}

/** Takes a constant of this program, such as the style sheet, for HTML. Never for anything that came from outside. */
export function trusted(constant: string): Html {
  return new Html(constant)
}

function rendered(value: HtmlValue): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value))
  return value.map(rendered).join('')
}
