/** One machine of the network and the processes that live on it, one after the other. */
import type { Contract } from "../../contract/index.ts";
import { Faults, NO_FAULTS, SOUND_DISK, type DiskFaults } from "../../faults/index.ts";
import type { Certificate } from "../../crypto/index.ts";
import { errorMessage } from "../../kernel/error.ts";
import type { Logger } from "../../kernel/ports/logger.ts";
import type { SeededRandom } from "../../kernel/seeded-random.ts";
import {
  RenewableSigner,
  startOrderer,
  startPeer,
  type OrdererConfig,
  type PeerConfig,
  type RunningOrderer,
  type RunningPeer,
} from "../../node/start/index.ts";
import type { ClockSkew, DiskState, Failpoint, NodeName } from "../contracts.ts";
import {
  ADMIN_PORT,
  CHANNEL_ID,
  CHAINCODE_PORT,
  ORDERER_PORT,
  PEER_PORT,
  type NodeMaterial,
} from "../material.ts";
import { Gauges } from "../ports/gauges.ts";
import { FaultPlan } from "../ports/fault-plan.ts";
import type { KeyHolder, Signatures } from "../ports/signatures.ts";
import { MemoryKvDisk } from "../ports/memory-kv-store.ts";
import { ProcessTime } from "../ports/process-time.ts";
import { SimulatedFiles } from "../ports/simulated-files.ts";
import type { NetworkHost, SimulatedNetwork } from "../ports/simulated-network.ts";
import { WATCHED_GAUGES } from "./watched-gauges.ts";
import { nodeWorld, type Machine } from "./node-world.ts";

export interface NodeDeps {
  readonly material: NodeMaterial;
  readonly genesisBlock: Uint8Array | undefined;
  /** Peers of its organisation, for gossip's bootstrap. */
  readonly bootstrap: readonly NodeName[];
  readonly network: SimulatedNetwork;
  readonly random: SeededRandom;
  readonly signatures: Signatures;
  readonly contracts: ReadonlyMap<string, Contract>;
  readonly logger: Logger;
  /** A process ended by itself: at a failpoint, or because it could not start. */
  readonly onEnd: (node: SimulatedNode, reason: string) => void;
}

type Running =
  | { readonly role: "orderer"; readonly host: RunningOrderer }
  | { readonly role: "peer"; readonly host: RunningPeer };

interface Life {
  readonly host: NetworkHost;
  readonly signer: RenewableSigner;
  readonly gauges: Gauges;
  /** Undefined while it starts. */
  running: Running | undefined;
}

const NOTHING = (): void => undefined;
const NO_SKEW: ClockSkew = { offsetMs: 0, driftPerMille: 0 };

export class SimulatedNode {
  readonly name: NodeName;
  readonly role: "orderer" | "peer";
  readonly mspId: string;
  readonly machine: Machine;
  readonly #deps: NodeDeps;
  readonly #faults = new Faults();
  #skew: ClockSkew = NO_SKEW;
  #life: Life | undefined;
  #lifeCount = 0;
  #diedAtMs = -Infinity;
  #ledgersLost = 0;
  #rotCount = 0;
  #listsChannel = true;
  #tls: Certificate;
  #identity: KeyHolder;

  constructor(deps: NodeDeps) {
    const { name, role, mspId } = deps.material;
    this.name = name;
    this.role = role;
    this.mspId = mspId;
    this.#deps = deps;
    this.#tls = deps.material.tls;
    this.#identity = deps.material;
    const plan = new FaultPlan();
    const files = new SimulatedFiles({ random: deps.random.child("disk"), faults: plan });
    files.onFolderRemoved = (path) => {
      if (path === `${DATA_DIRECTORY}/channels/${CHANNEL_ID}`) this.#ledgersLost += 1;
    };
    this.machine = { files, state: new MemoryKvDisk(), plan };
    plan.onCrash = (step) => {
      this.crash({ power: true });
      deps.onEnd(this, `a failpoint${step === undefined ? "" : `: ${step}`}`);
    };
  }

  /** Processes that it has had. */
  get startCount(): number {
    return this.#lifeCount;
  }

  /** How often it lost what it had of the channel: with its disk, or because an administrator removed the channel there. */
  get ledgersLost(): number {
    return this.#ledgersLost;
  }

  /** How often bits of its files were flipped. */
  get rotCount(): number {
    return this.#rotCount;
  }

  get isUp(): boolean {
    return this.#life !== undefined;
  }

  /** Its process has begun and does not serve yet. */
  get isStarting(): boolean {
    return this.#life !== undefined && this.#life.running === undefined;
  }

  get isPaused(): boolean {
    return this.#life?.host.time.isPaused === true;
  }

  /** What its process says of itself; undefined while it is down. */
  get gauges(): Gauges | undefined {
    return this.#life?.gauges;
  }

  get orderer(): RunningOrderer | undefined {
    const running = this.#life?.running;
    return running?.role === "orderer" ? running.host : undefined;
  }

  get peer(): RunningPeer | undefined {
    const running = this.#life?.running;
    return running?.role === "peer" ? running.host : undefined;
  }

  /** Begins a process, unless there is one; soon, when the one before has only just died. */
  start(): void {
    const { time } = this.#deps.network;
    const waitMs = this.#diedAtMs + START_MS - time.monotonicMs();
    if (waitMs <= 0) this.#begin();
    else {
      time.after(waitMs, () => {
        this.#begin();
      });
    }
  }

  #begin(): void {
    if (this.#life !== undefined) return;
    const { network, random } = this.#deps;
    this.#lifeCount += 1;
    network.lighten(this.name);
    this.machine.plan.restart();
    const time = new ProcessTime(network.time, this.#skew);
    const { der: certificate, notAfterMs: certificateEndsMs } = this.#tls;
    const host = { name: this.name, time, certificate, certificateEndsMs };
    const gauges = new Gauges(WATCHED_GAUGES);
    const signer = new RenewableSigner(this.#deps.signatures.signer(this.#identity));
    const life: Life = { host, signer, gauges, running: undefined };
    this.#life = life;
    const world = nodeWorld({
      ...this.#deps,
      signer,
      tlsCertificatePem: this.#tls.pem,
      host,
      machine: this.machine,
      genesisBlock: this.#listsChannel ? this.#deps.genesisBlock : undefined,
      faults: this.#faults,
      meter: gauges.meter,
      random: random.child(`life ${this.#lifeCount}`),
    });
    const started: Promise<Running> =
      this.role === "orderer"
        ? startOrderer(this.#ordererConfig(), world).then((running) => ({
            role: "orderer",
            host: running,
          }))
        : startPeer(this.#peerConfig(), world).then((running) => ({ role: "peer", host: running }));
    started.then(
      (running) => {
        life.running = running;
      },
      (error: unknown) => {
        if (this.#life !== life || host.time.isDead) return;
        this.crash({ power: false });
        this.#deps.onEnd(this, `cannot start: ${errorMessage(error)}`);
      },
    );
  }

  /** `power`: the machine goes dark, and what was not flushed may be lost. Otherwise only the process dies. */
  crash(how: { readonly power: boolean }): void {
    const life = this.#life;
    if (life === undefined) return;
    this.#life = undefined;
    const { network } = this.#deps;
    life.host.time.kill();
    this.#diedAtMs = network.time.monotonicMs();
    this.machine.plan.crashNow();
    if (!how.power) {
      network.drop(life.host);
      return;
    }
    network.darken(life.host);
    // The step that crashed ends first.
    network.time.after(0, () => {
      if (this.#life === undefined) this.machine.files.powerLoss();
    });
  }

  pause(): void {
    this.#life?.host.time.pause();
  }

  resume(): void {
    this.#life?.host.time.resume();
  }

  /** What it presents from its next start on. */
  get tls(): Certificate {
    return this.#tls;
  }

  renewTls(): void {
    this.#tls = this.#deps.material.nextTls;
  }

  /** From its first start on it has certificates that end, of these. */
  useEnding({ identity, tls }: { readonly identity: boolean; readonly tls: boolean }): void {
    const { ending } = this.#deps.material;
    if (identity) this.#identity = ending.identity;
    if (tls) this.#tls = ending.tls;
  }

  /** Since when the identity that it has is no longer valid; undefined while it is. By the simulation's own clock. */
  get endedSinceMs(): number | undefined {
    const { time } = this.#deps.network;
    const endMs = this.#identity.certificate.notAfterMs - time.wallMs() + time.monotonicMs();
    return endMs < time.monotonicMs() ? endMs : undefined;
  }

  /** Certificates that end are replaced by those that do not, on the machine's disk: the next process has them. */
  renewEnding(): void {
    const { ending, tls } = this.#deps.material;
    if (this.#tls === ending.tls) this.#tls = tls;
    this.#identity = this.#deps.material;
  }

  /** A running orderer reads its certificates again, as at SIGHUP. */
  reload(): void {
    const { signatures } = this.#deps;
    this.#life?.signer.renew(signatures.signer(this.#identity));
    this.orderer?.renewTls({ certificatePem: this.#tls.pem, keyPem: new Uint8Array(0) });
  }

  /** Everything on the disk of a machine that is down. */
  loseDisk(): void {
    if (this.#life !== undefined) return;
    this.#ledgersLost += 1;
    // An orderer that forgot what it promised must not begin at the channel's first block as if it had promised nothing:
    // its next configuration lists no channel, as that of one that is added to a running network.
    if (this.role === "orderer") this.#listsChannel = false;
    this.machine.files.erase();
    this.machine.state.erase();
  }

  skew(skew: ClockSkew): void {
    this.#skew = skew;
    this.#life?.host.time.skew(skew);
  }

  disk(state: DiskState): void {
    this.#faults.apply({ ...NO_FAULTS, disk: diskFaults(state) });
    this.machine.plan.isSyncFailing = state.kind === "failing-sync";
    if (state.kind === "rot") this.#rot(state);
  }

  /** Orders a crash until what is returned is called; a named step may be one of a later process. */
  failAt(point: Failpoint, onFire: () => void): () => void {
    const { plan } = this.machine;
    if ("step" in point) return plan.crashAt(point.step, `crash ${point.when}`, onFire);
    return this.#life === undefined ? NOTHING : plan.crashAfter(point.durableStep, onFire);
  }

  // Bits turn where nobody looks.
  #rot({ flips, isOfLog = false }: Extract<DiskState, { readonly kind: "rot" }>): void {
    this.#rotCount += 1;
    const { files } = this.machine;
    const random = this.#deps.random.child(`rot ${this.#deps.network.time.monotonicMs()}`);
    const paths = files.paths().filter((path) => !isOfLog || LOG_FILE.test(path));
    for (let flip = 0; flip < flips && paths.length > 0; flip += 1) {
      const path = paths[random.below(paths.length)] ?? "";
      const content = files.contentOf(path);
      if (content.length === 0) continue;
      // Behind what was written there may be room, which nobody reads.
      const at = random.below(content.findLastIndex((byte) => byte !== 0) + 1 || content.length);
      content[at] = (content[at] ?? 0) ^ (1 << random.below(8));
      files.overwrite(path, content);
    }
  }

  #ordererConfig(): OrdererConfig {
    return {
      kind: "orderer",
      ...this.#commonConfig(ORDERER_PORT),
      admin: {
        listen: { host: this.name, port: ADMIN_PORT },
        clientRootFiles: [],
        requestBytesMax: ADMIN_REQUEST_BYTES_MAX,
      },
    };
  }

  #peerConfig(): PeerConfig {
    const { bootstrap } = this.#deps;
    return {
      kind: "peer",
      ...this.#commonConfig(PEER_PORT),
      chaincode: {
        listen: { host: this.name, port: CHAINCODE_PORT },
        executeTimeoutMs: 30_000,
        heapMebibytesMax: 256,
      },
      gossip: {
        externalEndpoint: `${this.name}:${PEER_PORT}`,
        bootstrap: bootstrap.map((name) => `${name}:${PEER_PORT}`),
        timing: "heddle",
      },
    };
  }

  #commonConfig(port: number): Omit<OrdererConfig, "kind"> {
    return {
      name: this.name,
      listen: { host: this.name, port },
      operations: { host: this.name, port: 0 },
      dataDirectory: DATA_DIRECTORY,
      msp: { id: this.mspId, directory: "" },
      tls: { certificateFile: "", keyFile: "" },
      channels: [],
      hostAddresses: {},
      log: { spec: "info" },
    };
  }
}

const DATA_DIRECTORY = "/data";
const LOG_FILE = /\/raft\/wal-\d+\.heddle$/;
const ADMIN_REQUEST_BYTES_MAX = 1024 * 1024;
/** A process that has died does not meet the next one: what it had begun at the disk has ended by then. */
const START_MS = 50;

function diskFaults(state: DiskState): DiskFaults {
  switch (state.kind) {
    case "well":
    case "rot":
    case "failing-sync":
      return SOUND_DISK;
    case "full":
      return { ...SOUND_DISK, full: true };
    case "slow":
      return { ...SOUND_DISK, syncDelayMs: state.delayMs };
  }
}
