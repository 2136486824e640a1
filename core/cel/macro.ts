// The parts of the CEL library's type checker and evaluator that a macro works with.
import type { ASTNode, TypeDeclaration } from '@marcbachmann/cel-js'

export interface Checker {
  check(node: ASTNode, context: unknown): TypeDeclaration & { kind: string; type: string }
  getType(name: string): TypeDeclaration
  createError(code: string, message: string, node: ASTNode): Error
}

export interface Evaluator {
  run(node: ASTNode, context: unknown): unknown
  createError(code: string, message: string, node: ASTNode): Error
}
