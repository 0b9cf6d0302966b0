/** Signs as one identity of one organisation. */
export interface Signer {
  readonly mspId: string;
  /** Marshalled `msp.SerializedIdentity`; receivers compare and hash these very bytes. */
  readonly identity: Uint8Array;
  /** ECDSA P-256 over SHA-256 of `message`, ASN.1 DER, low S. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}
