// Texts of which several sections of the configuration speak.
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { filePath } from '../../kit/paths.ts'

/** The path of a file or folder. */
export const path = () => filePath(z.string().min(1, { error: 'must not be empty; write a path' }))

/** An address, or a network. */
export const network = z.string().refine((text) => ipaddr.isValidCIDR(text) || isIP(text) !== 0, {
  error: 'is neither an address nor a network; write 10.0.0.0/8 or 192.0.2.1',
})
