// Pages of the documentation, for tests that hold them to what they say: their files, their commands, their links.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** A fenced block. */
export interface Block {
  /** Empty where the fence names none. */
  readonly language: string
  /** The file that it is: the rest of the fence's line, or the comment in its first line. */
  readonly file: string | undefined
  /** What a comment above the fence says of it, which readers don't see: `<!-- check: MARK -->`. */
  readonly mark: string | undefined
  /** Where the fence stands, from 1. */
  readonly line: number
  readonly text: string
}

/** A command of a `console` block, and what the page says that it prints. */
export interface Command {
  readonly command: string
  readonly prints: string
}

/** A link that leads nowhere. */
export interface DeadLink {
  readonly page: string
  readonly link: string
}

const FENCE = /^( *)```(\w*) ?(.*)\n([\s\S]*?)\n?^\1```$/gm
const MARK = /<!-- check: (.+) -->\n+$/
const NAMED = /^(?:\/\/|#) (\S+\.(?:ts|js|yml))\n/

export function blocksOf(page: string): Block[] {
  return [...page.matchAll(FENCE)].map((found) => {
    const [, indent, language, rest, body] = found
    const before = page.slice(0, found.index)
    const text = `${body!.replaceAll(new RegExp(`^${indent}`, 'gm'), '')}\n`
    return {
      language: language!,
      file: rest || NAMED.exec(text)?.[1],
      mark: MARK.exec(before)?.[1],
      line: before.split('\n').length,
      text,
    }
  })
}

/** Writes the files of a page into a folder. @param change what is different there, such as a port */
export function layOut(blocks: readonly Block[], folder: string, change: (text: string) => string): void {
  for (const { file, text } of blocks) {
    if (file === undefined) continue
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), change(text))
  }
}

/** The commands of a page, in its order. */
export function commandsOf(blocks: readonly Pick<Block, 'language' | 'text'>[]): Command[] {
  return blocks
    .filter(({ language }) => language === 'console')
    .flatMap(({ text }) => text.split(/^\$ /m).slice(1))
    .map((part) => {
      const [, command, prints] = /^((?:.*\\\n)*.*)\n?([\s\S]*)$/.exec(part.trimEnd())!
      return { command: command!, prints: prints! }
    })
}

/** Whether a command printed what the page says: `...` stands for anything in a line, and how wide a column is says nothing. */
export function printsAs(printed: string, shown: string): boolean {
  const pattern = columns(shown).split('...').map(literally).join('.*')
  return new RegExp(`^${pattern}$`).test(columns(printed))
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function columns(text: string): string {
  return text.trimEnd().replaceAll(/[ -]{2,}/g, ' ')
}

/** Where the relative links of a page lead. */
export function linksOf(file: string): { link: string; target: string; anchor: string | undefined }[] {
  const text = readFileSync(file, 'utf8').replaceAll(FENCE, '')
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link]) => {
    if (/^[a-z]+:/.test(link!)) return []
    const [path, anchor] = link!.split('#') as [string, string?]
    return [{ link: link!, target: path === '' ? file : resolve(dirname(file), path), anchor }]
  })
}

/** Relative links of a page whose file, or whose heading there, does not exist. */
export function deadLinks(file: string): DeadLink[] {
  const isThere = (target: string, anchor: string | undefined) =>
    existsSync(target) && (anchor === undefined || anchorsOf(readFileSync(target, 'utf8')).has(anchor))
  return linksOf(file)
    .filter(({ target, anchor }) => !isThere(target, anchor))
    .map(({ link }) => ({ page: file, link }))
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): Set<string> {
  const headings = page.replaceAll(FENCE, '').matchAll(/^#+ (.+)$/gm)
  return new Set(
    [...headings].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}
