/**
 * `tidemark/memory`: storage and working trees in this process's memory.
 *
 * @packageDocumentation
 */
export { capabilities, layer, type MemoryStore, make } from "./Memory.ts"
export {
  layerWorkingTree,
  type MemoryFile,
  type MemoryWorkingTree,
  type MemoryWorkingTreeFiles,
  makeWorkingTree
} from "./MemoryWorkingTree.ts"
