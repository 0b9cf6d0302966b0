import { channelRefusal } from "../endorser/index.ts";
import type { SignedData } from "../msp/index.ts";
import { gatewayError } from "./errors.ts";
import type { GatewayChannel, GatewayChannels } from "./ports.ts";

/**
 * The channel, if the signer may use `resource` on it. Otherwise, and for a channel that the peer has not joined, throws
 * `RpcError` ("PERMISSION_DENIED").
 */
export async function authorizedChannel(
  channels: GatewayChannels,
  channelId: string,
  resource: string,
  signed: SignedData,
): Promise<GatewayChannel> {
  const channel = channels.channel(channelId);
  if (channel === undefined) {
    throw gatewayError(
      "PERMISSION_DENIED",
      `Failed to get policy manager for channel [${channelId}]`,
    );
  }
  const refusal = await channelRefusal(channel.config.current(), resource, signed);
  if (refusal !== undefined) throw gatewayError("PERMISSION_DENIED", refusal);
  return channel;
}
