/** Signals that end what stays until it is told to end, and the exit status that is due then. */
const signals = [
  ["SIGINT", 130],
  ["SIGTERM", 0],
  ["SIGHUP", 0],
] as const;

export function onEndSignal(ended: (status: number) => void): void {
  for (const [signal, status] of signals) process.once(signal, () => ended(status));
}

/** Runs `work`, whose own signal aborts when such a signal comes; the next one ends the program at once, as ever. */
export async function stoppable<T>(work: (stopped: AbortSignal) => Promise<T>): Promise<T> {
  const stopping = new AbortController();
  const stop = () => {
    for (const [signal] of signals) process.off(signal, stop);
    stopping.abort();
  };
  for (const [signal] of signals) process.on(signal, stop);
  try {
    return await work(stopping.signal);
  } finally {
    for (const [signal] of signals) process.off(signal, stop);
  }
}
