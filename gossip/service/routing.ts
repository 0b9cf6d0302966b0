import { PullMsgType } from "../../src/wire/index.ts";
import type { DecodedMessage, GossipContent } from "./gossip-message.ts";

const CHANNEL_KINDS: ReadonlySet<GossipContent["$case"]> = new Set([
  "dataMsg",
  "stateInfo",
  "stateSnapshot",
  "stateInfoPullReq",
  "stateRequest",
  "stateResponse",
  "leadershipMsg",
]);

const PRIVATE_KINDS: ReadonlySet<GossipContent["$case"]> = new Set([
  "privateData",
  "privateReq",
  "privateRes",
  "ack",
]);

/** Whether a message belongs to a channel: by its kind, or, where it pulls, by naming one. */
export function isOfChannel({ content, channel }: DecodedMessage): boolean {
  if (pullTypeOf(content) !== undefined) return channel.length > 0;
  return CHANNEL_KINDS.has(content.$case);
}

/** Whether a message is about private data: an acknowledgement, which names no channel, answers nothing else. */
export function isPrivate({ content }: Pick<DecodedMessage, "content">): boolean {
  return PRIVATE_KINDS.has(content.$case);
}

/** Identities are pulled outside channels, blocks inside. True of what pulls nothing. */
export function isPullOfItsKind({ content, channel }: DecodedMessage): boolean {
  const type = pullTypeOf(content);
  if (type === undefined || isProbe({ content, channel })) return true;
  return type === (channel.length > 0 ? PullMsgType.BLOCK_MSG : PullMsgType.IDENTITY_MSG);
}

/** Whether a message is one of those that peers that probe each other hide in a hello of no kind. */
export function isProbe({
  content,
  channel,
}: Pick<DecodedMessage, "content" | "channel">): boolean {
  return (
    content.$case === "hello" &&
    content.value.msgType === PullMsgType.UNDEFINED &&
    channel.length === 0
  );
}

function pullTypeOf(content: GossipContent): PullMsgType | undefined {
  const isPull =
    content.$case === "hello" ||
    content.$case === "dataDig" ||
    content.$case === "dataReq" ||
    content.$case === "dataUpdate";
  return isPull ? content.value.msgType : undefined;
}
