/**
 * Files and directories of this machine, through Node.
 *
 * @packageDocumentation
 */
export { type FilesystemWorkingTreeOptions, layerWorkingTree, makeWorkingTree } from "./FilesystemWorkingTree.ts"
