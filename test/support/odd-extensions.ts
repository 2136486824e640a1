// Extensions of certificates (RFC 5280, 4.2), as they should be and as they should not.
import { der } from './client-certificates.ts'
import { type OddExtension, oid, sequence } from './odd-certificates.ts'

const bits = (unused: number, ...bytes: number[]) => der(0x03, Buffer.from([unused, ...bytes]))
export const yes = der(0x01, Buffer.from([255]))
export const count = (value: number) => der(0x02, Buffer.from([value]))

const KEY_USAGES = {
  digitalSignature: 0x80,
  nonRepudiation: 0x40,
  keyEncipherment: 0x20,
  dataEncipherment: 0x10,
  keyAgreement: 0x08,
  keyCertSign: 0x04,
  cRLSign: 0x02,
}
export const usage = (...names: (keyof typeof KEY_USAGES)[]): OddExtension => ({
  id: '2.5.29.15',
  critical: true,
  value: bits(
    0,
    names.reduce((sum, name) => sum | KEY_USAGES[name], 0),
  ),
})
export const CLIENT = '1.3.6.1.5.5.7.3.2'
export const SERVER = '1.3.6.1.5.5.7.3.1'
export const ANY = '2.5.29.37.0'
export const extended = (...ids: string[]): OddExtension => ({
  id: '2.5.29.37',
  value: sequence(...ids.map(oid)),
})
export const netscape = (byte: number): OddExtension => ({
  id: '2.16.840.1.113730.1.1',
  value: bits(0, byte),
})
export const basic = (...parts: Buffer[]): OddExtension => ({
  id: '2.5.29.19',
  critical: true,
  value: sequence(...parts),
})
export const CA = basic(yes)
export const SIGNS = usage('keyCertSign', 'cRLSign')
export const unknown = (critical: boolean): OddExtension => ({
  id: '1.2.3.4',
  critical,
  value: der(0x0c, 'x'),
})
export const critical = (extension: OddExtension): OddExtension => ({ ...extension, critical: true })
export const POLICY = { id: '2.5.29.32', value: sequence(sequence(oid('1.2.3.4.5'))) }
export const dns = (name: string): OddExtension => ({ id: '2.5.29.17', value: sequence(der(0x82, name)) })
export const email = (name: string): OddExtension => ({ id: '2.5.29.17', value: sequence(der(0x81, name)) })
export const uri = (name: string): OddExtension => ({ id: '2.5.29.17', value: sequence(der(0x86, name)) })
export const ip = (...bytes: number[]): OddExtension => ({
  id: '2.5.29.17',
  value: sequence(der(0x87, Buffer.from(bytes))),
})
export const commonName = (name: string) => sequence(der(0x31, sequence(oid('2.5.4.3'), der(0x0c, name))))
