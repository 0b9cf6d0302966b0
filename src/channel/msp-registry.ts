import { equalBytes } from "../kernel/bytes.ts";
import { errorMessage } from "../kernel/error.ts";
import { type Msp, type MspCache, MspManager } from "../msp/index.ts";
import { FabricMSPConfig, IdemixMSPConfig, type MSPConfig } from "../wire/index.ts";
import { decodeValue } from "./config-values.ts";
import { invalidConfig } from "./errors.ts";

const MSP_TYPE_FABRIC = 0;
const MSP_TYPE_IDEMIX = 1;

/** What a channel needs to know of one organisation's MSP. */
export interface RegisteredMsp {
  readonly mspId: string;
  /** TLS root and intermediate certificates, PEM. */
  readonly tlsRootsPem: readonly Uint8Array[];
}

/** Collects the MSPs of all organisations of a channel. */
export class MspRegistry {
  readonly #known = new Map<
    string,
    { readonly message: MSPConfig; readonly registered: RegisteredMsp }
  >();
  readonly #msps: Msp[] = [];
  readonly #cache: MspCache;

  constructor(cache: MspCache) {
    this.#cache = cache;
  }

  /**
   * Adds the MSP at `path`. One organisation may stand in several groups, with the same MSP in each.
   * Throws `ChannelError` ("invalid-config").
   */
  add(path: string, message: MSPConfig | undefined): RegisteredMsp {
    if (message === undefined) throw invalidConfig(path, "the organisation has no MSP");
    const { registered, open } = this.#read(path, message);
    if (registered.mspId === "") throw invalidConfig(path, "the MSP has no id");
    const known = this.#known.get(registered.mspId);
    if (known !== undefined) {
      if (isSameMessage(known.message, message)) return known.registered;
      throw invalidConfig(
        path,
        `attempted to define two different versions of MSP ${registered.mspId}`,
      );
    }
    this.#known.set(registered.mspId, { message, registered });
    open();
    return registered;
  }

  /** The manager of all MSPs added so far. */
  manager(): MspManager {
    return new MspManager(this.#msps);
  }

  #read(
    path: string,
    message: MSPConfig,
  ): { readonly registered: RegisteredMsp; readonly open: () => void } {
    switch (message.type) {
      case MSP_TYPE_FABRIC: {
        const config = decodeValue(path, FabricMSPConfig, message.config);
        const tlsRootsPem = [...config.tlsRootCerts, ...config.tlsIntermediateCerts];
        const open = (): void => {
          this.#msps.push(openMsp(path, config, this.#cache));
        };
        return { registered: { mspId: config.name, tlsRootsPem }, open };
      }
      case MSP_TYPE_IDEMIX: {
        // Such an organisation may be in a channel; its members' identities are not understood here.
        const { name } = decodeValue(path, IdemixMSPConfig, message.config);
        return { registered: { mspId: name, tlsRootsPem: [] }, open: () => undefined };
      }
    }
    throw invalidConfig(path, `MSP type ${message.type} is unknown, use 0 (X.509)`);
  }
}

function openMsp(path: string, config: FabricMSPConfig, cache: MspCache): Msp {
  try {
    return cache.open(config);
  } catch (error) {
    throw invalidConfig(path, errorMessage(error), error);
  }
}

function isSameMessage(a: MSPConfig, b: MSPConfig): boolean {
  return a.type === b.type && equalBytes(a.config, b.config);
}
