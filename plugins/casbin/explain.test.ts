import { expect } from 'chai'
import { testHost, testRequest } from '../../core/testing/index.ts'
import plugin from './index.ts'

describe('casbin explains', () => {
  it('which line of the policy allows an action, and that none does', async () => {
    const paths = { model: `${import.meta.dirname}/model.conf`, policy: `${import.meta.dirname}/policy.csv` }
    const instance = await plugin.create(paths, testHost())
    const ask = async (account: string, name: string, ...actions: string[]) => {
      const resource = { type: 'repository', name, actions }
      return (await instance.explain!(resource, testRequest({ account, client: { ip: '10.0.0.1' } }))).why
    }
    expect(await ask('nobody', 'x/y', 'pull', 'push')).to.deep.equal([
      'pull: no line of the policy allows it',
      'push: no line of the policy allows it',
    ])
    expect(await ask('alice', 'alice/app', 'pull')).to.deep.equal(['pull: line 2 of the policy allows it'])
    expect(await ask('alice', 'alice/app')).to.deep.equal(['no action was asked for'])
    await instance.close?.()
  })
})
