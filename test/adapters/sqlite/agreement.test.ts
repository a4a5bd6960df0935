import * as Sqlite from "../../../src/adapters/sqlite/Sqlite.ts"
import { agreementTest } from "../../support/storage/agreement.ts"

agreementTest("SQLite", Sqlite.layer({ file: ":memory:" }), 3_000)
