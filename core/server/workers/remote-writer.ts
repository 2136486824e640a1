// The embedded store is written by one process for all workers: what comes from all of them together is committed at once. Reads they make
// themselves.
import { isBusy, StoreFileError } from '../../store/embedded-file.ts'
import type { StoreWriter } from '../../store/embedded-writer.ts'
import { ASKED } from './terms.ts'
import type { Wire, WireVerbs } from './wire.ts'

type Written = { readonly changes: number } | { readonly error: string; readonly busy: boolean }

/** A worker's writer. */
export function remoteWriter(wire: Pick<Wire, 'ask' | 'tell'>): StoreWriter {
  return {
    async write(change) {
      const written = (await wire.ask(ASKED.write, change)) as Written
      if ('changes' in written) return written.changes
      throw new StoreFileError(written.error, { busy: written.busy })
    },
    letGo: () => wire.tell(ASKED.letGo),
    // It is not the worker's to close.
    close: async () => {},
  }
}

/** What workers' writers ask. */
export function writerVerbs(writer: StoreWriter): WireVerbs {
  return {
    async [ASKED.write](change: Parameters<StoreWriter['write']>[0]): Promise<Written> {
      try {
        return { changes: await writer.write(change) }
      } catch (error) {
        return { error: (error as Error).message, busy: isBusy(error) }
      }
    },
    [ASKED.letGo]: () => writer.letGo(),
  }
}
