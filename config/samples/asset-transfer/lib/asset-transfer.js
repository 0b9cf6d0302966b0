"use strict";

const { Contract } = require("fabric-contract-api");
const { decodeAsset, encodeAsset } = require("./asset");

const FIRST_ASSETS = [
  { ID: "asset1", Color: "blue", Size: 5, Owner: "Tomoko", AppraisedValue: 300 },
  { ID: "asset2", Color: "red", Size: 5, Owner: "Brad", AppraisedValue: 400 },
  { ID: "asset3", Color: "green", Size: 10, Owner: "Jin Soo", AppraisedValue: 500 },
  { ID: "asset4", Color: "yellow", Size: 10, Owner: "Max", AppraisedValue: 600 },
  { ID: "asset5", Color: "black", Size: 15, Owner: "Adriana", AppraisedValue: 700 },
  { ID: "asset6", Color: "white", Size: 15, Owner: "Michel", AppraisedValue: 800 },
];

/**
 * Keeps assets as JSON under their id. Every peer that endorses a transaction must write the same bytes,
 * so nothing here depends on time, chance or the order in which an object's fields were set.
 */
class AssetTransfer extends Contract {
  /** Writes the six assets that the samples start from. */
  async InitLedger(ctx) {
    for (const asset of FIRST_ASSETS) {
      await ctx.stub.putState(asset.ID, encodeAsset(asset));
    }
  }

  /** Adds an asset and answers it. Emits `CreateAsset` with the asset. */
  async CreateAsset(ctx, id, color, size, owner, appraisedValue) {
    if (await this.AssetExists(ctx, id)) {
      throw new Error(`The asset ${id} already exists`);
    }
    const bytes = encodeAsset(assetOf(id, color, size, owner, appraisedValue));
    await ctx.stub.putState(id, bytes);
    ctx.stub.setEvent("CreateAsset", bytes);
    return bytes.toString();
  }

  /** Answers an asset. */
  async ReadAsset(ctx, id) {
    const asset = await readAsset(ctx, id);
    return encodeAsset(asset).toString();
  }

  /** Replaces all fields of an asset. */
  async UpdateAsset(ctx, id, color, size, owner, appraisedValue) {
    await readAsset(ctx, id);
    await ctx.stub.putState(id, encodeAsset(assetOf(id, color, size, owner, appraisedValue)));
  }

  /** Removes an asset. */
  async DeleteAsset(ctx, id) {
    await readAsset(ctx, id);
    await ctx.stub.deleteState(id);
  }

  /** Answers whether there is an asset of this id. */
  async AssetExists(ctx, id) {
    const bytes = await ctx.stub.getState(id);
    return bytes.length > 0;
  }

  /** Gives an asset to another owner and answers the owner before. Emits `TransferAsset` with the asset. */
  async TransferAsset(ctx, id, newOwner) {
    const asset = await readAsset(ctx, id);
    const bytes = encodeAsset({ ...asset, Owner: newOwner });
    await ctx.stub.putState(id, bytes);
    ctx.stub.setEvent("TransferAsset", bytes);
    return asset.Owner;
  }

  /** Answers all assets, by id. */
  async GetAllAssets(ctx) {
    const assets = [];
    for await (const { value } of ctx.stub.getStateByRange("", "")) {
      assets.push(JSON.parse(Buffer.from(value).toString()));
    }
    return JSON.stringify(assets);
  }
}

async function readAsset(ctx, id) {
  const bytes = await ctx.stub.getState(id);
  if (bytes.length === 0) {
    throw new Error(`The asset ${id} does not exist`);
  }
  return decodeAsset(bytes);
}

// Arguments of a transaction are text.
function assetOf(id, color, size, owner, appraisedValue) {
  return {
    ID: id,
    Color: color,
    Size: Number(size),
    Owner: owner,
    AppraisedValue: Number(appraisedValue),
  };
}

module.exports.AssetTransfer = AssetTransfer;
