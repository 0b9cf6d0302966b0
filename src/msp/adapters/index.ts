/** Key material on disk, and signing with it. For hosts and tests. */
export { readMspDirectory, readSigner } from "./msp-directory.ts";
export { createSigner, type SignerMaterial } from "./signer.ts";
export {
  type MemberMaterial,
  type AddedNodeSpec,
  type NodeSpec,
  type OrganizationMaterial,
  type OrganizationSpec,
  writeNode,
  writeNodeTls,
  writeOrganization,
} from "./write-organization.ts";
