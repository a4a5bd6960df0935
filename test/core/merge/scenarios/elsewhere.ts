/** Tests of git's series t6400 to t6436 and of libgit2 that are not about what a merge of trees comes to, and why not. */

/** @internal */
export const elsewhere: Readonly<Record<string, string>> = {
  "t6401, t6406":
    "where attributes of git are read from; drivers and rules are chosen by MergeRules (test/core/merge/rules)",
  "t6402 (working tree)":
    "files that are untracked or edited when git merges into its working tree; here a merge writes none",
  t6403: "merges of single files (test/algo/text)",
  t6407: "binary files in a merge of one file (gitScenarios has them in trees)",
  "t6408, t6424": "an index or working tree that differs from the commit; there is neither",
  t6409: "a subtree shifted by a strategy of git's; a host gives the trees that it means",
  t6412: "the limit on comparing contents, told by renamesLimited (test/core/merge/renames)",
  t6413: "line endings as git's checkout converts them; a text policy is tested in test/core/sync/textPolicy",
  "t6415 (checkout)": "links and directories on a disk, a working tree's matter (test/adapters)",
  "t6416 (submodule), t6437, t6438": "submodules; there are none",
  "t6417, t6432": "options of a content merge: favour is tested in test/algo/text, ignoring white space is no option",
  t6418: "normalising line endings while merging; the text policy decides (test/core/sync/textPolicy)",
  t6419: "a file system that folds case; a target that does is asked for with foldsCase (test/core/merge/renames)",
  t6421: "which objects a partial clone fetches; what a merge reads is counted in test/core/merge/renames",
  "t6422 (working tree, duplicate entries)": "files on a disk; a tree with one name twice cannot be decoded",
  "t6423 10, 11": "directories' moves over untracked or edited files; here a merge writes none",
  "t6423 13 (messages)":
    "the wording of messages; reasons are checked to be there, the merges themselves are in the table",
  t6427: "the label of the base in markers (test/algo/text)",
  "t6428, t6435": "sparse checkouts; there are none",
  "t6429 (caching)":
    "renames remembered from one cherry-pick to the next; nothing is remembered, so nothing can be stale",
  t6433:
    "merges of several heads and of unrelated histories: octopus in test/core/merge/rules, NoCommonAncestor in MergeEngine",
  "t6434 (options)": "how a command line is read; threshold and exact renames are options of MergeEngine",
  t6436: "what a merge must not overwrite in a working tree; that is for plans (test/core/projects)",
  "libgit2 workdir": "the same merges written to a working tree and an index",
  "libgit2 options, submodules, analysis, trivial":
    "options that only libgit2 has; chooseStrategy is tested in test/algo/merge"
}
