// dockwarden/plugin/cel: for plugins with options that are CEL expressions.
export { deriveLabels, type Expression, evaluateIfThere, expression, MissingField } from '../plugin.ts'
