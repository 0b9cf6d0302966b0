/** A committed block in one line: `#12 mychannel 3 tx ✔2 ✖1 MVCC_READ_CONFLICT`. */
import {
  BLOCK_METADATA,
  ChannelHeader,
  Envelope,
  HeaderType,
  Payload,
  tryDecode,
  TxValidationCode,
  type Block,
} from "../wire/index.ts";
import { chaincodeAction, validationCodeName } from "../network/index.ts";

export interface TransactionSummary {
  readonly id: string;
  readonly type: string;
  readonly chaincode: string | undefined;
  readonly code: string;
}

export interface BlockSummary {
  readonly number: number;
  readonly channelId: string;
  readonly transactions: readonly TransactionSummary[];
}

export function summarizeBlock(block: Block): BlockSummary {
  const codes = block.metadata?.metadata[BLOCK_METADATA.transactionsFilter] ?? new Uint8Array(0);
  let channelId = "";
  const transactions = (block.data?.data ?? []).map((bytes, index) => {
    const envelope = tryDecode(Envelope, bytes);
    const payload = envelope && tryDecode(Payload, envelope.payload);
    const header = payload?.header && tryDecode(ChannelHeader, payload.header.channelHeader);
    channelId ||= header?.channelId ?? "";
    return {
      id: header?.txId ?? "",
      type: typeName(header?.type),
      chaincode: envelope && chaincodeAction(envelope)?.chaincodeId?.name,
      code: validationCodeName(codes[index] ?? TxValidationCode.NOT_VALIDATED),
    };
  });
  return { number: block.header?.number ?? 0, channelId, transactions };
}

export function formatBlock(summary: BlockSummary): string {
  const invalid = summary.transactions.filter(({ code }) => code !== "VALID");
  const validCount = summary.transactions.length - invalid.length;
  const kinds = new Set(
    summary.transactions.map(({ chaincode, type }) => chaincode ?? type.toLowerCase()),
  );
  const parts = [
    `#${summary.number}`,
    summary.channelId,
    `${summary.transactions.length} tx`,
    `✔${validCount}`,
    ...(invalid.length > 0 ? [`✖${invalid.length} ${reasons(invalid)}`] : []),
    [...kinds].join(","),
  ];
  return parts.join("  ");
}

function reasons(invalid: readonly TransactionSummary[]): string {
  return [...new Set(invalid.map(({ code }) => code))].join(",");
}

function typeName(type: number | undefined): string {
  return Object.entries(HeaderType).find(([, value]) => value === type)?.[0] ?? "unknown";
}
