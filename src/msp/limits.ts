/** Bounds of membership. */

/** Largest serialised identity; a larger one is refused unread. Those in use have about 1 KiB. */
export const IDENTITY_BYTES_MAX: number = 64 * 1024;

/** Valid identities that one organisation remembers. When full the least recently used is forgotten and checked again. */
export const IDENTITY_CACHE_COUNT_MAX = 2_000;

/** Organisations that a node keeps open, of all its channels. When full the least recently used is opened again when it is named. */
export const MSP_CACHE_COUNT_MAX = 200;

/** Certificates, revocation lists and units of each kind in one configuration. One with more is refused. */
export const CONFIG_ITEM_COUNT_MAX = 100;

/** Signatures checked in search of one certificate's chains, as in Go. The search then ends with what it has found. */
export const CHAIN_SIGNATURE_COUNT_MAX = 100;

/** Principals within a combined one, at all depths. One of more is not satisfied. */
export const COMBINED_PRINCIPAL_COUNT_MAX = 1_000;

/** Signatures of one set that are looked at. Later ones are ignored, as if they were invalid. */
export const SIGNATURE_COUNT_MAX = 1_000;
