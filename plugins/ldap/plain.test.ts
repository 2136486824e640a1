// Passwords that would cross the network in the clear are warned of, once, where they are not meant to.
import { expect } from 'chai'
import { testHost } from '../../core/testing/index.ts'
import plugin from './index.ts'

describe('ldap: connections without encryption', () => {
  const table: [options: object, warned: number[]][] = [
    [{ servers: ['ldap://dc1.example.com', 'ldaps://dc2.example.com', 'ldap://192.0.2.1:389'] }, [0, 2]],
    [{ servers: ['ldaps://dc1.example.com'] }, []],
    [{ servers: ['ldap://dc1.example.com'], starttls: true }, []],
    [{ servers: ['ldap://dc1.example.com'], starttls: false }, []],
    [{ servers: ['ldap://localhost', 'ldap://127.0.0.1:3389', 'ldap://[::1]'] }, []],
  ]
  for (const [options, warned] of table) {
    it(`${JSON.stringify(options)}: ${warned.length === 0 ? 'nothing is said' : `servers ${warned}`}`, async () => {
      const host = testHost()
      const given = { base: 'dc=example,dc=com', filter: '(uid=${account})', ...options }
      const instance = await plugin.create(plugin.options.parse(given), host)
      await instance.close?.()
      const said = host.log.lines.filter(({ message }) => message.startsWith('is not encrypted'))
      expect(said.map(({ facts }) => facts)).to.deep.equal(
        warned.map((index) => ({ at: ['servers', index] })),
      )
      for (const { message } of said) expect(message).to.match(/starttls: true, or ldaps:\/\//)
    })
  }
})
