/**
 * Files and directories of this machine, through Node.
 *
 * @packageDocumentation
 */
export { capabilities, type FilesystemStorageOptions, layer } from "./FilesystemStorage.ts"
export { type FilesystemWorkingTreeOptions, layerWorkingTree, makeWorkingTree } from "./FilesystemWorkingTree.ts"
export { type Salvaged, type SalvageOptions, salvage } from "./salvage.ts"
export { layerVersionIndex, type VersionIndexOptions } from "./versionIndexFile.ts"
