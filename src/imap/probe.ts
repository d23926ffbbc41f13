import { noop } from "./command/simple.ts";
import type { Connection } from "./connection.ts";
import { timeouts } from "./limits.ts";

/**
 * Asks for a sign of life where a line may have died unheard (a machine that slept, another network). Ends an IDLE.
 * Where no byte comes within `ms` the connection is closed, whatever else it waits for.
 * @throws as `Connection.run`
 */
export async function probe(connection: Connection, ms: number = timeouts.probe): Promise<void> {
  const answered = connection.run(noop());
  // Sent now, or kept back by what is under way: either way an answer is due, and any will do.
  await Promise.resolve();
  connection.watchdog.hurry(ms);
  await answered;
}
