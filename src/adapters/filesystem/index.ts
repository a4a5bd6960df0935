/** `tidemark/filesystem`: files and directories of this machine. */
export { type FilesystemWorkingTreeOptions, layerWorkingTree, makeWorkingTree } from "./FilesystemWorkingTree.ts"
