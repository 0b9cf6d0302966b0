import { ConcurrencyLimit } from "../kernel/concurrency-limit.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Meter } from "../kernel/ports/meter.ts";
import type { Random } from "../kernel/ports/random.ts";
import {
  serveStream,
  serveUnary,
  type RpcBinding,
  type RpcCall,
  type RpcDialer,
  type RpcMethod,
} from "../kernel/ports/rpc.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import { GatewayDefinition, methodOf } from "../wire/index.ts";
import { chaincodeEvents } from "./chaincode-events.ts";
import { ChannelView, type LocalPeer } from "./channel-view.ts";
import { commitStatus } from "./commit-status.ts";
import { CommitWatches } from "./commit-watch.ts";
import { Connections } from "./connections.ts";
import { endorse, type EndorseDeps } from "./endorse.ts";
import { EndorsementPlans } from "./endorsement-plans.ts";
import { EndorserPool } from "./endorser-pool.ts";
import { evaluate } from "./evaluate.ts";
import {
  BROADCAST_PATIENCE_MS,
  ENDORSEMENT_PATIENCE_MS,
  BROADCAST_TIMEOUT_MS,
  ENDORSEMENT_TIMEOUT_MS,
  GATEWAY_CALLS_MAX,
} from "./limits.ts";
import { OrdererPool } from "./orderer-pool.ts";
import type { GatewayChannel, GatewayChannels, GatewayMembership, LocalEndorser } from "./ports.ts";
import { submit, type SubmitDeps } from "./submit.ts";

export interface GatewayDeps {
  readonly channels: GatewayChannels;
  readonly membership: GatewayMembership;
  readonly endorser: LocalEndorser;
  /** For connections to other peers and to orderers; closed with the gateway. */
  readonly dialer: RpcDialer;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly meter: Meter;
}

export interface GatewayOptions {
  /** This peer: its organisation, and the `host:port` that clients are told in errors. */
  readonly local: LocalPeer;
  /** Chaincodes that every peer has. */
  readonly systemChaincodes: readonly string[];
  /** Whether other nodes are reached with TLS. Default true. */
  readonly isTls?: boolean;
  /** Time for one endorser. Default 30,000. */
  readonly endorsementTimeoutMs?: number;
  /** Time after which a further endorser is asked beside it. Default 3,000. */
  readonly endorsementPatienceMs?: number;
  /** Time for one orderer. Default 30,000. */
  readonly broadcastTimeoutMs?: number;
  /** Time after which a further orderer is asked beside it. Default 3,000. */
  readonly broadcastPatienceMs?: number;
  /** Calls served at a time. Default 500. */
  readonly callsMax?: number;
}

/** `gateway.Gateway`: carries clients' transactions to endorsers and orderers, and tells what became of them. */
export class Gateway {
  readonly #deps: GatewayDeps;
  readonly #options: GatewayOptions;
  readonly #limit: ConcurrencyLimit;
  readonly #connections: Connections;
  readonly #endorsers: EndorserPool;
  readonly #orderers: OrdererPool;
  readonly #watches = new CommitWatches();
  readonly #plans = new WeakMap<GatewayChannel, EndorsementPlans>();

  constructor(deps: GatewayDeps, options: GatewayOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#limit = new ConcurrencyLimit("/gateway.Gateway", options.callsMax ?? GATEWAY_CALLS_MAX);
    const connections = new Connections(deps.dialer, { isTls: options.isTls ?? true });
    this.#connections = connections;
    this.#endorsers = new EndorserPool(
      { ...deps, local: deps.endorser, connections },
      { timeoutMs: options.endorsementTimeoutMs ?? ENDORSEMENT_TIMEOUT_MS },
    );
    this.#orderers = new OrdererPool(
      { ...deps, connections },
      { timeoutMs: options.broadcastTimeoutMs ?? BROADCAST_TIMEOUT_MS },
    );
  }

  /** The methods of the service, to be registered at a server. */
  bindings(): readonly RpcBinding[] {
    const endorseDeps = this.#endorseDeps();
    const submitDeps = this.#submitDeps();
    const statusDeps = { channels: this.#deps.channels, watches: this.#watches };
    return [
      this.#unary(methodOf(GatewayDefinition, "evaluate"), (request, call) =>
        evaluate(endorseDeps, request, call),
      ),
      this.#unary(methodOf(GatewayDefinition, "endorse"), (request, call) =>
        endorse(endorseDeps, request, call),
      ),
      this.#unary(methodOf(GatewayDefinition, "submit"), (request, call) =>
        submit(submitDeps, request, call),
      ),
      this.#unary(methodOf(GatewayDefinition, "commitStatus"), (request, call) =>
        commitStatus(statusDeps, request, call),
      ),
      this.#events(),
    ];
  }

  /** Closes connections. Calls still open end with their callers. Idempotent. */
  close(): void {
    this.#watches.close();
    this.#connections.close();
  }

  #unary<Request, Response>(
    method: RpcMethod<Request, Response>,
    serve: (request: Request, call: RpcCall) => Promise<Response>,
  ): RpcBinding {
    return serveUnary(method, (request, call) => this.#limit.run(() => serve(request, call)));
  }

  #events(): RpcBinding {
    const method = methodOf(GatewayDefinition, "chaincodeEvents");
    return serveStream(method, (requests, send, call) =>
      this.#limit.run(async () => {
        for await (const request of requests) {
          await chaincodeEvents(this.#deps.channels, request, send, call);
        }
      }),
    );
  }

  #endorseDeps(): EndorseDeps {
    const { channels, membership, random, timers } = this.#deps;
    const { local } = this.#options;
    const systemChaincodes = new Set(this.#options.systemChaincodes);
    return {
      channelView: (channelId) => {
        const channel = channels.channel(channelId);
        if (channel === undefined) return undefined;
        return new ChannelView(
          channel,
          this.#plansOf(channel),
          membership.members(channelId),
          local,
        );
      },
      isSystemChaincode: (name) => systemChaincodes.has(name),
      mspId: local.mspId,
      propose: (candidate, view, signed, signal) =>
        this.#endorsers.propose(candidate, view.config, signed, signal),
      random,
      timers,
      patienceMs: this.#options.endorsementPatienceMs ?? ENDORSEMENT_PATIENCE_MS,
    };
  }

  #plansOf(channel: GatewayChannel): EndorsementPlans {
    const known = this.#plans.get(channel);
    if (known !== undefined) return known;
    const plans = new EndorsementPlans(channel.ledger);
    this.#plans.set(channel, plans);
    return plans;
  }

  #submitDeps(): SubmitDeps {
    const { channels, random, timers } = this.#deps;
    return {
      channelConfig: (channelId) => channels.channel(channelId)?.config.current(),
      orderers: this.#orderers,
      random,
      timers,
      patienceMs: this.#options.broadcastPatienceMs ?? BROADCAST_PATIENCE_MS,
    };
  }
}
