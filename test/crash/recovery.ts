/** Opens the local copy again in a process of its own, as a person would, and prints what is wrong with it as JSON. */
import type { StoreLocation } from "../../src/store/index.ts";
import { Wire } from "../servers/wire.ts";
import { judgeCopy, lookAt, recover } from "./judge.ts";

export interface RecoveryOptions {
  readonly port: number;
  readonly places: StoreLocation;
  /** Octets of bodies that are kept at most. */
  readonly cacheSize: number;
  /** A file that gets the protocol, or null. */
  readonly log: string | null;
}

const { port, places, cacheSize, log } = JSON.parse(process.argv[2] ?? "") as RecoveryOptions;
const lines = await recover(port, places, log, cacheSize);
const wire = await Wire.open(port);
lines.push(...(await judgeCopy(places, await lookAt(wire), wire, cacheSize)));
wire.close();
process.stdout.write(JSON.stringify(lines));
