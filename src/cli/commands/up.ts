import type { Command } from "commander";
import {
  DevelopmentNetwork,
  freeSubnet,
  ORDERER_COUNT_MAX,
  PEER_COUNT_PER_ORGANIZATION_MAX,
  PORT_OFFSET_MAX,
} from "../../network/index.ts";
import { followBlocks } from "../follow-blocks.ts";
import { describeNetwork, networkDocument, type UpReport } from "../network-text.ts";
import { Output } from "../output.ts";
import { runSample, SAMPLE_NAME } from "../sample.ts";
import { addDirectoryOptions, wholeNumber, type DirectoryOptions } from "../shared-options.ts";

interface UpOptions extends DirectoryOptions {
  readonly orderers: number;
  readonly peersPerOrg: number;
  readonly portOffset: number;
  readonly detach: boolean;
  readonly sample: boolean;
  readonly namespaces: boolean;
}

export function addUpCommand(program: Command): void {
  addDirectoryOptions(program.command("up"))
    .description(
      "start a network of real processes on this machine; make it first where there is none",
    )
    .option("--orderers <count>", "orderers of a new network", wholeNumber(1, ORDERER_COUNT_MAX), 3)
    .option(
      "--peers-per-org <count>",
      "peers of each organisation of a new network",
      wholeNumber(1, PEER_COUNT_PER_ORGANIZATION_MAX),
      2,
    )
    .option(
      "--port-offset <number>",
      "add to every port of a new network, to run beside another",
      wholeNumber(0, PORT_OFFSET_MAX),
      0,
    )
    .option("--detach", "leave it running in the background", false)
    .option(
      "--sample",
      `deploy the sample contract as '${SAMPLE_NAME}' and commit a transaction`,
      false,
    )
    .option(
      "--namespaces",
      "give each node of a new network a network namespace, so that chaos cuts links in the kernel (root, Linux)",
      false,
    )
    .addHelpText(
      "after",
      `
Without --detach it prints a line for each committed block until Ctrl-C, which stops the network; the data stay.

Examples:
  $ heddle up
  $ heddle up --orderers 5 --peers-per-org 1 --dir /tmp/net --detach`,
    )
    .action(up);
}

async function up(options: UpOptions): Promise<void> {
  const output = new Output(options);
  const startedAt = performance.now();
  const step = (text: string): void => {
    output.step(text);
  };
  const { network, created } = await DevelopmentNetwork.openOrCreate(
    options.dir,
    {
      ordererCount: options.orderers,
      peerCountPerOrganization: options.peersPerOrg,
      portOffset: options.portOffset,
      ...(options.namespaces ? { namespaceSubnet: await freeSubnet() } : {}),
    },
    step,
  );
  const interrupted = new AbortController();
  const interrupt = (): void => {
    interrupted.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  step("starting the nodes");
  await network.start();
  try {
    await network.untilReady();
    const readyMs = performance.now() - startedAt;
    if (options.sample) await runSample(network, output);
    await present(network, output, { readyMs, created, detached: options.detach });
    if (!options.detach) await followBlocks(network, output, interrupted.signal);
  } catch (error) {
    await network.stop();
    throw error;
  }
  if (options.detach) network.close();
  else await stop(network, output);
}

async function present(
  network: DevelopmentNetwork,
  output: Output,
  report: UpReport,
): Promise<void> {
  const nodes = await network.status();
  output.result(
    networkDocument(network, nodes, report.readyMs),
    describeNetwork(network, nodes, report, output),
  );
}

async function stop(network: DevelopmentNetwork, output: Output): Promise<void> {
  output.step("stopping the nodes");
  const stopped = await network.stop();
  if (stopped.length > 0) {
    output.say(
      `stopped; the data stay in ${network.layout.directory}, and \`heddle up\` goes on from there`,
    );
  }
}
