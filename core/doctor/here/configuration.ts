// What `dockwarden check` finds, as findings.
import { formatProblem, type Problem } from '../../yaml/problems.ts'
import { type Finding, ok, warning, wrong } from '../finding.ts'

/** What a check has found. */
export interface Checked {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** What is no fault, but good to know. */
  readonly notes: readonly Problem[]
}

/** @param elsewhere texts, or their beginnings, that other findings tell */
export function judgeConfiguration(
  file: string,
  { problems, warnings }: Checked,
  elsewhere: readonly string[],
): Finding[] {
  const isTold = ({ message, path }: Problem) =>
    elsewhere.some((text) => message.startsWith(text) || `${path}: ${message}`.startsWith(text))
  const findings = [
    ...problems
      .filter((problem) => !isTold(problem))
      .map((problem) => wrong('configuration', ...inParts(problem, 'the server does not start with it'))),
    ...warnings
      .filter((problem) => !isTold(problem))
      .map((problem) => warning('configuration', ...inParts(problem, 'it may not be what is meant'))),
  ]
  return findings.length > 0 ? findings : [ok('configuration', `${file} has no problems and no warnings`)]
}

/** What is wrong, why that matters, and the remedy, which stands behind the first semicolon. */
function inParts(problem: Problem, why: string): [string, string, string] {
  const { message } = problem
  const at = message.indexOf('; ')
  if (at === -1) {
    const remedy = message.includes('permission denied')
      ? 'run the doctor as the user of the server; is it that user, chown the file to it'
      : 'correct it at this place; dockwarden check says whether that is all'
    return [formatProblem(problem), why, remedy]
  }
  return [formatProblem({ ...problem, message: message.slice(0, at) }), why, message.slice(at + 2)]
}

/** What is told of the tokens' form, where no registry has said what it thinks of it. */
export function judgeForm({ notes }: Checked): Finding[] {
  return notes
    .filter(({ path }) => /^token\b/.test(path))
    .map((note) =>
      warning(
        'token-form',
        ...inParts(note, 'with such a registry, docker login works, and every pull and push is 401'),
      ),
    )
}
