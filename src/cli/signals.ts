/** Signals that end what stays until it is told to end, and the exit status that is due then. */
const signals = [
  ["SIGINT", 130],
  ["SIGTERM", 0],
  ["SIGHUP", 0],
] as const;

export function onEndSignal(ended: (status: number) => void): void {
  for (const [signal, status] of signals) process.once(signal, () => ended(status));
}
