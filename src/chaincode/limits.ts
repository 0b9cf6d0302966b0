/** Bounds of what chaincodes, their packages and their operators may ask of a peer. */

/** Results in one reply to a query. A further one waits for QUERY_STATE_NEXT. Part of the wire: every endorser must read ahead alike. */
export const QUERY_BATCH_COUNT_MAX = 100;

/** Results of one query in all; the query ends there as if the range did. Fabric: ledger.state.totalQueryLimit. */
export const QUERY_RESULTS_COUNT_MAX = 100_000;

/** Open iterators of one transaction. A further query is answered with ERROR. */
export const ITERATORS_PER_TRANSACTION_MAX = 256;

/** Transactions that one chaincode process runs at a time. A further one fails at once. */
export const TRANSACTIONS_PER_PROCESS_MAX = 2_500;

/** Depth of chaincode-to-chaincode calls. A deeper call is answered with ERROR. */
export const CALL_DEPTH_MAX = 16;

/** Time for a transaction, calls to other chaincodes included. Fabric: chaincode.executetimeout. */
export const EXECUTE_TIMEOUT_MS = 30_000;

/** Time from the start of a process to its REGISTER; then the process is killed. Fabric: chaincode.startuptimeout. */
export const STARTUP_TIMEOUT_MS = 300_000;

/** Time to connect to a chaincode service that names none of its own. */
export const DIAL_TIMEOUT_MS = 3_000;

/** Longest connect time that a connection.json may ask for. */
export const DIAL_TIMEOUT_MS_MAX = 60_000;

/** Pause before a dead process is started again without a call for it; doubles with each failure in a row. */
export const RESTART_DELAY_MS = 1_000;
export const RESTART_DELAY_MS_MAX = 60_000;

/** A process that lived this long failed for a new reason: its pause starts from the shortest again. */
export const RESTART_FORGET_MS = 60_000;

/** Chaincode processes of one peer. A further launch fails. */
export const PROCESSES_MAX = 256;

/** Size of an installable package. A larger one is refused before it is read. */
export const PACKAGE_BYTES_MAX: number = 64 * 1024 * 1024;

/** Size of a package's outer archive and of its code archive once unpacked. A larger one is refused. */
export const ARCHIVE_BYTES_MAX: number = 256 * 1024 * 1024;

/** Files and folders in an archive. A further one refuses the archive. */
export const ARCHIVE_ENTRIES_MAX = 20_000;

/** Length of a path in an archive, in UTF-16 units. A longer one refuses the archive. */
export const ARCHIVE_PATH_LENGTH_MAX = 1_024;

/** Size of metadata.json and of connection.json. A larger one refuses the package. */
export const METADATA_BYTES_MAX = 65_536;

/** Length of a package label. Fabric has no bound; the file system has. */
export const LABEL_LENGTH_MAX = 180;

/** Longest line of a chaincode's output that is logged; the rest of it is cut off. */
export const OUTPUT_LINE_LENGTH_MAX = 8_192;

/** Old-generation heap of a chaincode process. Beyond it the process dies and is started again. */
export const CHAINCODE_HEAP_MEBIBYTES_MAX = 512;

/** Private data collections of one definition. More are refused. */
export const COLLECTIONS_MAX = 1_000;
