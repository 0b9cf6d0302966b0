/** Drives the mesh: verifies what it is told, signs and sends what it wants said, dials whom it wants reached. */
import { errorMessage } from "../../src/kernel/error.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { GossipEnvelope } from "../../src/wire/index.ts";
import {
  DIGEST_BUCKETS_MAX,
  MEMBERS_MAX,
  NEWS_BATCH_MAX,
  PULL_ITEMS_MAX,
  type AliveClaim,
  type Mesh,
  type MeshEffect,
  type MeshEvent,
  type PeerId,
} from "../core/index.ts";
import { draftAlive, type ClaimVerifier } from "./claim-reader.ts";
import type { Connections } from "./connections.ts";
import type { DecodedMessage } from "./gossip-message.ts";
import type { RemotePeer } from "./handshake.ts";
import { meshEnvelope } from "./mesh-wire.ts";
import type { GossipMetrics, Refusal } from "./metrics.ts";
import type { OwnClaims } from "./own-claims.ts";
import { peerIdOf } from "./peer-identity.ts";
import { readKnown, readProbe } from "./probe-wire.ts";
import { isProbe } from "./routing.ts";

/** What was not asked for has none. */
const NO_NONCE = "0";

export interface MeshDriverDeps {
  readonly mesh: Mesh;
  readonly connections: Connections;
  readonly verifier: ClaimVerifier;
  readonly ownClaims: OwnClaims;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly self: PeerId;
  readonly metrics: Pick<GossipMetrics, "suspects" | "healthScore">;
  /** What this peer signs from now on is to be of this run. */
  readonly onRisen: (incarnation: bigint) => void;
  readonly onChange: (change: "joined" | "died", peer: PeerId) => void;
  /** After each step: a tick before `dueMs` would do nothing. */
  readonly onDue: (dueMs: number, nowMs: number) => void;
}

export class MeshDriver {
  readonly #deps: MeshDriverDeps;
  #measured: { readonly suspectCount: number; readonly healthScore: number } | undefined;

  constructor(deps: MeshDriverDeps) {
    this.#deps = deps;
  }

  step(event: MeshEvent): void {
    const { mesh, clock } = this.#deps;
    const nowMs = clock.monotonicMs();
    mesh.step(event, nowMs);
    for (const effect of mesh.takeEffects()) this.#perform(effect);
    this.#measure();
    this.#deps.onDue(mesh.nextDueMs(nowMs), nowMs);
  }

  /** Takes a message that belongs to no channel. Answers why it was of no use, if it was not. */
  async receive(
    remote: RemotePeer,
    message: DecodedMessage,
    envelope: GossipEnvelope,
  ): Promise<Refusal | undefined> {
    const { content, nonce } = message;
    const from = remote.peer;
    switch (content.$case) {
      case "aliveMsg":
        return this.#takeAlive(from, envelope);
      case "memReq":
        return this.#takeRequest(from, nonce, content.value);
      case "memRes":
        return this.#takeResponse(from, nonce, content.value);
      case "hello":
        if (isProbe(message)) return this.#takeProbe(from, content.value);
        this.step({ kind: "identity-hello", from, nonce: content.value.nonce });
        return undefined;
      case "dataDig":
      case "dataReq": {
        const kind = content.$case === "dataDig" ? "identity-digest" : "identity-request";
        const peers = content.value.digests.slice(0, PULL_ITEMS_MAX).map(peerIdOf);
        this.step({ kind, from, nonce: content.value.nonce, peers });
        return undefined;
      }
      case "dataUpdate":
        return this.#takeIdentities(from, content.value.nonce, content.value.data);
      case "empty":
      case "conn":
        return undefined;
      case "dataMsg":
      case "stateInfo":
      case "stateSnapshot":
      case "stateInfoPullReq":
      case "stateRequest":
      case "stateResponse":
      case "leadershipMsg":
      case "peerIdentity":
      case "ack":
      case "privateReq":
      case "privateRes":
      case "privateData":
        return "unsupported";
    }
  }

  #measure(): void {
    const { suspectCount, healthScore } = this.#deps.mesh;
    const { metrics } = this.#deps;
    if (suspectCount !== this.#measured?.suspectCount) metrics.suspects.set(suspectCount);
    if (healthScore !== this.#measured?.healthScore) metrics.healthScore.set(healthScore);
    this.#measured = { suspectCount, healthScore };
  }

  #takeProbe(
    from: PeerId,
    { nonce, metadata }: { readonly nonce: string; readonly metadata: Uint8Array },
  ): Refusal | undefined {
    const fields = readProbe(metadata);
    if (fields === undefined) return "malformed";
    switch (fields.kind) {
      case "probe":
      case "ack": {
        const { kind, digest, accusation } = fields;
        this.step({ kind, from, nonce, digest, accusation });
        return undefined;
      }
      case "probe-request":
        this.step({ kind: fields.kind, from, nonce, subject: fields.subject });
        return undefined;
      case "nack":
        this.step({ kind: fields.kind, from, nonce });
        return undefined;
      case "accusations":
        this.step({ kind: fields.kind, from, accusations: fields.accusations });
        return undefined;
    }
  }

  async #takeAlive(from: PeerId, envelope: GossipEnvelope): Promise<Refusal | undefined> {
    const draft = draftAlive(envelope);
    if (draft === undefined) return "malformed";
    if (!this.#isNews(draft, from)) return undefined;
    const verified = await this.#deps.verifier.alive(draft);
    if (!verified.ok) {
      if (verified.refusal === "identity") this.step({ kind: "identity-missing", from });
      return verified.refusal;
    }
    this.#learn(verified.claim, from);
    return undefined;
  }

  /** The cheap question, before a signature is looked at: most of what arrives is known from somebody else. */
  #isNews({ peer, time }: Pick<AliveClaim, "peer" | "time">, from: PeerId): boolean {
    const freshness = this.#deps.mesh.judge(peer, time);
    if (freshness === "stale") this.step({ kind: "stale-alive", peer, from });
    return freshness === "news";
  }

  #learn(claim: AliveClaim, from: PeerId): void {
    if (claim.peer === this.#deps.self) {
      const { time, rebuttals = 0 } = claim;
      this.step({ kind: "own-alive", time, rebuttals });
      return;
    }
    // A claim without the mark is renewed often, and seldom with the identity: that is to be remembered by itself.
    if (claim.rebuttals === undefined) this.step({ kind: "identity", record: claim.identity });
    this.step({ kind: "alive", claim, from });
  }

  async #takeRequest(
    from: PeerId,
    nonce: string,
    request: {
      readonly selfInformation: GossipEnvelope | undefined;
      readonly known: readonly Uint8Array[];
    },
  ): Promise<Refusal | undefined> {
    const { selfInformation } = request;
    const draft = selfInformation === undefined ? undefined : draftAlive(selfInformation);
    if (selfInformation === undefined || draft === undefined) return "malformed";
    if (draft.peer !== from) return "signature";
    const refusal = await this.#takeAlive(from, selfInformation);
    const known = readKnown(request.known, DIGEST_BUCKETS_MAX);
    if (refusal === undefined) this.step({ kind: "membership-request", from, nonce, known });
    return refusal;
  }

  async #takeResponse(
    from: PeerId,
    nonce: string,
    response: { readonly alive: GossipEnvelope[]; readonly dead: GossipEnvelope[] },
  ): Promise<Refusal | undefined> {
    const { mesh, clock } = this.#deps;
    if (nonce === NO_NONCE && mesh.takesNewsFrom(from)) return this.#takeNews(from, response.alive);
    if (!mesh.expectsMembership(from, nonce, clock.monotonicMs())) return "unasked";
    const alive = await this.#verifyAll(from, response.alive);
    const dead = await this.#verifyAll(from, response.dead);
    const isOther = ({ peer }: AliveClaim): boolean => peer !== this.#deps.self;
    for (const claim of alive.claims) if (!isOther(claim)) this.#learn(claim, from);
    this.step({
      kind: "members",
      from,
      alive: alive.claims.filter(isOther),
      dead: dead.claims.filter(isOther),
    });
    return alive.refusal ?? dead.refusal;
  }

  async #takeNews(
    from: PeerId,
    envelopes: readonly GossipEnvelope[],
  ): Promise<Refusal | undefined> {
    let refusal: Refusal | undefined;
    for (const envelope of envelopes.slice(0, NEWS_BATCH_MAX)) {
      refusal = (await this.#takeAlive(from, envelope)) ?? refusal;
    }
    return refusal;
  }

  /** The claims among `envelopes` that say something new and verify. */
  async #verifyAll(
    from: PeerId,
    envelopes: readonly GossipEnvelope[],
  ): Promise<{ readonly claims: readonly AliveClaim[]; readonly refusal: Refusal | undefined }> {
    const claims: AliveClaim[] = [];
    let refusal: Refusal | undefined;
    for (const envelope of envelopes.slice(0, MEMBERS_MAX)) {
      const draft = draftAlive(envelope);
      if (draft === undefined) refusal = "malformed";
      if (draft === undefined || !this.#isNews(draft, from)) continue;
      const verified = await this.#deps.verifier.alive(draft);
      if (verified.ok) claims.push(verified.claim);
      else refusal = verified.refusal;
    }
    if (refusal === "identity") this.step({ kind: "identity-missing", from });
    for (const { rebuttals, identity } of claims) {
      if (rebuttals === undefined) this.step({ kind: "identity", record: identity });
    }
    return { claims, refusal };
  }

  async #takeIdentities(
    from: PeerId,
    nonce: string,
    envelopes: readonly GossipEnvelope[],
  ): Promise<Refusal | undefined> {
    const { mesh, clock, verifier } = this.#deps;
    if (!mesh.expectsIdentities(from, nonce, clock.monotonicMs())) return "unasked";
    let refusal: Refusal | undefined;
    for (const envelope of envelopes.slice(0, PULL_ITEMS_MAX)) {
      const verified = await verifier.identity(envelope);
      if (verified.ok) this.step({ kind: "identity", record: verified.claim });
      else refusal = verified.refusal;
    }
    return refusal;
  }

  #perform(effect: MeshEffect): void {
    const { mesh, connections, logger } = this.#deps;
    switch (effect.kind) {
      case "send":
        connections.send(effect.to, mesh.endpointOf(effect.to), meshEnvelope(effect.message));
        return;
      case "sign-alive":
        void this.#signAlive(effect);
        return;
      case "risen":
        logger.warn(
          "others remember a later start of this peer: its clock was ahead then, or a second process runs with its identity",
        );
        this.#deps.onRisen(effect.incarnation);
        return;
      case "dial-seed":
        void this.#dial(effect.seed.endpoint, effect.seed.mspId);
        return;
      case "dial-member":
        void this.#dial(effect.endpoint, undefined);
        return;
      case "joined":
        logger.info("a peer is alive", {
          peer: effect.peer,
          endpoint: mesh.endpointOf(effect.peer),
        });
        this.#deps.onChange(effect.kind, effect.peer);
        return;
      case "suspected":
        logger.debug("a peer does not answer and is suspected", { peer: effect.peer });
        return;
      case "died":
        logger.warn("a peer is silent and counts as dead", {
          peer: effect.peer,
          endpoint: mesh.endpointOf(effect.peer),
        });
        this.#deps.onChange(effect.kind, effect.peer);
        return;
    }
  }

  async #signAlive({ time, rebuttals }: MeshEffect & { kind: "sign-alive" }): Promise<void> {
    try {
      const sealed = await this.#deps.ownClaims.alive(time, rebuttals);
      this.step({ kind: "alive-signed", time, sealed });
    } catch (error) {
      this.#deps.logger.error("cannot sign an alive message", { reason: errorMessage(error) });
    }
  }

  async #dial(endpoint: string, mspId: string | undefined): Promise<void> {
    const remote = await this.#deps.connections.dial(endpoint);
    if (remote === undefined) return;
    if (mspId !== undefined && remote.mspId !== mspId) {
      this.#deps.logger.warn("a peer of another organisation answered", {
        endpoint,
        expected: mspId,
        found: remote.mspId,
      });
      return;
    }
    const seedEndpoint = mspId === undefined ? undefined : endpoint;
    this.step({ kind: "connected", peer: remote.peer, seedEndpoint });
  }
}
