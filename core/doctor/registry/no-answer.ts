// Why a server did not answer, in words.
import { networkReason } from '../../kit/network-errors.ts'

/** @param code of a NoAnswer */
export function noAnswerInWords(code: string): string {
  const words = networkReason({ code }, { server: 'the server', plain: 'http://' })
  // The remedies are the doctor's own.
  return words?.replace(/;.*$/s, '') ?? code
}

/** No such name, as opposed to one that leads nowhere. */
export function isUnknownName(code: string): boolean {
  return code === 'ENOTFOUND' || code === 'EAI_AGAIN'
}
