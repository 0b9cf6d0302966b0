// The module map, as data: each module lists every module it may import. A module not listed is unreachable.
// ESLint and dependency-cruiser both read this file, and scripts/docs.ts writes docs/ARCHITECTURE.md's table of imports from it.
const kernel = ["src/kernel"];
const base = [...kernel, "src/crypto", "src/wire"];
const trust = [...base, "src/msp", "src/policy", "src/channel"];
const storage = [...trust, "src/ledger"];

exports.modules = {
  "src/kernel": [],
  "src/crypto": kernel,
  "src/wire": [...kernel, "src/crypto"],
  "src/msp": base,
  "src/policy": [...base, "src/msp"],
  "src/channel": [...base, "src/msp", "src/policy"],
  "src/ledger": trust,
  "src/chaincode": storage,
  "src/endorser": [...storage, "src/chaincode"],
  "src/contract": [...storage, "src/chaincode"],
  "src/committer": [...storage, "src/chaincode"],
  "src/delivery": storage,
  "src/discovery": [...storage, "src/chaincode"],
  "src/gateway": [...storage, "src/chaincode", "src/endorser", "src/discovery", "src/delivery"],
  "src/ops": kernel,
  "src/faults": kernel,
  "cluster/raft": kernel,
  "cluster/replica": [...base, "cluster/raft"],
  "cluster/ordering": [...storage, "src/delivery", "cluster/replica"],
  "cluster/participation": [...storage, "src/delivery", "cluster/replica", "cluster/ordering"],
  "gossip/core": kernel,
  "gossip/service": [...storage, "gossip/core"],
};

// Build the object graph and hold no logic; nothing imports them.
exports.hosts = ["src/node", "src/network", "src/sim", "src/testing", "src/cli"];

// Synchronous and deterministic: no clock, no dice, no promises, no Node. Any folder named core/ joins this list;
// the adapters/ folders inside them do not.
exports.pure = ["src/kernel", "src/wire", "src/policy", "src/channel", "cluster/raft"];

// The only places that may import Node built-ins, gRPC or LMDB.
exports.io = [
  "/adapters/",
  "^src/node/",
  "^src/network/",
  "^src/testing/",
  "^src/cli/",
  "^scripts/",
  "^test/",
  "^config/",
];
