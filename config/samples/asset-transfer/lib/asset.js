"use strict";

/** The bytes of an asset, with its fields in the order of the alphabet whatever order they were set in. */
function encodeAsset({ AppraisedValue, Color, ID, Owner, Size }) {
  return Buffer.from(JSON.stringify({ AppraisedValue, Color, ID, Owner, Size }));
}

/** The asset in `bytes`. */
function decodeAsset(bytes) {
  return JSON.parse(Buffer.from(bytes).toString());
}

module.exports.decodeAsset = decodeAsset;
module.exports.encodeAsset = encodeAsset;
