/** Bounds of what is parsed. */

/** Largest certificate, in PEM or DER. A larger one is refused unread; those in use have about 1 KiB. */
export const CERTIFICATE_BYTES_MAX: number = 64 * 1024;

/** Largest revocation list, in PEM or DER: some 250,000 entries. A larger one is refused unread. */
export const REVOCATION_LIST_BYTES_MAX: number = 10 * 1024 * 1024;

/** Content bytes of r or s in a signature: P-521's order has 66. A longer number is malformed. */
export const SIGNATURE_INTEGER_BYTES_MAX = 66;

/** Parts that together are no longer than this are joined and hashed in one call; longer ones are hashed one after the other. */
export const JOINED_BYTES_MAX: number = 8 * 1024;
