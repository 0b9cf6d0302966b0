/** What is asked of an orderer that blocks are pulled from. */
import {
  SeekInfo_SeekBehavior,
  SeekInfo_SeekContentType,
  SeekInfo_SeekErrorResponse,
  type SeekInfo,
  type SeekPosition,
} from "../../wire/index.ts";

/** The newest header that the orderer has. Answered at once, also by one without a leader, and in few bytes. */
export function seekNewestHeader(): SeekInfo {
  const newest: SeekPosition = { type: { $case: "newest", value: {} } };
  return {
    start: newest,
    stop: newest,
    behavior: SeekInfo_SeekBehavior.FAIL_IF_NOT_READY,
    errorResponse: SeekInfo_SeekErrorResponse.BEST_EFFORT,
    contentType: SeekInfo_SeekContentType.HEADER_WITH_SIG,
  };
}

/** Block `number` and all after it, as they come. Unless it `isBestEffort` it is refused while the orderer has no leader. */
export function seekFrom(number: number, isBestEffort: boolean): SeekInfo {
  const { BEST_EFFORT, STRICT } = SeekInfo_SeekErrorResponse;
  return {
    start: { type: { $case: "specified", value: { number: number.toString() } } },
    stop: { type: { $case: "specified", value: { number: NO_LAST } } },
    behavior: SeekInfo_SeekBehavior.BLOCK_UNTIL_READY,
    errorResponse: isBestEffort ? BEST_EFFORT : STRICT,
    contentType: SeekInfo_SeekContentType.BLOCK,
  };
}

const NO_LAST = (2n ** 64n - 1n).toString();
