/** Whether a disk refused a change for want of space, or of quota, alone: it has kept what it had. */
export function isNoSpace(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return error.code === "ENOSPC" || error.code === "EDQUOT";
}
