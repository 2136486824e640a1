import { expect } from 'chai'
import { SERVER, TOKEN, translateText } from '../../../support/docker-auth-form.ts'

function casbin(text: string) {
  const { native, ...found } = translateText(`${SERVER}${TOKEN}users: {}\ncasbin_authz: ${text}\n`)
  return { plugins: native.authorizers, ...found }
}

describe("docker_auth's casbin_authz section", () => {
  it('becomes the casbin plugin', () => {
    expect(casbin('{ model_path: path/to/model, policy_path: path/to/csv }')).to.deep.equal({
      plugins: [
        {
          plugin: 'casbin',
          id: 'casbin_authz',
          timeout: '10s',
          options: { model: 'path/to/model', policy: 'path/to/csv' },
        },
      ],
      problems: [],
      warnings: [],
    })
  })

  it('needs both files', () => {
    expect(casbin('{ model_path: "", policy: x }')).to.deep.equal({
      plugins: [],
      problems: [
        'f:4:29: casbin_authz.model_path: is missing; write the path of the file',
        'f:4:1: casbin_authz.policy_path: is missing; write the path of the file',
      ],
      warnings: [
        'f:4:33: casbin_authz.policy: unknown key, which is ignored; known: model_path, policy_path',
      ],
    })
  })
})
