// What the host costs before any step: an endpoint that answers nothing of its own, and a bare Koa that answers the same.
import Koa from 'koa'
import { answerJson } from '../../core/request/json-answer.ts'
import { createApp } from '../../core/server/app.ts'
import { AT_ONCE, connectedClients } from './client.ts'
import type { Step } from './step.ts'

const BODY = { token: 'x'.repeat(600), expires_in: 900 }

export const emptyEndpoint: Step = {
  name: 'empty endpoint through the host',
  times: AT_ONCE,
  prepare({ services, config, log, wire }) {
    const limits = config.server.limits
    const app = createApp({
      issuer: 'bench',
      pathPrefix: '',
      hsts: false,
      origins: [],
      token: async (context) => answerJson(context, BODY),
      keys: () => ({ keys: [] }),
      proofOf: () => undefined,
      pluginRoutes: { container: services.container, clientAddress: () => undefined, limits },
      readiness: async () => [],
      stopping: () => false,
      refused() {},
      log,
    })
    const ask = connectedClients(app.callback())
    return () => ask(wire)
  },
}

export const bareKoa: Step = {
  name: 'bare Koa',
  times: AT_ONCE,
  prepare({ wire }) {
    const koa = new Koa().use((context) => {
      context.body = BODY
    })
    const ask = connectedClients(koa.callback())
    return () => ask(wire)
  },
}
